"""The quarantine pane: what is shown, and the keys that mark and act."""

from typing import ClassVar

from textual import on
from textual.binding import BindingType

from backends.host import Host
from backends.text import visible
from mailtui.panes.quarantine.acts import Acts
from mailtui.panes.quarantine.keys import KEYS
from mailtui.panes.quarantine.selection import Selection, marked, narrowed, under_cursor
from mailtui.panes.quarantine.showing import ShownQuarantine
from mailtui.settings import Settings
from mailtui.widgets.marked_table import MarkedTable

CHANGING = frozenset({"act", "release", "keep", "undo", "export"})


class QuarantinePane(ShownQuarantine):
    """Shows the quarantine of a host and acts on it."""

    key = "5"
    label = "Quarantine"
    BINDINGS: ClassVar[list[BindingType]] = KEYS

    def __init__(self, host: Host, settings: Settings) -> None:
        super().__init__(host, settings)
        self.acts = Acts(self)

    def begin(self) -> None:
        self.beside(lambda: self.host.quarantine.why_not(), self._allowed)  # noqa: PLW0108 - may fail, too
        super().begin()

    def _allowed(self, refusal: str) -> None:
        self.refusal = refusal
        self.refresh_bindings()

    # Marks and acts

    @on(MarkedTable.Marked)
    def _marked(self) -> None:
        self.count_hidden()
        self.show_title()

    def action_mark_all(self) -> None:
        if self.view is not None and self.settled:
            self.messages.mark(self.view.listing.path(row) for row in self.view.rows.tolist())

    def selection(self) -> Selection | None:
        """What a key would hit now; None while the screen is behind what was asked for."""
        if self.view is None or self.view.wish != self.wish or self.view.partial:
            return None
        if self.messages.marks:
            return marked(self.view, self.messages.marks)
        if self.query_one("#kinds").has_focus:
            return narrowed(self.view)
        if not len(self.view.rows):
            return Selection(self.view, "", 0)
        return under_cursor(self.view, self.messages.cursor or 0)

    def missing(self) -> list[str]:
        if self.settings.read_only:
            return ["Nothing can be changed here: the console was opened with --read-only."]
        return [visible(self.refusal)] if self.refusal else []

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return (not self.settings.read_only and not self.refusal) if action in CHANGING else True

    def action_act(self, action: str) -> None:
        self.acts.begin(action)

    def action_release(self) -> None:
        self.acts.release()

    def action_keep(self) -> None:
        self.acts.keep()

    def action_undo(self) -> None:
        self.acts.undo()

    def action_export(self) -> None:
        if target := self.target_under_cursor():
            self.acts.export(target)
