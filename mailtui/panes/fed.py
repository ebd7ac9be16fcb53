"""A pane that shows one thing which is read again and again; a failed reading keeps the last good one."""

from abc import abstractmethod
from typing import ClassVar, Generic, TypeVar, cast

from textual import on
from textual.message import Message
from textual.timer import Timer
from textual.widgets import Static

from backends.errors import BackendError
from backends.host import Host
from backends.text import age_text, clip, visible
from mailtui.panes.base import Pane
from mailtui.panes.feed import Feed
from mailtui.settings import Settings
from mailtui.widgets.glyphs import Glyphs, glyphs
from mailtui.widgets.virtual_table import VirtualTable

TICK = 0.5  # s
SLOW_TICK = 5.0  # s, while nobody looks: each takes a millisecond, which is most of what a console costs that is left open
BEHIND = 120.0  # s between two readings behind another pane
T = TypeVar("T")


class FedPane(Pane, Generic[T]):
    """A subclass says how to read, takes what was read, and brings its title up to date."""

    in_background: ClassVar[bool] = False
    """Whether to read on, though more seldom, while another pane is in front."""

    seldom: ClassVar[float] = 0.0
    """Seconds between two readings at least, while the console is left alone."""

    class Loaded(Message):
        """It was read, or not; unless `last`, more of the same reading follows."""

        def __init__(self, result: object, last: bool) -> None:
            super().__init__()
            self.result, self.last = result, last

    def __init__(self, host: Host, settings: Settings, *, interval: float) -> None:
        super().__init__(id=f"pane-{self.key}")
        self.host, self.settings = host, settings
        self.glyphs = glyphs(plain=settings.plain)
        self.feed: Feed[T] = Feed(
            self.read,
            interval,
            self.in_thread,
            lambda result, last: self.post_message(self.Loaded(result, last)),
        )
        self._error: BackendError | None = None
        self._ticking: Timer | None = None

    @abstractmethod
    def read(self, feed: Feed[T]) -> T:
        """Read it; runs in a thread.

        :raises BackendError: it cannot be read.
        """

    @abstractmethod
    def took(self, reading: T) -> None:
        """Show what was read."""

    @abstractmethod
    def show_title(self) -> None:
        """Bring the lines that tell age and errors up to date."""

    def on_mount(self) -> None:
        """Called by Textual after a subclass's own."""
        for table in self.query(VirtualTable):
            table.ascii_only = self.settings.plain
        self.show_title()
        self.call_after_refresh(self.begin)

    def on_resize(self) -> None:
        self.show_title()

    def begin(self) -> None:
        """What is not needed for the first frame."""
        self.feed.tick()
        self._tick_each(TICK)

    def on_hide(self) -> None:
        if self._ticking is not None:
            self._tick_each(SLOW_TICK if self.in_background else None)

    def on_show(self) -> None:
        if self._ticking is not None:
            self._tick_each(SLOW_TICK if self.alone and self.seldom else TICK)

    def left(self, alone: bool) -> None:
        changed = alone != self.alone
        super().left(alone)
        if changed and self.display:
            self.on_show()

    def _tick_each(self, seconds: float | None) -> None:
        if self._ticking is not None:
            self._ticking.stop()
        self._ticking = self.set_interval(seconds or TICK, self._tick, pause=seconds is None)

    def leave(self) -> None:
        self.feed.stop()

    def reload(self) -> None:
        self.feed.read()

    def missing(self) -> list[str]:
        if self.settings.read_only:
            return ["Nothing can be changed here: the console was opened with --read-only."]
        return []

    def _tick(self) -> None:
        if self.display:
            self.feed.tick(self.seldom if self.alone else 0.0)
            self.show_title()
        elif self.in_background:
            self.feed.tick(BEHIND)

    @on(Loaded)
    def _loaded(self, event: Loaded) -> None:
        failed = isinstance(event.result, BackendError)
        if event.last:
            self.feed.done(failed=failed)
        self._error = cast("BackendError", event.result) if failed else None
        if not failed:
            self.took(cast("T", event.result))
        self.show_title()

    def show_line(self, selector: str, text: str) -> None:
        """Write a line, which is there only while it says something."""
        line = self.query_one(selector, Static)
        line.display = bool(text)
        line.update(text)


def title_line(left: str, right: str, width: int, glyphs: Glyphs) -> str:
    """What is shown, cut to leave room for how old it is, at the right."""
    room = max(10, width - 2 - len(right))
    return f"{clip(left, room, glyphs.more):<{room}}  {right}"


def read_ago(taken: float, now: float) -> str:
    """How old a reading is; both in epoch seconds."""
    return f"read {age_text(max(0.0, now - taken))} ago"


def error_line(error: BackendError, glyphs: Glyphs) -> str:
    """What failed, and what to do."""
    return f"{glyphs.bad} {visible(str(error))}: {visible(error.hint)}"
