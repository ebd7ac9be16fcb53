"""What is wrong in lines: each cause with its evidence, what mends it, and what it explains. No widget."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from backends.health.values import Check, Level, Mend
from backends.text import age_text, clip, visible
from mailtui.health_text import evidence_text, since_text, when
from mailtui.panes.overview.look import Look
from mailtui.widgets.glyphs import Glyphs
from mailtui.widgets.span_view import Row, Span, folded, padded
from mailtui.widgets.stop_list import Line

STYLES: dict[Level, str] = {"bad": "bad", "watch": "warn", "unknown": "warn", "good": "good"}
FINE = "\nfine"
"""The stop at the line that counts what is fine."""
MOST_EVIDENCE, MOST_MENDS, MOST_LINES = 3, 3, 3
LEAST_TEXT = 20  # cells
NAME = 16  # cells for the name of a check that is fine


class Way(NamedTuple):
    """How things are told here: the clock (epoch seconds), the signs, whether all checks are listed and acts offered.

    `keys`: the key of each pane, by the pane's name.
    """

    now: float
    signs: Glyphs
    everything: bool = False
    read_only: bool = False
    keys: Mapping[str, str] = {}

    @property
    def branch(self) -> str:
        return "└" if self.signs.good == Glyphs().good else "`"


def lines(look: Look, width: int, way: Way) -> list[Line]:
    """All lines, for a width in terminal cells."""
    found: list[Line] = []
    for cause, explained in look.told:
        found += _cause(cause, width, way)
        found += [_symptom(check, width, way) for check in explained]
    if fine := look.fine:
        found += _fine(fine, width, way, others=len(found) > 0)
    return found


def at(look: Look, stop: str) -> tuple[Check | None, Mend | None]:
    """The check a stop belongs to, and the mend, if it is one's."""
    name, _, number = stop.partition("\n")
    check = look.check(name) if name else None
    return check, check.mends[int(number)] if check and number else None


def sign(level: Level, signs: Glyphs) -> Span:
    """A shape and its colour."""
    shapes = {"bad": signs.bad, "watch": signs.warn, "unknown": signs.part, "good": signs.good}
    return shapes[level], STYLES[level]


def mend_text(mend: Mend) -> str:
    """What mends it, in a line."""
    return " ".join(visible(mend.text).split())


def _cause(check: Check, width: int, way: Way) -> Iterator[Line]:
    yield from _said(check, since_text(check, way.now), width, way)
    room = max(8, width - 2)
    for evidence in check.evidence[:MOST_EVIDENCE]:
        for piece in _folded(evidence_text(evidence, way.now), room, way.signs):
            yield Line([("  ", "text"), (piece, "text")])
    if (more := len(check.evidence) - MOST_EVIDENCE) > 0:
        yield Line([(f"  and {more:,} more; enter shows all", "dim")])
    for number, mend in enumerate(check.mends[:MOST_MENDS]):
        yield _mend(check, number, mend, width, way)


def _said(check: Check, right: str, width: int, way: Way) -> Iterator[Line]:
    """A sentence behind its sign, with something at the right of its first line."""
    if width < len(right) + LEAST_TEXT:
        right = ""
    room = max(8, width - 2 - (len(right) + 2 if right else 0))
    first, *others = _folded(visible(check.said) or check.name, room, way.signs)
    row: list[Span] = [sign(check.level, way.signs), (" ", "text"), (padded(first, room), "strong")]
    yield Line([*row, (f"  {right}", "dim")] if right else row, check.name)
    for piece in others:
        yield Line([("  ", "text"), (piece, "strong")])


def _mend(check: Check, number: int, mend: Mend, width: int, way: Way) -> Line:
    if key := way.keys.get(mend.pane):
        right = f"[{key}] go there"
    else:
        right = "[m] do it" if mend.argv and not way.read_only else "[y] copy"
    room = max(8, width - 8 - len(right) - 2)
    text = padded(clip(mend_text(mend), room, way.signs.more), room)
    return Line(
        [("  ", "text"), ("mend  ", "dim"), (text, "name"), (f"  {right}", "dim")], f"{check.name}\n{number}"
    )


def _symptom(check: Check, width: int, way: Way) -> Line:
    text = clip(visible(check.said) or check.name, max(8, width - 6), way.signs.more)
    return Line(
        [
            ("  ", "text"),
            (f"{way.branch} ", "dim"),
            sign(check.level, way.signs),
            (" ", "text"),
            (text, "text"),
        ],
        check.name,
    )


def _fine(fine: Sequence[Check], width: int, way: Way, *, others: bool) -> Iterator[Line]:
    count = len(fine)
    told = f"{count:,} {'other ' if others else ''}check{'s are' if count > 1 else ' is'} fine"
    right = "[a] hide them" if way.everything else "[a] show all"
    room = max(8, width - 2 - len(right) - 2)
    yield Line(
        [sign("good", way.signs), (" ", "text"), (padded(told, room), "text"), (f"  {right}", "dim")], FINE
    )
    if not way.everything:
        return
    for check in fine:
        name = padded(clip(check.name, NAME, way.signs.more), NAME)
        text = clip(visible(check.said), max(8, width - NAME - 6), way.signs.more)
        row: Row = [("  ", "text"), sign("good", way.signs), (f" {name} ", "dim"), (text, "text")]
        yield Line(row, check.name)


def _folded(text: str, width: int, signs: Glyphs) -> list[str]:
    """Prose in a few pieces that fit."""
    pieces = folded(text, width)
    if len(pieces) > MOST_LINES:
        pieces[MOST_LINES - 1 :] = [clip(pieces[MOST_LINES - 1], width - 1, "") + signs.more]
    return pieces


def verdict(look: Look | None) -> tuple[Level | None, str]:
    """How all of it is, in a few words."""
    if look is None:
        return None, "looking what is wrong"
    if not look.whole:
        return None, f"looking, {len(look.checks)} checks so far"
    if not look.checks:
        return None, "nothing of a mail server is here"
    causes = [cause for cause, _ in look.told]
    levels = [cause.level for cause in causes]
    bad, watch, unknown = (levels.count(level) for level in ("bad", "watch", "unknown"))
    parts = []
    if bad:
        parts.append(f"{bad:,} thing{'s are' if bad > 1 else ' is'} wrong")
    if watch:
        parts.append(
            f"{watch:,} {'things ' if watch > 1 and not bad else 'thing ' if not bad else ''}to watch"
        )
    if unknown:
        parts.append(f"{unknown:,} not to be found out")
    worst: Level = "bad" if bad else "watch" if watch else "unknown" if unknown else "good"
    return worst, ", ".join(parts) or "all is well"


def looked_text(look: Look | None, now: float, silence: float) -> str:
    """When it was looked, or how long no answer has come."""
    if silence >= 3:
        return f"no answer for {age_text(silence)}"
    return f"looked {when(look.taken, now, seconds=True)}" if look is not None and look.whole else ""
