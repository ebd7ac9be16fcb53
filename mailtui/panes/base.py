"""What every pane is to the app: a numbered part of the console with a headless twin."""

from collections.abc import Sequence
from typing import ClassVar

from textual.containers import Vertical
from textual.message import Message

from backends.host import ServiceState


class Pane(Vertical):
    """One pane."""

    key: ClassVar[str]
    label: ClassVar[str]

    class Badge(Message):
        """The number beside the pane's name has changed."""

        def __init__(self, pane: "Pane", text: str) -> None:
            super().__init__()
            self.pane = pane
            self.text = text

    def enter(self) -> None:
        """The pane has come to the front: put the focus where work begins."""

    def reload(self) -> None:
        """Read again what the pane shows."""

    def leave(self) -> None:
        """The console is being left: begin nothing any more."""

    def services(self, states: Sequence[ServiceState]) -> None:
        """How the services are now."""

    def missing(self) -> list[str]:
        """What can't be done here, and why; for the help."""
        return []
