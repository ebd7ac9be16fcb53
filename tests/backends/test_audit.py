"""What the mail log is told of an act."""

import syslog

import pytest

from backends import audit
from backends.outcome import LeftOut, Outcome


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, str]]:
    told: list[tuple[int, str]] = []
    monkeypatch.setenv("SUDO_USER", "ann")
    monkeypatch.setattr(syslog, "openlog", lambda *_: None)
    monkeypatch.setattr(syslog, "syslog", lambda priority, line: told.append((priority, line)))
    return told


def test_who_did_what_to_which(lines: list[tuple[int, str]]) -> None:
    audit.outcome(Outcome("hold", 3, 2, (LeftOut("B", "it has gone"),), undo=7), ["A", "B", "C"])
    assert lines == [(syslog.LOG_INFO, "user=ann action=hold done=2 asked=3, undo 7: A C")]


def test_of_many_some_are_named_and_blanks_do_not_part_a_name(lines: list[tuple[int, str]]) -> None:
    audit.outcome(Outcome("delete", 12, 12), ["a b", "\n", *"CDEFGHIJKL"], area="greylist-")
    ((_, line),) = lines
    assert line == "user=ann action=greylist-delete done=12 asked=12: 'a b' '\\n' C D E F G H I J ..."


def test_a_line_is_bounded_and_a_failure_is_a_warning(lines: list[tuple[int, str]]) -> None:
    audit.write("x" * 5000, well=False, action="cleanup")
    ((priority, line),) = lines
    assert (priority, len(line)) == (syslog.LOG_WARNING, 900)
