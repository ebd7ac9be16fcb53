"""A marked table that shows a stretch of very many rows: it tells its owner when the stretch has to move."""

from typing import ClassVar

from textual.message import Message

from mailtui.widgets.marked_table import MarkedTable

MARGIN = 200
"""Rows left at an end of the stretch when more of them should be there."""


class PagedTable(MarkedTable):
    """Whether there is anything beyond the stretch, and fetching it, is the owner's; so are the first and last rows."""

    DEFAULT_CSS: ClassVar[str] = """
    PagedTable { scrollbar-size-vertical: 0; }
    """

    class Scrolled(Message):
        """Other rows are on the screen."""

    class Leapt(Message):
        """The first rows of all are wanted, or the last."""

        def __init__(self, *, to_last: bool) -> None:
            super().__init__()
            self.to_last = to_last

    @property
    def near_start(self) -> bool:
        return self.visible_rows.start < MARGIN

    @property
    def near_end(self) -> bool:
        return self.source.row_count - self.visible_rows.stop < MARGIN

    def action_first(self) -> None:
        self.post_message(self.Leapt(to_last=False))

    def action_last(self) -> None:
        self.post_message(self.Leapt(to_last=True))

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_y(old_value, new_value)
        if self.is_attached and round(old_value) != round(new_value):
            self.post_message(self.Scrolled())
