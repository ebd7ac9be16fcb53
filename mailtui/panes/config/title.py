"""The lines around the tables: the verdict and how old it is, what failed, what is to be done beside files."""

from typing import TYPE_CHECKING, NamedTuple

from backends.text import visible
from mailtui.panes.config.reading import Reading
from mailtui.panes.fed import read_ago, title_line
from mailtui.widgets.glyphs import Glyphs

if TYPE_CHECKING:
    from mailtui.panes.feed import Feed


class Title(NamedTuple):
    """The line in three parts; `kind` is `good`, `warn`, `bad`, or nothing."""

    kind: str
    sign: str
    rest: str


def title(reading: Reading | None, feed: "Feed[Reading]", *, now: float, width: int, signs: Glyphs) -> Title:
    """The line, `width` cells wide; `now` in epoch seconds."""
    if reading is None:
        told = "comparing with the reference" if feed.reading else "not compared with the reference"
        return Title("", "", title_line(told, "", width, signs))
    right = "comparing" if feed.reading else read_ago(reading.drift.taken, now)
    kind = "bad" if reading.conflicts else "good" if reading.in_sync else "warn"
    sign = {"bad": signs.bad, "warn": signs.warn, "good": signs.good}[kind]
    told = verdict(reading)
    whole = f"{told} ({visible(reading.drift.release)}, {visible(reading.drift.filter)})"
    room = width - len(sign) - 1
    return Title(
        kind,
        f"{sign} ",
        title_line(whole if len(whole) + len(right) + 2 <= room else told, right, room, signs),
    )


def verdict(reading: Reading) -> str:
    """For instance `1 conflict, 2 files differ, 1 package missing`."""
    drift = reading.drift
    conflicts = len(reading.conflicts)
    differing = len([file for file in reading.changing if not file.conflicts])
    here = sum(file.state == "changed here" for file in reading.files)
    parts = ["an apply was broken off"] if reading.broken_off else []
    if conflicts:
        parts.append(_counted(conflicts, "conflict"))
    if differing:
        parts.append(f"{_counted(differing, 'file')} {'differs' if differing == 1 else 'differ'}")
    if reading.packages:
        parts.append(f"{_counted(len(reading.packages), 'package')} missing")
    if drift.todo and not parts:
        parts.append(f"{_counted(len(drift.todo), 'thing')} to do")
    told = ", ".join(parts) or "in sync with the reference"
    return f"{told}, {here} changed here" if here else told


def todo(reading: Reading | None, signs: Glyphs) -> str:
    """What an apply would do beside files, below what should not stay as it is."""
    if reading is None:
        return ""
    lines = [f"{signs.warn} {visible(one)}" for one in reading.drift.warnings]
    if reading.drift.todo:
        lines.append(f"also: {f' {signs.dot} '.join(visible(one) for one in reading.drift.todo)}")
    return "\n".join(lines)


def _counted(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"
