"""Lines of text to scroll through, wrapped to the width."""

from collections.abc import Sequence

from mailtui.widgets.span_view import LONGEST, Row, SpanView, broken, shown

Line = tuple[str, str]
"""Text and the name of its style, one of `SpanView`'s."""


class TextView(SpanView):
    """Shows lines; a line longer than 4,000 characters is cut and says so."""

    def __init__(self, lines: Sequence[Line] = (), *, id: str | None = None) -> None:  # noqa: A002  Textual's name
        super().__init__(id=id)
        self._lines = lines

    def show(self, lines: Sequence[Line]) -> None:
        """Show other lines, from the top."""
        self._lines = lines
        self.renew()
        self.scroll_to(y=0, animate=False)

    def lay_out(self, width: int) -> Sequence[Row]:
        return [(piece,) for line in self._lines for piece in wrap(line, width)]


def wrap(line: Line, width: int) -> list[Line]:
    """The line in pieces of at most `width` terminal cells, broken at blanks where it has them, clean of what a terminal would obey."""
    text, style = line
    cut = len(text) - LONGEST
    pieces = [(piece, style) for piece in broken(shown(text), width)]
    if cut > 0:
        pieces.append((f"({cut:,} more characters in this line)", "dim"))
    return pieces
