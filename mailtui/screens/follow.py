"""Following what a program or a service says, line by line, to its end; it can be stopped."""

from collections.abc import Callable, Sequence
from threading import Event
from typing import ClassVar, Generic, TypeVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.screen import Screen
from textual.widgets import Footer, Static

from backends.antivirus.values import Finding
from backends.errors import BackendError
from backends.text import visible
from mailtui.screens.finding_rows import finding_rows
from mailtui.screens.progress_rows import took_text
from mailtui.widgets.glyphs import Glyphs, glyphs
from mailtui.widgets.span_view import Row, SpanView, folded
from mailtui.work import outcome, to_its_end

T = TypeVar("T")
Told = str | Finding
TICK = 0.5  # s
LINES = 2_000
"""So many of the latest lines are kept."""


class FollowScreen(Screen[None], Generic[T]):
    """Begins the work at once. Escape, or leaving the console, has it stop; behind its end escape goes back.

    `work` tells lines or findings; `end` says what came of it, by its result.
    """

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q", "back", "Back", id="follow.back")]

    class Heard(Message):
        """It has said something."""

        def __init__(self, told: Told) -> None:
            super().__init__()
            self.told = told

    class Ended(Message):
        """It is over, one way or the other."""

        def __init__(self, result: object, now: float) -> None:
            super().__init__()
            self.result, self.now = result, now

    def __init__(
        self,
        title: str,
        work: Callable[[Callable[[Told], None], Event], T],
        end: Callable[[T], Sequence[Finding]],
        clock: Callable[[], float],
        *,
        plain: bool,
    ) -> None:
        super().__init__()
        self._title, self._work, self._end, self._clock = title, work, end, clock
        self._glyphs = glyphs(plain=plain)
        self._stop = Event()
        self._began = clock()
        self._ended: float | None = None

    def compose(self) -> ComposeResult:
        yield Static("", classes="screen-title", markup=False)
        yield Lines(self._glyphs)
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        self.query_one(Lines).focus()
        self._show_title()
        self.run_worker(self._run, thread=True)
        self.set_interval(TICK, self._show_title)

    def on_unmount(self) -> None:
        self._stop.set()

    def _run(self) -> None:
        with to_its_end():
            result = outcome(lambda: self._work(lambda told: self._post(self.Heard(told)), self._stop))
            ends: Sequence[Finding] | BackendError
            ends = result if isinstance(result, BackendError) else self._end(result)
        self._post(self.Ended(ends, self._clock()))

    def _post(self, news: Message) -> None:
        """Tell the screen; nobody is there any more when it was left meanwhile."""
        if self.is_running:
            self.post_message(news)

    @on(Heard)
    def _heard(self, event: Heard) -> None:
        self.query_one(Lines).add(event.told)

    @on(Ended)
    def _over(self, event: Ended) -> None:
        result = event.result
        self._ended = event.now
        if isinstance(result, BackendError):
            self.query_one(Lines).finish([Finding("", "bad", f"{result}", result.hint)])
        elif isinstance(result, Sequence):
            self.query_one(Lines).finish(result)
        self._show_title()

    def _show_title(self) -> None:
        took = took_text((self._clock() if self._ended is None else self._ended) - self._began)
        state = f"stopping, {took}" if self._stop.is_set() and self._ended is None else took
        self.query_one(".screen-title", Static).update(f"{self._title}   {self._glyphs.dot} {state}")

    def action_back(self) -> None:
        if self._ended is not None:
            self.dismiss()
            return
        self._stop.set()
        self._show_title()


class Lines(SpanView):
    """What was said, the latest in view unless one has scrolled away from it."""

    def __init__(self, signs: Glyphs) -> None:
        super().__init__(id="followed")
        self._signs = signs
        self._told: list[Told] = []
        self._ends: Sequence[Finding] = ()

    def add(self, told: Told) -> None:
        """One more; of very many the first are let go."""
        self._told.append(told)
        if len(self._told) > LINES:
            del self._told[: LINES // 10]
        self._follow()

    def finish(self, ends: Sequence[Finding]) -> None:
        """It is over."""
        self._ends = ends
        self._follow()

    def lay_out(self, width: int) -> Sequence[Row]:
        lines = [told for told in self._told if isinstance(told, str)]
        findings = [told for told in self._told if isinstance(told, Finding)]
        rows: list[Row] = [[(piece, "dim")] for line in lines for piece in folded(visible(line), width)]
        rows += finding_rows(findings, width, self._signs)
        if rows and self._ends:
            rows.append([])
        return [*rows, *finding_rows(self._ends, width, self._signs)]

    def _follow(self) -> None:
        at_end = self.scroll_offset.y >= self.max_scroll_y
        self.renew()
        if at_end:
            self.scroll_end(animate=False)
