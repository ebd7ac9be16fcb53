"""What the queue pane's threads tell it."""

from textual.message import Message

from backends.errors import BackendError
from backends.queue.plan import Rights
from mailtui.panes.queue.reading import Reading
from mailtui.panes.queue.view import View


class Loaded(Message):
    """The queue was read, or not; unless `last`, its retry times follow."""

    def __init__(self, result: Reading | BackendError, last: bool) -> None:
        super().__init__()
        self.result, self.last = result, last


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
