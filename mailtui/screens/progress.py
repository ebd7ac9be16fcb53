"""Following an apply or a rollback step by step, to its end and the proof that it works."""

from collections.abc import Callable, Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.screen import Screen
from textual.widgets import Footer, Static

from backends.apply.told import Applied, Event
from backends.errors import BackendError
from mailtui.screens.progress_rows import Progress, progress_rows, took_text
from mailtui.widgets.glyphs import Glyphs, glyphs
from mailtui.widgets.span_view import Row, SpanView
from mailtui.work import outcome, to_its_end

Tell = Callable[[Event], None]
TICK = 0.5  # s


class ProgressScreen(Screen[Applied | BackendError]):
    """Begins the work at once and stays until it is left; gives how it ended."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q", "back", "Back", id="progress.back")]

    class Told(Message):
        """A step has begun, at `now` (epoch seconds)."""

        def __init__(self, event: Event, now: float) -> None:
            super().__init__()
            self.event, self.now = event, now

    class Ended(Message):
        """It is over, one way or the other."""

        def __init__(self, result: Applied | BackendError, now: float) -> None:
            super().__init__()
            self.result, self.now = result, now

    def __init__(
        self, title: str, work: Callable[[Tell], Applied], clock: Callable[[], float], *, plain: bool
    ) -> None:
        super().__init__()
        self._title, self._work, self._clock = title, work, clock
        self._progress = Progress(clock())
        self._glyphs = glyphs(plain=plain)

    def compose(self) -> ComposeResult:
        yield Static(self._title, classes="screen-title", id="progress-title", markup=False)
        yield Steps(self._progress, self._clock, self._glyphs)
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        self.query_one(Steps).focus()
        self.run_worker(self._run, thread=True)
        self.set_interval(TICK, self._show)

    def _run(self) -> None:
        with to_its_end():
            result = outcome(lambda: self._work(lambda event: self._post(self.Told(event, self._clock()))))
        self._post(self.Ended(result, self._clock()))

    def _post(self, news: Message) -> None:
        """Tell the screen; nobody is there any more when the console was left meanwhile."""
        if self.is_running:
            self.post_message(news)

    @on(Told)
    def _told(self, event: Told) -> None:
        self._progress.tell(event.event, event.now)
        self._show()

    @on(Ended)
    def _ended(self, event: Ended) -> None:
        self._progress.end(event.result, event.now)
        self._show()

    def _show(self) -> None:
        took = took_text(self._progress.took(self._clock()))
        self.query_one("#progress-title", Static).update(f"{self._title}   {self._glyphs.dot} {took}")
        self.query_one(Steps).follow()

    def action_back(self) -> None:
        if self._progress.result is None:
            self.notify("It is under way and is not broken off; it ends by itself", severity="warning")
        else:
            self.dismiss(self._progress.result)


class Steps(SpanView):
    """The steps, the latest in view unless one has scrolled away from it."""

    def __init__(self, progress: Progress, clock: Callable[[], float], signs: Glyphs) -> None:
        super().__init__(id="progress")
        self._progress, self._clock, self._signs = progress, clock, signs

    def lay_out(self, width: int) -> Sequence[Row]:
        return progress_rows(self._progress, self._clock(), width, self._signs)

    def follow(self) -> None:
        """Show what is new."""
        at_end = self.scroll_offset.y >= self.max_scroll_y
        self.renew()
        if at_end:
            self.scroll_end(animate=False)
