"""The rows of the pane's tables: messages, and kinds by age."""

from collections.abc import Callable, Mapping, Sequence

from backends.quarantine.message import Header, Target
from backends.quarantine.stats import LABELS
from backends.text import age_text, size_text, time_text, visible
from mailtui.panes.quarantine.view import View
from mailtui.widgets.cells import Cell, Column
from mailtui.widgets.glyphs import Glyphs
from mailtui.widgets.heat_map import HeatRow

EVERYTHING = "*"
HIGH = 6.31
"""The score from which on the reference's amavis quarantines (sa_kill_level_deflt)."""

COLUMNS = (
    Column("", 1, key="mark", priority=9),
    Column("Kind", 9, key="kind", priority=8, min_width=6),
    Column("Age", 4, "right", key="age", priority=7),
    Column("Size", 5, "right", key="size", priority=5),
    Column("Score", 6, "right", key="score", priority=4),
    Column("From", key="sender", priority=6, min_width=10),
    Column("To", key="recipient", priority=3, min_width=10),
    Column("Subject", key="subject", priority=6, min_width=12),
    Column("Found", key="found", priority=2, min_width=24),
)
Key = tuple[int, int]
"""Inode and modification time: the same file."""


class Messages:
    """The messages of a view. `known` are headers that were read; `want` is called for a row that lacks them."""

    def __init__(
        self,
        view: View,
        marks: set[str],
        known: Mapping[Key, Header],
        want: Callable[[Target], None],
        *,
        now: float,
        signs: Glyphs,
    ) -> None:
        self.view, self._marks, self._known, self._want = view, marks, known, want
        self._now, self._signs = now, signs

    @property
    def row_count(self) -> int:
        return len(self.view.rows)

    def key(self, row: int) -> str:
        return self.view.listing.path(int(self.view.rows[row]))

    def index_of(self, key: str) -> int | None:
        stored = self.view.listing.row_of(key)
        if stored is None:
            return None
        places = (self.view.rows == stored).nonzero()[0]
        return int(places[0]) if len(places) else None

    def cells(self, row: int) -> Sequence[Cell]:
        target = self.view.target(row)
        header = self._known.get((target.inode, target.mtime))
        if header is None:
            self._want(target)
        return (
            self._sign(target),
            (target.kind, "bad" if target.kind == "virus" else ""),
            age_text(max(0.0, self._now - target.seconds)),
            size_text(target.size),
            *(_found(header) if header else ("", "", "", self._signs.more, "")),
        )

    def _sign(self, target: Target) -> Cell:
        if target.path in self._marks:
            return self._signs.mark, "mark"
        return (self._signs.part, "good") if self.view.listing.is_kept(target) else ""


def _found(header: Header) -> tuple[Cell, ...]:
    if header.trouble:
        return ("", "", "", (visible(header.trouble), "warn"), "")
    score: Cell = ""
    if header.score is not None:
        score = (
            f"{header.score:.1f}" if abs(header.score) < 1000 else f"{header.score:.0f}",
            "warn" if header.score >= HIGH else "",
        )
    more = len(header.recipients) - 1
    to = visible(header.recipients[0][:200]) if header.recipients else "(none)"
    return (
        score,
        visible(header.sender[:200]) or "<>",
        f"{to} +{more:,}" if more > 0 else to,
        visible(header.subject[:300]),
        (visible(header.verdict[:400]), "dim"),
    )


def detail(target: Target, header: Header | None, *, kept: bool, signs: Glyphs) -> str:
    """When exactly the message under the cursor came, and what was found in it."""
    parts = [time_text(target.seconds), visible(target.path)]
    if kept:
        parts.append(f"{signs.part} kept: cleanups leave it")
    if header and (said := header.trouble or header.verdict):
        parts.append(visible(said[:600]))
    return "  ".join(parts)


def heat_rows(view: View) -> list[HeatRow]:
    """Kinds by age, each with its size; the first row stands for all of them."""
    kinds = view.stats.kinds
    counts = tuple(sum(one.counts[place] for one in kinds) for place in range(len(LABELS)))
    rows = [HeatRow(_label("everything", sum(one.size for one in kinds)), counts, EVERYTHING)]
    return rows + [HeatRow(_label(one.kind, one.size), one.counts, one.kind) for one in kinds]


def _label(name: str, size: int) -> str:
    return f"{name:<10} {size_text(size):>5}"
