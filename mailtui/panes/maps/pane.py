"""The maps pane: keys looked up as Postfix does, and tables changed."""

from functools import partial
from typing import ClassVar

from textual import on
from textual.binding import BindingType

from backends.errors import BackendError
from backends.host import Host
from backends.maps.kinds import HIDDEN
from backends.maps.reading import Entry
from backends.maps.values import Table
from backends.text import clip, visible
from mailtui.maps_text import ignored_text, looked_lines
from mailtui.panes.maps.acts import Acts, typable
from mailtui.panes.maps.keys import KEYS
from mailtui.panes.maps.reading import has_entries, has_keys, is_built
from mailtui.panes.maps.showing import ShownMaps
from mailtui.screens.answer import AnswerScreen
from mailtui.screens.ask import AskScreen
from mailtui.settings import Settings
from mailtui.widgets.text_view import Line
from mailtui.widgets.virtual_table import VirtualTable
from mailtui.work import outcome

CHANGING = frozenset({"set", "remove", "edit", "rebuild", "rebuild_stale", "undo"})


class MapsPane(ShownMaps):
    """Shows every table that the configuration uses, looks keys up, and changes tables."""

    key = "6"
    label = "Maps"
    BINDINGS: ClassVar[list[BindingType]] = KEYS

    def __init__(self, host: Host, settings: Settings) -> None:
        super().__init__(host, settings)
        self.acts = Acts(self)
        self.why_not: str | None = None
        """Why this user cannot change tables; empty: he can; None: not known yet."""

    def begin(self) -> None:
        self.beside(self._ask_rights, self._allowed)
        super().begin()

    def _ask_rights(self) -> str:
        why = outcome(lambda: self.host.maps.why_not())  # noqa: PLW0108 - getting the maps may fail, too
        return f"{why}: {why.hint}" if isinstance(why, BackendError) else why

    def _allowed(self, why_not: str) -> None:
        self.why_not = why_not
        self.refresh_bindings()

    def missing(self) -> list[str]:
        return super().missing() or ([visible(self.why_not)] if self.why_not else [])

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action in CHANGING and (self.settings.read_only or self.why_not != ""):
            return False
        needs = {"set": has_keys, "remove": has_keys, "edit": has_entries, "rebuild": is_built}.get(action)
        about = self.about() if needs and self.is_mounted else None
        if needs and (about is None or not needs(about.table)):
            return False
        return self.entry_in_focus() is not None if action == "remove" else True

    # Asking

    def action_lookup(self) -> None:
        if about := self.about():
            self._ask_key(about.table)

    def action_lookup_all(self) -> None:
        self._ask_key(None)

    def _ask_key(self, table: Table | None) -> None:
        entry = self.entry_in_focus()
        known = entry is not None and not entry.problem and entry.key != HIDDEN
        where = f"in {visible(table.name)}" if table else "for all that uses tables"
        lines = ["an address, a domain, a host's name or address, or a local user; <> is the empty sender"]
        self.app.push_screen(
            AskScreen(f"Look up {where}", lines, guess=typable(entry.key) if entry and known else ""),
            partial(self._look_up, table, where),
        )

    def _look_up(self, table: Table | None, where: str, key: str | None) -> None:
        if key is not None:
            self.app.push_screen(
                AnswerScreen(
                    f"{clip(visible(key), 40)} looked up {where}", lambda: self._looked_up(table, key)
                )
            )

    def _looked_up(self, table: Table | None, key: str) -> list[Line]:
        found = self.host.maps.look_up(key, name=table.name if table else "")
        lines = looked_lines(found, whole=table is not None, plain=self.settings.plain)
        return [(line, _style(line)) for line in lines]

    @on(VirtualTable.Opened, "#entries")
    def _entry_opened(self) -> None:
        entry, about = self.written(), self.about()
        if entry is not None and about is not None:
            title = f"{visible(about.table.name)}, line {entry.line:,}"
            self.app.push_screen(AnswerScreen(title, lambda: entry_lines(entry)))

    def action_copy(self) -> None:
        entry, about = self.entry_in_focus(), self.about()
        text = entry.key if entry else about.table.name if about else ""
        if entry and self.hidden and text == HIDDEN:
            self.notify("This line is hidden: enter shows it where you may change tables", markup=False)
            return
        self.app.copy_to_clipboard(text)
        self.notify(f"Copied: {clip(visible(text), 60)}" if text else "nothing to copy", markup=False)

    # Changing

    def action_set(self) -> None:
        if about := self.about():
            self.acts.set(about.table, self.entry_in_focus())

    def action_remove(self) -> None:
        if not (about := self.about()) or not (entry := self.entry_in_focus()):
            return
        if entry.problem:
            self.notify("Postfix ignores this line, which is no entry: e edits the table", markup=False)
        else:
            self.acts.remove(about.table, entry)

    def action_edit(self) -> None:
        if about := self.about():
            self.acts.edit(about.table)

    def action_rebuild(self) -> None:
        if about := self.about():
            self.acts.rebuild([about.table])

    def action_rebuild_stale(self) -> None:
        self.acts.rebuild_stale()

    def action_undo(self) -> None:
        self.acts.undo()


def entry_lines(entry: Entry) -> list[Line]:
    """All of an entry."""
    why = ignored_text(entry)
    return [
        ("key", "head"),
        (entry.key, "text"),
        ("", "text"),
        ("value", "head"),
        (entry.value or "none", "text" if entry.value else "dim"),
        *([("", "text"), (f"Postfix ignores this line: {why}", "warn")] if why else []),
    ]


def _style(line: str) -> str:
    if line.lstrip().startswith(("✖", "X ")):
        return "bad"
    if not line.startswith((" ", "no answer")):
        return "head"
    return "good" if "  → " in line or "  > " in line else "dim"
