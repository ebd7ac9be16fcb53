"""The list of messages; marks are queue IDs."""

from mailtui.panes.queue.sources import MESSAGE_COLUMNS
from mailtui.widgets.marked_table import MarkedTable


class MessageList(MarkedTable):
    """The messages of the queue."""

    def __init__(self) -> None:
        super().__init__(MESSAGE_COLUMNS, id="messages")
