"""What is wrong with the scanner and what is well, the worst first, and how busy it is."""

from collections.abc import Iterable, Sequence

from backends.antivirus.values import Finding, Status
from backends.text import visible
from mailtui.antivirus_text import daemon_facts, freshclam_facts
from mailtui.screens.finding_rows import NAME_WIDTH, finding_rows
from mailtui.widgets.glyphs import Glyphs
from mailtui.widgets.span_view import Row, SpanView, folded

WORST_FIRST = ("bad", "watch", "note", "good")
IN_FACTS = {"clamd", "load", "freshclam", "last run"}
"""Findings that say nothing but what the facts say, when they are good."""
BORDERS = 2


class Findings(SpanView):
    """Findings, and below them the facts; as high as it needs, up to `most` lines."""

    def __init__(self, signs: Glyphs) -> None:
        super().__init__(id="av-findings")
        self._signs = signs
        self._status: Status | None = None
        self._most = 10

    def on_resize(self) -> None:
        """Called by Textual before that of `SpanView`."""
        self._settle()

    def show(self, status: Status) -> None:
        self._status = status
        self._settle()

    def bound(self, most: int) -> None:
        """It may have so many lines."""
        self._most = most
        self._settle()

    def lay_out(self, width: int) -> Sequence[Row]:
        if self._status is None:
            return []
        return [
            *finding_rows(worst_first(self._status), width, self._signs),
            *_facts("clamd", daemon_facts(self._status.daemon, self._status.taken), width, self._signs),
            *_facts(
                "freshclam", freshclam_facts(self._status.freshclam, self._status.taken), width, self._signs
            ),
        ]

    def _settle(self) -> None:
        self.renew()
        self.styles.height = max(1, min(len(self._rows), self._most)) + BORDERS


def worst_first(status: Status) -> list[Finding]:
    """The findings in the order of their weight."""
    said = [one for one in status.findings if one.state != "good" or one.name not in IN_FACTS]
    return sorted(said, key=lambda one: WORST_FIRST.index(one.state))


def _facts(label: str, facts: Iterable[str], width: int, signs: Glyphs) -> list[Row]:
    """Facts in a line, and in further ones what does not fit."""
    text = f" {signs.dot} ".join(visible(fact) for fact in facts)
    if not text:
        return []
    pieces = folded(text, max(8, width - NAME_WIDTH - 2))
    return [
        [(f"  {label if at == 0 else '':<{NAME_WIDTH}}", "name"), (piece, "text")]
        for at, piece in enumerate(pieces)
    ]
