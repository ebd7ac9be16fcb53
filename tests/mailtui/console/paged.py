"""A pane whose list is read page by page and that nobody has counted, for the tests of what panes share."""

import threading
from collections.abc import AsyncIterator, Callable, Iterable, Sequence, Set
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import ClassVar, NamedTuple, cast

from textual.app import App, ComposeResult
from textual.binding import BindingType
from textual.pilot import Pilot

from backends.errors import BackendError, BadRequest, Refused
from backends.host import Host
from backends.outcome import LeftOut, Outcome
from mailtui.panes.feed import Feed
from mailtui.panes.listed import acts
from mailtui.panes.listed.acts import Question
from mailtui.panes.listed.fetching import Fetching
from mailtui.panes.listed.keys import list_keys
from mailtui.panes.listed.pane import ListedPane
from mailtui.panes.listed.title import Headline
from mailtui.panes.listed.view import Allowed, Selection, Wish
from mailtui.settings import Settings
from mailtui.widgets.cells import Cell, Column
from mailtui.widgets.virtual_table import VirtualTable
from tests.mailtui.console.test_console import until
from tests.mailtui.widgets.rows import Texts

PAGE = 30
LAST = 10 * PAGE
NOW = 1_700_000_000.0


@dataclass(frozen=True)
class View:
    """Some pages; `rows` grows as more are read."""

    wish: Wish
    rows: list[str] = field(default_factory=list)
    partial: bool = False
    total: int | None = None

    def keys(self) -> Iterable[str]:
        raise Refused("Too many to be marked", hint="act on the group")

    def not_shown(self, _keys: Set[str]) -> int:
        return 0


class Rows:
    """The rows read so far; a row near their end wants the next page."""

    def __init__(self, view: View, marks: Set[str], want: Callable[[int], None]) -> None:
        self.view, self._marks, self._want = view, marks, want

    @property
    def row_count(self) -> int:
        return len(self.view.rows)

    def key(self, row: int) -> str:
        return self.view.rows[row]

    def index_of(self, key: str) -> int | None:
        return self.view.rows.index(key) if key in self.view.rows else None

    def cells(self, row: int) -> Sequence[Cell]:
        if row == self.row_count - 1 and self.row_count < LAST:
            self._want(self.row_count)
        return ("*" if self.key(row) in self._marks else "", self.key(row))


@dataclass(frozen=True)
class Planned:
    action: str
    count: int
    label: str


class Trashed(NamedTuple):
    number: int


class Backend:
    """Remembers what was done."""

    def __init__(self) -> None:
        self.done: list[Planned] = []
        self.undone: list[int | None] = []
        self.held = threading.Event()
        self.held.set()
        self.rights: Allowed | BackendError = Allowed({"delete", "undo"})

    def page(self, wish: Wish, after: int) -> list[str]:
        self.held.wait(5)
        if wish.filter == "?":
            raise BadRequest("'?' is nothing to look for", hint="type a word")
        return [f"{wish.filter or 'row'}{number:03}" for number in range(after, after + PAGE)]

    def carry_out(self, plan: Planned) -> Outcome:
        self.done.append(plan)
        return Outcome(plan.action, plan.count, plan.count - 1, (LeftOut("row\x1b", "it has gone"),), undo=7)

    def trash(self) -> list[Trashed]:
        return [Trashed(7)][: len(self.done) - len(self.undone)]

    def undo(self, number: int | None = None) -> Outcome:
        self.undone.append(number)
        return Outcome("undo", 1, 1)


class Acts(acts.Acts[View, Planned, Trashed]):
    def backend(self) -> Backend:
        return cast("Backend", self.pane.host)

    def plan(self, action: str, selection: Selection[View]) -> Planned:
        return Planned(action, 500 if selection.count is None else selection.count, selection.label)

    def question(self, plan: Planned, selection: Selection[View]) -> Question:
        return Question(f"Delete {plan.count}?", [selection.label])

    def undo_question(self, last: Trashed) -> Question:
        return Question(f"Undo {last.number}?", [])


class PagedPane(ListedPane[float, Wish, View]):
    key = "3"
    label = "Rows"
    BINDINGS: ClassVar[list[BindingType]] = list_keys("rows", [], everything="", undo="", copies="rows")
    what = "rows"
    columns = (Column("", 1, key="mark"), Column("Row", 10, key="row"))
    fields = "text"
    sorts: ClassVar[dict[str, bool]] = {"row": False}
    groups = ("all",)
    copies = "rows"

    def __init__(self, backend: Backend) -> None:
        self.backend = backend
        host = cast("Host", SimpleNamespace(now=lambda: NOW))
        super().__init__(host, Settings(), Wish(sort="row"), interval=3600)
        self.host = cast("Host", backend)
        backend.now = host.now  # type: ignore[attr-defined]
        self.acts = Acts(self)
        self.fetching = Fetching(self, self._next, self._learned)

    def compose_groups(self) -> ComposeResult:
        yield VirtualTable((Column("Group", 10),), id="all")

    def read(self, feed: Feed[float]) -> float:
        return NOW

    def count(self, reading: float) -> int:
        return 0

    def look(
        self,
        reading: float,
        wish: Wish,
        last: View | None,
        stop: threading.Event,
        early: Callable[[View], None],
    ) -> View:
        return View(wish, self.backend.page(wish, 0))

    def show(self, view: View) -> None:
        self.table.swap(Rows(view, self.table.marks, self.fetching.want))
        self.query_one("#all", VirtualTable).swap(Texts(["everything"]))

    def _next(self, wanted: Sequence[int]) -> tuple[View, list[str]]:
        assert self.view is not None
        return self.view, self.backend.page(self.view.wish, wanted[-1])

    def _learned(self, _wanted: Sequence[int], found: tuple[View, list[str]] | BackendError) -> None:
        if not isinstance(found, BackendError) and found[0] is self.view:
            self.view.rows.extend(found[1])
            self.table.swap(self.table.source)

    def headline(self) -> Headline | None:
        return Headline("some rows", NOW) if self.reading else None

    def detail(self) -> str:
        return f"this is {self.table.cursor_key}"

    def open_row(self) -> None:
        pass

    def ask_rights(self) -> Allowed:
        if isinstance(self.backend.rights, BackendError):
            raise self.backend.rights
        return self.backend.rights


class PaneApp(App[int]):
    def __init__(self, pane: PagedPane) -> None:
        super().__init__()
        self.shown = pane

    def compose(self) -> ComposeResult:
        yield self.shown

    def on_mount(self) -> None:
        self.shown.enter()


@asynccontextmanager
async def paged(backend: Backend | None = None) -> AsyncIterator[tuple[Pilot[int], PagedPane]]:
    pane = PagedPane(backend or Backend())
    async with PaneApp(pane).run_test(size=(60, 20)) as pilot:
        await until(pilot, lambda: pane.rights is not None and pane.settled)
        yield pilot, pane
