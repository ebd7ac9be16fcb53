"""The checkpoints: when files were changed, before what; choosing one to go back to."""

from collections.abc import Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.widgets import Footer, Static

from backends.apply.told import Moment
from backends.errors import BackendError
from backends.host import Host
from backends.text import age_text, time_text, visible
from mailtui.widgets.cells import Cell, Column
from mailtui.widgets.text_view import Line, TextView
from mailtui.widgets.virtual_table import VirtualTable
from mailtui.work import outcome

COLUMNS = (
    Column("No", 4, "right", key="number", priority=9),
    Column("Age", 5, "right", key="age", priority=8),
    Column("Before", 28, key="why", priority=7, min_width=16),
    Column("Files", 5, "right", key="count", priority=6),
    Column("", key="files", priority=5, min_width=16),
)


class Checkpoints(VirtualTable):
    """The list."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "open", "What it changes", key_display="enter", id="history.compare")
    ]


class HistoryScreen(Screen[Moment | None]):
    """Gives the checkpoint that was chosen to go back to."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "dismiss(None)", "Back", id="history.back"),
        Binding("b", "choose", "Roll back to it", id="history.choose"),
    ]

    def __init__(self, host: Host, moments: Sequence[Moment], *, plain: bool) -> None:
        super().__init__()
        self._host, self._moments, self._plain = host, moments, plain

    def compose(self) -> ComposeResult:
        yield Static(
            "Checkpoints: how files were before each change, the latest first", classes="screen-title"
        )
        yield Checkpoints(COLUMNS, id="history")
        yield Static("", classes="screen-note", id="history-detail", markup=False)
        yield TextView(id="history-difference")
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        table = self.query_one(VirtualTable)
        table.ascii_only = self._plain
        table.swap(_Moments(self._moments, self._host.now()))
        table.focus()
        if not self._moments:
            self.query_one("#history-detail", Static).update("Nothing was applied yet: there are none")

    @property
    def _moment(self) -> Moment | None:
        row = self.query_one(VirtualTable).cursor
        return None if row is None else self._moments[row]

    @on(VirtualTable.CursorMoved)
    def _moved(self) -> None:
        if moment := self._moment:
            self.query_one("#history-detail", Static).update(time_text(moment.taken))
            self.query_one(TextView).show([(path, "dim") for path in moment.files])

    @on(VirtualTable.Opened)
    def _opened(self) -> None:
        if moment := self._moment:
            self.run_worker(lambda: self._compare(moment), thread=True, group="difference", exclusive=True)

    def _compare(self, moment: Moment) -> None:
        result = outcome(lambda: self._host.config.rollback_diff(moment.number))
        if self.app.is_running:
            self.app.call_from_thread(self._show, moment, result)

    def _show(self, moment: Moment, result: list[str] | BackendError) -> None:
        if moment != self._moment:
            return
        if isinstance(result, BackendError):
            lines: list[Line] = [(visible(str(result)), "warn"), (visible(result.hint), "text")]
        else:
            lines = difference_lines(result) or [("All files are as they were then", "dim")]
        self.query_one(TextView).show(lines)
        self.query_one(TextView).focus()

    def action_choose(self) -> None:
        if moment := self._moment:
            self.dismiss(moment)


def difference_lines(lines: Sequence[str]) -> list[Line]:
    """The lines of a unified diff with their styles."""
    styles = {"---": "head", "+++": "head", "@@ ": "dim"}
    marks = {"+": "good", "-": "warn"}
    return [(line, styles.get(line[:3]) or marks.get(line[:1], "text")) for line in lines]


class _Moments:
    def __init__(self, moments: Sequence[Moment], now: float) -> None:
        self._moments, self._now = moments, now

    @property
    def row_count(self) -> int:
        return len(self._moments)

    def key(self, row: int) -> str:
        return str(self._moments[row].number)

    def index_of(self, key: str) -> int | None:
        return next((row for row in range(self.row_count) if self.key(row) == key), None)

    def cells(self, row: int) -> Sequence[Cell]:
        one = self._moments[row]
        return (
            str(one.number),
            age_text(max(0.0, self._now - one.taken)),
            visible(one.why),
            str(len(one.files)),
            (", ".join(visible(path.rpartition("/")[2]) for path in one.files), "dim"),
        )
