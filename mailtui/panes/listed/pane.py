"""A list that is acted on: marks, what a key would hit, and whether this user may."""

from abc import abstractmethod
from typing import Any, ClassVar, Generic, TypeVar

from textual import on

from backends.errors import BackendError
from backends.text import visible
from mailtui.panes.listed.acts import Acts
from mailtui.panes.listed.showing import ShownList
from mailtui.panes.listed.view import Allowed, Selection, View, Wish, marked, narrowed, under_cursor
from mailtui.widgets.marked_table import MarkedTable
from mailtui.work import outcome

R = TypeVar("R")
W = TypeVar("W", bound=Wish)
V = TypeVar("V", bound=View)


class ListedPane(ShownList[R, W, V], Generic[R, W, V]):
    """A pane is this with its columns, its sources, its words and its acts."""

    copies: ClassVar[str]
    """What the keys of its rows are, in words: `queue IDs`."""
    acts: Acts[V, Any, Any]
    rights: Allowed | None = None

    @abstractmethod
    def ask_rights(self) -> Allowed:
        """What this user may do here; runs in a thread.

        :raises BackendError: it cannot be known; then nothing.
        """

    def begin(self) -> None:
        self.beside(self._ask_rights, self._allowed)
        super().begin()

    def _ask_rights(self) -> Allowed:
        rights = outcome(self.ask_rights)
        return Allowed(set(), f"{rights}: {rights.hint}") if isinstance(rights, BackendError) else rights

    def _allowed(self, rights: Allowed) -> None:
        self.rights = rights
        self.refresh_bindings()
        self.show_title()

    def may(self, action: str) -> bool:
        """Whether the act exists here at all."""
        return self.rights is not None and action in self.rights.acts and not self.settings.read_only

    def missing(self) -> list[str]:
        why = super().missing()
        return why or ([visible(self.rights.why_not)] if self.rights and self.rights.why_not else [])

    # Marks

    @on(MarkedTable.Marked)
    def _marked(self) -> None:
        self.count_hidden()
        self.show_title()

    def action_mark_all(self) -> None:
        view = self.view
        if view is not None and self.current:
            self.beside(lambda: set(view.keys()), self.table.mark)

    def action_copy(self) -> None:
        keys = sorted(self.table.marks) or [key for key in [self.table.cursor_key] if key]
        self.app.copy_to_clipboard("\n".join(keys))
        self.tell_copied(len(keys))

    def tell_copied(self, count: int) -> None:
        what = self.copies if count != 1 else self.copies.removesuffix("s")
        self.notify(f"{count:,} {what} copied" if count else "nothing to copy")

    # Acting

    def selection(self) -> Selection[V] | None:
        """What a key would hit now; None while the screen is behind what was asked for."""
        if self.view is None or not self.current:
            return None
        if self.table.marks:
            return marked(self.view, self.table.marks)
        if any(table.has_focus for table in self.group_tables()):
            return narrowed(self.view, self.what)
        return under_cursor(self.view, self.table.cursor)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "act":
            return self.may(str(parameters[0]))
        if action == "undo":
            return self.acts.can_undo
        if action in {"sort", "reverse"}:
            return len(self.sorts) > 1
        return True

    def action_act(self, action: str) -> None:
        self.acts.begin(action)

    def action_undo(self) -> None:
        self.acts.undo()
