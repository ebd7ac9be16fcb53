"""A scroll bar without drawing characters, for plain mode."""

from typing import ClassVar

from textual.scrollbar import ScrollBarRender


class AsciiBar(ScrollBarRender):
    """Ends on whole lines."""

    VERTICAL_BARS: ClassVar[list[str]] = [" "] * 8
    HORIZONTAL_BARS: ClassVar[list[str]] = [" "] * 8
