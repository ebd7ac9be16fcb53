"""What the queue pane's threads tell it."""

from textual.message import Message

from backends.errors import BackendError
from backends.queue.plan import Rights
from mailtui.panes.queue.view import View


class Viewed(Message):
    """A view is ready, or its filter is wrong; `generation` tells the latest from those that are superseded."""

    def __init__(self, generation: int, result: View | BackendError) -> None:
        super().__init__()
        self.generation, self.result = generation, result


class Allowed(Message):
    """What this user may do is known, or not."""

    def __init__(self, rights: Rights | BackendError) -> None:
        super().__init__()
        self.rights = rights
