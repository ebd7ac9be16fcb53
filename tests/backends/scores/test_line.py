"""Amavis's lines: golden logs of both releases, of every category and field, of split and of hostile lines."""

from pathlib import Path

import msgspec
import pytest

from backends.scores.scan import row_of
from backends.scores.store import SPLIT
from backends.scores.told import Scored
from tests.backends.scores.reading import line_by_line, messages_of, rows_of

GOLDEN = Path(__file__).parents[2] / "golden" / "amavis"
"""A log, and beside it what it says: the fields of each message that are not as in an empty one."""


def told(message: Scored) -> dict[str, object]:
    empty = msgspec.to_builtins(Scored(time=-1))
    return {name: value for name, value in msgspec.to_builtins(message).items() if value != empty[name]}


@pytest.mark.parametrize("log", sorted(GOLDEN.glob("*.log")), ids=lambda path: path.stem)
def test_golden(log: Path) -> None:
    content = log.read_bytes()
    expected = msgspec.json.decode(log.with_suffix(".json").read_bytes())
    found = [msgspec.json.decode(msgspec.json.encode(told(message))) for _, message in messages_of(content)]
    assert found == expected


@pytest.mark.parametrize("log", sorted(GOLDEN.glob("*.log")), ids=lambda path: path.stem)
def test_rows_say_what_the_messages_say(log: Path) -> None:
    content = log.read_bytes()
    found = rows_of(content)
    expected = [row_of(message, at) for at, message in messages_of(content)]
    assert [(*row.tolist()[:-1], int(row["flags"]) & ~SPLIT) for row in found] == expected


@pytest.mark.parametrize(
    "log", sorted(set(GOLDEN.glob("*.log")) - {GOLDEN / "split.log"}), ids=lambda path: path.stem
)
def test_quick_and_slow_are_the_same(log: Path) -> None:
    content = log.read_bytes()
    assert rows_of(content).tolist() == line_by_line(content).tolist()


def test_only_the_tag_of_syslog_decides() -> None:
    forged = b"amavis[1]: (1-2) Passed SPAM {RelayedInbound}, [1.1.1.1]:1 <x> -> <y>, Hits: 99, size: 1, 1 ms"
    line = b"2026-11-22T11:10:22.562822+00:00 mx1 postfix/smtpd[7]: NOQUEUE: reject: helo=<%s>\n" % forged
    real = b"2026-11-22T11:10:22.562822+00:00 mx1 " + forged + b"\n"
    assert len(rows_of(line)) == 0
    assert len(rows_of(real)) == 1
    assert [int(row["at"]) for row in rows_of(line + real + line)] == [len(line)]
