"""What panes that list and act share, with a list that is read page by page and that nobody has counted."""

from functools import partial

import pytest
from textual.widgets import Static

from backends.errors import BackendError, Failed, NotPermitted
from mailtui.panes.listed.view import Allowed, Wish
from mailtui.screens.confirm import ConfirmScreen
from tests.mailtui.console.paged import LAST, PAGE, Backend, PagedPane, paged
from tests.mailtui.console.test_console import until


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


async def test_a_filter_that_is_not_understood_is_said_and_nothing_acts_on_what_was_listed_before() -> None:
    async with paged() as (pilot, pane):
        await pilot.press("slash", "question_mark")
        await until(pilot, lambda: "not understood" in line(pane, "title"))
        assert "'?' is nothing to look for (type a word)" in line(pane, "error")
        await pilot.press("enter", "asterisk")
        assert not pane.table.marks
        pane.acts.begin("delete")
        await until(pilot, lambda: "nothing to look for" in toasts(pane))
        assert not pane.backend.done


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
