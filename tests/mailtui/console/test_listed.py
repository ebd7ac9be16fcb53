"""What panes that list and act share, with a list that is read page by page and that nobody has counted."""

import threading
from collections.abc import AsyncIterator, Callable, Iterable, Sequence, Set
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from types import SimpleNamespace
from typing import ClassVar, NamedTuple, cast

import pytest
from textual.app import App, ComposeResult
from textual.binding import BindingType
from textual.pilot import Pilot
from textual.widgets import Static

from backends.errors import BackendError, Failed, NotPermitted, Refused
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
from mailtui.screens.confirm import ConfirmScreen
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


def toasts(pane: PagedPane) -> str:
    return "\n".join(one.message for one in pane.app._notifications)


def line(pane: PagedPane, name: str) -> str:
    return str(pane.query_one(f".pane-{name}", Static).render())


async def test_rows_are_learnt_as_they_are_scrolled_to() -> None:
    async with paged() as (pilot, pane):
        assert pane.table.source.row_count == PAGE
        pane.table.focus()
        while (known := pane.table.source.row_count) < LAST:
            await pilot.press("G")
            await until(pilot, partial(lambda more: pane.table.source.row_count == more, known + PAGE))
        await pilot.press("G")
        await pilot.pause(0.1)
        assert pane.table.cursor_key == f"row{LAST - 1:03}"
        assert line(pane, "detail") == f"this is row{LAST - 1:03}"


async def test_a_page_of_a_wish_that_was_superseded_is_dropped() -> None:
    async with paged() as (pilot, pane):
        pane.table.focus()
        pane.backend.held.clear()
        await pilot.press("G")
        await until(pilot, lambda: pane.fetching.busy)
        pane.wants(Wish("other", "row"))
        pane.backend.held.set()
        await until(pilot, lambda: pane.current and not pane.fetching.busy)
        assert pane.view is not None
        assert {key[:5] for key in pane.view.rows} == {"other"}


async def test_nothing_acts_on_what_is_not_shown_yet() -> None:
    async with paged() as (pilot, pane):
        pane.backend.held.clear()
        await pilot.press("slash", "x")
        await until(pilot, lambda: pane.wish.filter == "x")
        assert pane.selection() is None
        pane.acts.begin("delete")
        await until(pilot, lambda: "Still looking" in toasts(pane))
        pane.backend.held.set()
        await until(pilot, lambda: pane.current)
        await pilot.press("enter")
        selection = pane.selection()
        assert selection is not None
        assert (selection.count, selection.row) == (1, 0)


async def test_what_nobody_has_counted_is_planned_and_confirmed_and_undone() -> None:
    async with paged() as (pilot, pane):
        selection = pane.selection()
        assert selection is not None
        assert (selection.label, selection.count) == ("the whole rows", None)
        pane.acts.begin("delete")
        await until(pilot, lambda: isinstance(pane.app.screen, ConfirmScreen))
        await pilot.press("n")
        assert not pane.backend.done
        pane.acts.begin("delete")
        await until(pilot, lambda: isinstance(pane.app.screen, ConfirmScreen))
        await pilot.press("y")
        await until(pilot, lambda: "499 of 500" in toasts(pane))
        assert "1 left out; row^[: it has gone" in toasts(pane)
        await pilot.press("z")
        await until(pilot, lambda: isinstance(pane.app.screen, ConfirmScreen))
        await pilot.press("y")
        await until(pilot, lambda: pane.backend.undone == [7])
        await pilot.press("z")
        await until(pilot, lambda: "There is nothing to undo" in toasts(pane))


async def test_marks_outlive_a_filter_and_all_cannot_be_marked_where_they_are_too_many() -> None:
    async with paged() as (pilot, pane):
        pane.table.focus()
        await pilot.press("space")
        await pilot.press("slash", "x", "enter")
        await until(pilot, lambda: pane.current and pane.wish.filter == "x")
        assert line(pane, "marks").startswith("1 marked")
        await pilot.press("asterisk")
        await until(pilot, lambda: "Too many to be marked" in toasts(pane))
        assert pane.table.marks == {"row000"}
        await pilot.press("escape")
        assert not pane.table.marks
        await pilot.press("escape")
        await until(pilot, lambda: pane.current and not pane.wish.filter)


@pytest.mark.parametrize(
    "rights",
    [
        Allowed(set(), "Only root may."),
        NotPermitted("Not you", hint="be root"),
        Failed("Broken", hint="mend it"),
    ],
)
async def test_what_is_not_allowed_has_no_key_and_a_reason(rights: Allowed | BackendError) -> None:
    backend = Backend()
    backend.rights = rights
    async with paged(backend) as (_, pane):
        assert not pane.check_action("act", ("delete",))
        assert not pane.check_action("undo", ())
        (why,) = pane.missing()
        assert why in {"Only root may.", "Not you: be root", "Broken: mend it"}


async def test_one_order_needs_no_key() -> None:
    async with paged() as (_, pane):
        assert not pane.check_action("sort", (1,))
        assert not pane.check_action("reverse", ())
