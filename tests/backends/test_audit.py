"""What the mail log is told of an act."""

import syslog

import pytest

from backends import actions, audit, who
from backends.errors import Failed
from backends.outcome import LeftOut, Outcome


@pytest.fixture
def kept() -> list[actions.Action]:
    return []


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch, kept: list[actions.Action]) -> list[tuple[int, str]]:
    told: list[tuple[int, str]] = []
    monkeypatch.setattr(who, "user", lambda: "ann")
    monkeypatch.setattr(who, "address", lambda: "")
    monkeypatch.setattr(actions, "append", kept.append)
    monkeypatch.setattr(syslog, "openlog", lambda *_: None)
    monkeypatch.setattr(syslog, "syslog", lambda priority, line: told.append((priority, line)))
    return told


def test_who_did_what_to_which(lines: list[tuple[int, str]]) -> None:
    audit.outcome(Outcome("hold", 3, 2, (LeftOut("B", "it has gone"),), undo=7), ["A", "B", "C"])
    assert lines == [(syslog.LOG_WARNING, "user=ann action=hold done=2 asked=3, undo 7: A C")]


def test_of_many_some_are_named_and_blanks_do_not_part_a_name(lines: list[tuple[int, str]]) -> None:
    audit.outcome(Outcome("delete", 12, 12), ["a b", "\n", *"CDEFGHIJKL"], area="greylist-")
    ((_, line),) = lines
    assert line == "user=ann action=greylist-delete done=12 asked=12: 'a b' '\\n' C D E F G H I J ..."


def test_a_line_is_bounded_and_a_failure_is_a_warning(lines: list[tuple[int, str]]) -> None:
    audit.write("x" * 5000, well=False, action="cleanup")
    ((priority, line),) = lines
    assert (priority, len(line)) == (syslog.LOG_WARNING, 900)


def test_the_log_of_actions_is_told_the_same(
    lines: list[tuple[int, str]], kept: list[actions.Action], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(who, "address", lambda: "203.0.113.7")
    audit.write("done\nuser=root\x1b", action="hold")
    ((_, line),) = lines
    assert line == "user=ann address=203.0.113.7 action=hold done^Juser=root^["
    ((_, user, address, action, text, well),) = [
        (one.at, one.user, one.address, one.action, one.text, one.well) for one in kept
    ]
    assert (user, address, action, text, well) == ("ann", "203.0.113.7", "hold", "done^Juser=root^[", True)


def test_a_name_cannot_add_words(lines: list[tuple[int, str]], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(who, "user", lambda: "ann action=none")
    audit.write("done", action="hold")
    assert lines[0][1] == "user='ann action=none' action=hold done"


def test_a_failure_is_told_and_goes_on(lines: list[tuple[int, str]]) -> None:
    with pytest.raises(Failed), audit.failures(audit.outcome, "hold", 3):
        raise Failed("postsuper fell over", hint="lift it")
    assert lines == [(syslog.LOG_WARNING, "user=ann action=hold done=0 asked=3: postsuper fell over")]
