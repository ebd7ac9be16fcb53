"""A few lines of coloured text that nobody goes to; the same lines again are not drawn again."""

from collections.abc import Callable, Sequence
from typing import ClassVar

from textual.geometry import Size

from mailtui.widgets.span_view import Row, SpanView

LayOut = Callable[[int], Sequence[Row]]
"""All rows for a width in terminal cells, each clean and no wider than that."""


class Block(SpanView, can_focus=False):
    """Shows what fits."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"span-view--bar"}
    DEFAULT_CSS = """
    Block {
        overflow: hidden hidden;
        scrollbar-gutter: auto;
        & > .span-view--bar { color: $secondary; }
    }
    """

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002  Textual's name
        super().__init__(id=id)
        self._lay_out: LayOut = lambda _width: ()

    def show(self, lay_out: LayOut) -> None:
        """Show other rows."""
        self._lay_out = lay_out
        if self.size.width:
            self.renew()

    def lay_out(self, width: int) -> Sequence[Row]:
        return self._lay_out(width)

    def renew(self) -> None:
        width = max(1, self.size.width)
        rows = self.lay_out(width)
        if rows != self._rows or self.virtual_size.width != width:
            self._rows = rows
            self.virtual_size = Size(width, len(rows))
            self.refresh()
