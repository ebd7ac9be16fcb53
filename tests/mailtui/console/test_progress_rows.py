"""What an apply has told so far, as rows; the table of deviations, as rows."""

import pytest
from rich.cells import cell_len

from backends.apply.told import Applied, Check, Event
from backends.errors import BackendError, Failed
from backends.reference.explain import Row as Deviation
from backends.reference.explain import deviations
from mailtui.screens.explain import explain_rows, matches
from mailtui.screens.progress_rows import Progress, bar_row, progress_rows
from mailtui.widgets.glyphs import glyphs
from mailtui.widgets.span_view import Row
from tests.mailtui.cli.fake import HOSTILE

SIGNS = glyphs(plain=False)
GOOD = Check("clean message", True, "in ~alice/Maildir", seconds=1.5)


def text(row: Row) -> str:
    return "".join(part for part, _ in row).rstrip()


def rows(progress: Progress, now: float = 100.0, width: int = 80) -> list[str]:
    return [text(row) for row in progress_rows(progress, now, width, SIGNS)]


def told(*events: Event, result: Applied | BackendError | None = None) -> Progress:
    """A progress that began at 90, each event two seconds after the one before; over at 100."""
    progress = Progress(90.0)
    for number, event in enumerate(events):
        progress.tell(event, 90.0 + 2 * number)
    if result is not None:
        progress.end(result, 100.0)
    return progress


def test_steps_take_the_time_until_the_next() -> None:
    first, second = rows(told(Event("check", "looking"), Event("replace", "replacing 3 files")))
    assert first.startswith("● check")
    assert first.endswith("2.0 s")
    assert second.startswith("◐ replace")
    assert second.endswith("8.0 s")


def test_percentages_of_one_step_replace_one_another() -> None:
    progress = told(
        Event("packages", "one", 10.0), Event("packages", "two", 50.0), Event("packages", "three")
    )
    first, second = rows(progress)
    assert "two" in first
    assert "three" in second
    assert rows(told(Event("packages", "half", 50.0)))[1].endswith("50%")


@pytest.mark.parametrize(("percent", "full"), [(-5.0, 0), (0.0, 0), (50.0, 20), (100.0, 40), (1e9, 40)])
def test_a_bar_is_as_full_as_its_step(percent: float, full: int) -> None:
    assert text(bar_row(percent, 100, SIGNS)).count(SIGNS.full) == full


@pytest.mark.parametrize(
    ("result", "said"),
    [
        (
            Applied(3, 5, (GOOD, GOOD)),
            "● Done in 10.0 s: 5 steps, and all 2 checks are good. Checkpoint 3 has",
        ),
        (Applied(None, 0, (GOOD, GOOD)), "● Nothing had to change, and all 2 checks are good"),
        (Applied(4, 1), "● Done in 10.0 s: 1 step. Checkpoint 4 has the files as they were."),
        (
            Applied(3, 5, (GOOD, Check("EICAR", False, "came through"))),
            "✖ 1 of 2 checks failed after 10.0 s.",
        ),
        (Failed("amavis does not answer", hint="look"), "✖ amavis does not answer."),
    ],
)
def test_the_end_is_a_sentence(result: Applied | BackendError, said: str) -> None:
    assert any(row.startswith(said) for row in rows(told(Event("check", "looking"), result=result)))


def test_checks_take_the_place_of_the_steps_that_named_them() -> None:
    events = (Event("replace", "replacing 3 files"), Event("verify", "clean message"))
    under_way = rows(told(*events))
    assert under_way[1].startswith("◐ verify")
    over = rows(told(*events, result=Applied(3, 1, (GOOD,))))
    assert not any("verify" in row for row in over)
    assert "● clean message    in ~alice/Maildir" in "\n".join(over)


def test_the_step_that_failed_is_marked_and_the_hint_is_there() -> None:
    events = (Event("replace", "replacing"), Event("service", "restart amavis"))
    over = rows(told(*events, result=Failed("it failed", hint="journalctl -u amavis")))
    assert over[0].startswith("●")
    assert over[1].startswith("✖ service")
    assert over[-1].strip() == "journalctl -u amavis"


@pytest.mark.parametrize("width", [20, 40, 80, 200])
def test_nothing_hostile_and_nothing_too_wide(width: int) -> None:
    check = Check(HOSTILE, False, HOSTILE * 5 + "中" * 60, HOSTILE * 5)
    for result in (Applied(3, 1, (check,)), Failed(HOSTILE, hint=HOSTILE), None):
        for row in progress_rows(told(Event(HOSTILE, HOSTILE * 9, 5.0), result=result), 100.0, width, SIGNS):
            assert text(row).isprintable()
            assert cell_len(text(row)) <= max(width, 36)


@pytest.mark.parametrize("width", [20, 80, 109, 110, 200])
def test_every_deviation_is_explained_at_every_width(width: int) -> None:
    found = deviations("trixie")
    drawn = explain_rows(found, width)
    assert all(cell_len(text(row)) <= width for row in drawn)
    words = " ".join(text(row) for row in drawn)
    assert all(one.component in words for one in found)
    assert sum(not row for row in drawn) == len(found)


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("", True),
        ("postfix", True),
        ("HELO renamed", True),
        ("helo !renamed", False),
        ("dovecot", False),
        ("!", True),
    ],
)
def test_words_narrow_the_table(typed: str, found: bool) -> None:
    one = Deviation("Postfix", "reject_invalid_hostname", "reject_invalid_helo_hostname", "renamed in 2.3")
    assert matches(one, typed) is found
