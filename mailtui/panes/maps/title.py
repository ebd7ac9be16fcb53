"""The lines of the maps pane: the verdict and how old it is, and whose entries are shown."""

from typing import TYPE_CHECKING, NamedTuple

from backends.maps.values import About
from backends.text import visible
from mailtui.panes.fed import read_ago, title_line
from mailtui.panes.maps.reading import Reading
from mailtui.widgets.glyphs import Glyphs

if TYPE_CHECKING:
    from mailtui.panes.feed import Feed
    from mailtui.panes.maps.following import Following


class Title(NamedTuple):
    """The line in parts; `kind` is `good`, `note`, `bad`, or nothing."""

    kind: str
    sign: str
    rest: str


def title(reading: Reading | None, feed: "Feed[Reading]", *, now: float, width: int, signs: Glyphs) -> Title:
    """The line, `width` cells wide; `now` in epoch seconds."""
    if reading is None:
        told = "looking which tables there are" if feed.reading else "not looked at"
        return Title("", "", title_line(told, "", width, signs))
    right = "looking" if feed.reading else read_ago(reading.taken, now)
    if not reading.complete:
        told = f"{len(reading.seen):,} of {tables_text(len(reading.abouts))} looked at"
        return Title("", "", title_line(told, "looking", width, signs))
    kind = "bad" if reading.bad else "note" if reading.findings else "good"
    sign = {"bad": signs.bad, "note": signs.warn, "good": signs.good}[kind]
    return Title(kind, f"{sign} ", title_line(verdict(reading), right, width - 2, signs))


def verdict(reading: Reading) -> str:
    """For instance `3 wrong, 1 to note; 4 of 6 tables are well`."""
    well = sum(not one.findings for one in reading.abouts)
    count = len(reading.abouts)
    if not reading.findings:
        return f"nothing is wrong with {tables_text(count)}" if count else "the configuration uses no table"
    notes = len(reading.findings) - reading.bad
    said = [f"{reading.bad:,} wrong"] if reading.bad else []
    said += [f"{notes:,} to note"] if notes else []
    return f"{', '.join(said)}; {well:,} of {tables_text(count)} {'is' if well == 1 else 'are'} well"


def tables_text(count: int) -> str:
    return f"{count:,} {'table' if count == 1 else 'tables'}"


def entries_line(about: About | None, following: "Following", signs: Glyphs) -> str:
    """Whose entries are shown, how many, and what is not among them."""
    wanted, shown, looked = following.wanted, following.shown, following.looked
    if about is None or wanted is None:
        return ""
    parts = [visible(about.table.name)]
    if shown is None or shown.wanted != wanted:
        unit = "looked at" if wanted.filter else "entries"
        parts.append(
            f"reading, {looked:,} {'bytes ' if wanted.filter else ''}{unit}" if looked else "reading"
        )
    elif shown.note and not shown.rows.count:
        parts.append(visible(shown.note))
    else:
        matching = f"{shown.rows.count:,} {'entry' if shown.rows.count == 1 else 'entries'}"
        parts.append(f"{matching} with {visible(wanted.filter)}" if wanted.filter else matching)
        parts += [visible(shown.note)] if shown.note else []
    return f" {signs.dot} ".join(parts)
