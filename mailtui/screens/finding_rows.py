"""Findings of the virus scanner as rows: what was looked at, how it is, and what to do about it."""

from collections.abc import Iterator, Sequence

from backends.antivirus.values import Finding
from backends.text import visible
from mailtui.widgets.glyphs import Glyphs
from mailtui.widgets.span_view import Row, folded, padded

NAME_WIDTH = 12
STYLES = {"good": "good", "note": "warn", "watch": "warn", "bad": "bad"}


def sign(state: str, signs: Glyphs) -> str:
    """The shape of a state."""
    return {"good": signs.good, "note": signs.gone, "watch": signs.warn, "bad": signs.bad}[state]


def finding_rows(findings: Sequence[Finding], width: int, signs: Glyphs) -> list[Row]:
    """All of them, none wider than `width` terminal cells; names stand in a column, where there are any."""
    longest = max((len(one.name) for one in findings), default=0)
    names = min(max(longest + 1, NAME_WIDTH), max(NAME_WIDTH, width // 3)) if longest else 0
    return [row for one in findings for row in _rows(one, width, names, signs)]


def _rows(finding: Finding, width: int, names: int, signs: Glyphs) -> Iterator[Row]:
    style, indent = STYLES[finding.state], " " * (names + 2)
    room = max(8, width - len(indent))
    for at, piece in enumerate(folded(visible(finding.said), room)):
        name = padded(visible(finding.name)[: max(0, names - 1)], names) if at == 0 else " " * names
        mark = f"{sign(finding.state, signs)} " if at == 0 else "  "
        yield [(mark, style), (name, "text"), (piece, "bad" if style == "bad" else "text")]
    for piece in folded(visible(finding.hint), room) if finding.hint else ():
        yield [(indent, "text"), (piece, "warn" if finding.state in {"bad", "watch"} else "dim")]
