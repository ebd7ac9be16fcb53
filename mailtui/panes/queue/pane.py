"""The queue pane: what is shown, and the keys that mark and act."""

from functools import partial
from typing import ClassVar

from textual import on
from textual.binding import BindingType

from backends.errors import BackendError
from backends.host import Host
from backends.queue.plan import Rights
from backends.text import visible
from mailtui.panes.queue.acts import Acts
from mailtui.panes.queue.keys import KEYS
from mailtui.panes.queue.message_list import MessageList
from mailtui.panes.queue.news import Allowed
from mailtui.panes.queue.selection import Selection, marked, narrowed, under_cursor
from mailtui.panes.queue.showing import ShownQueue
from mailtui.panes.queue.view import View
from mailtui.settings import Settings
from mailtui.work import outcome


class QueuePane(ShownQueue):
    """Shows the queue of a host and acts on it."""

    key = "2"
    label = "Queue"
    BINDINGS: ClassVar[list[BindingType]] = KEYS

    def __init__(self, host: Host, settings: Settings) -> None:
        super().__init__(host, settings)
        self.rights: Rights | None = None
        self.acts = Acts(self)

    def begin(self) -> None:
        self.in_thread(self._ask_rights)
        super().begin()

    def _ask_rights(self) -> None:
        rights = outcome(lambda: self.host.queue.rights())  # noqa: PLW0108 - getting the queue may fail, too
        self.post_message(Allowed(rights))

    @on(Allowed)
    def _allowed(self, event: Allowed) -> None:
        if isinstance(event.rights, BackendError):
            self.rights = Rights({}, None, False, f"{event.rights}: {event.rights.hint}")
        else:
            self.rights = event.rights
        self.refresh_bindings()

    # Marks

    @on(MessageList.Marked)
    def _marked(self) -> None:
        self.show_title()

    def action_mark_all(self) -> None:
        if self.view is not None and self.settled:
            self.in_thread(partial(self._mark_rows, self.view))

    def _mark_rows(self, view: View) -> None:
        store = view.snapshot.store
        found = {store.queue_id(row) for row in view.rows.tolist()}
        self.app.call_from_thread(self.messages.mark, found)

    # Acting

    def selection(self) -> Selection | None:
        """What a key would hit now; None while the screen is behind what was asked for."""
        if self.view is None or not self.settled:
            return None
        if self.messages.marks:
            return marked(self.view, self.messages.marks)
        if self.query_one("#why").has_focus or self.query_one("#where").has_focus:
            return narrowed(self.view)
        return under_cursor(self.view, self.messages.cursor or 0)

    def missing(self) -> list[str]:
        if self.settings.read_only:
            return ["Nothing can be changed here: the console was opened with --read-only."]
        if self.rights is None:
            return []
        return [visible(self.rights.why_not)] if self.rights.why_not else []

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "act":
            return self.acts.may(str(parameters[0]))
        if action == "undo":
            return self.acts.can_undo and not self.settings.read_only
        if action == "flush":
            return not self.settings.read_only
        return True

    def action_act(self, action: str) -> None:
        self.acts.begin(action)

    def action_flush(self) -> None:
        self.acts.flush()

    def action_undo(self) -> None:
        self.acts.undo()
