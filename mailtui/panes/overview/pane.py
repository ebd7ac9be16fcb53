"""The overview: what is wrong, since when and on what evidence, what mends it; below it the last hour and today."""

from collections import deque
from functools import partial
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from backends.errors import BackendError
from backends.health.values import Check, Mend, Point
from backends.host import Host
from backends.text import visible
from mailtui.panes.fed import FedPane, error_line, title_line
from mailtui.panes.feed import Feed
from mailtui.panes.overview import blocks, verdict
from mailtui.panes.overview.acts import Acts, meant
from mailtui.panes.overview.blocks import How, Shown
from mailtui.panes.overview.keys import KEYS
from mailtui.panes.overview.look import Look, of_report, so_far
from mailtui.panes.overview.parts import MOST_POINTS, READ, Hour, Value, measured, with_measured
from mailtui.panes.registry import PANES
from mailtui.settings import Settings
from mailtui.widgets.block import Block
from mailtui.widgets.stop_list import StopList

LOOK_EVERY = 20.0  # s
COLOURS = {"good": "$success", "watch": "$warning", "unknown": "$warning", "bad": "$error"}
TITLES = {"hour": "Queue, last hour", "grey": "Greylist, today", "today": "Scores, today"}
EVERY = {"hour": 30.0, "grey": 60.0, "today": 60.0}
"""Seconds between two readings of what stands below the verdict."""
REST = 50.0
"""So many times as long as such a reading took its source is left alone."""
SIDE_BY_SIDE = 72  # terminal cells from which on the blocks stand beside each other
BLOCK_HEIGHT, BORDER, LOG_TITLE = 5, 1, 1
LIST_HEIGHT = 6  # lines that are left to the verdict


class OverviewPane(FedPane[Look]):
    """Tells what is wrong with a host, and mends it."""

    key = "1"
    label = "Overview"
    BINDINGS: ClassVar[list[BindingType]] = KEYS
    seldom = 180.0

    class Read(Message):
        """One of the blocks was read, or not."""

        def __init__(self, name: str, result: Value | BackendError) -> None:
            super().__init__()
            self.name, self.result = name, result

    def __init__(self, host: Host, settings: Settings) -> None:
        super().__init__(host, settings, interval=max(settings.interval, LOOK_EVERY))
        self.look: Look | None = None
        self.acts = Acts(self)
        self._known: dict[str, Check] = {}
        self._everything = False
        self._below = 0
        self._shown = dict.fromkeys(TITLES, Shown())
        self._own: deque[Point] = deque(maxlen=MOST_POINTS)
        self._said: dict[str, object] = {}
        self._feeds = {
            name: Feed(partial(read, host), EVERY[name], self.in_thread, partial(self._tell, name), rest=REST)
            for name, read in READ.items()
        }

    def _tell(self, name: str, result: Value | BackendError, _last: bool) -> None:
        self.post_message(self.Read(name, result))

    def compose(self) -> ComposeResult:
        yield Static("", classes="pane-title", markup=False)
        yield Static("", classes="pane-error", markup=False)
        yield StopList(plain=self.settings.plain, id="verdict")
        yield Static("", id="overview-doing", markup=False)
        with Container(id="overview-blocks"):
            for name in TITLES:
                yield Block(id=f"overview-{name}")
        yield Block(id="overview-log")

    def on_mount(self) -> None:
        self.show_doing()
        self._show_blocks()

    def read(self, feed: Feed[Look]) -> Look:
        self._known = {}
        known = self._known
        return of_report(
            self.host.health.check(lambda check: known.update({check.name: check}), feed.stopped)
        )

    @property
    def settled(self) -> bool:
        told = all(shown.value is not None or shown.error is not None for shown in self._shown.values())
        reading = any(feed.reading for feed in (self.feed, *self._feeds.values()))
        return told and not reading and (self.look is not None or self._error is not None)

    def enter(self) -> None:
        self.begin_at("#verdict")

    def reload(self) -> None:
        super().reload()
        for feed in self._feeds.values():
            feed.read()

    def leave(self) -> None:
        super().leave()
        for feed in self._feeds.values():
            feed.stop()

    def _tick(self) -> None:
        super()._tick()
        if self.feed.reading and (known := list(self._known.values())):
            self.took(so_far(known, self.host.now()))
        if self.display:
            for feed in self._feeds.values():
                feed.tick(self.seldom if self.alone else 0.0)
            self.show_doing()

    # What is shown

    @property
    def list(self) -> StopList:
        return self.query_one(StopList)

    def took(self, reading: Look) -> None:
        """What is known at first comes piece by piece; a later look is shown when it is whole."""
        if (
            not reading.whole
            and self.look is not None
            and (self.look.whole or self.look.checks == reading.checks)
        ):
            return
        self.look = reading
        if reading.whole and (point := measured(reading)) is not None:
            self._own.append(point)
            self._show_blocks()
        self._show_list()

    def _show_list(self) -> None:
        if (look := self.look) is not None:
            way = verdict.Way(
                self.host.now(),
                self.glyphs,
                everything=self._everything,
                read_only=self.settings.read_only,
                keys=self._keys_of_panes(),
            )
            self.list.show(lambda width: verdict.lines(look, width, way))
        self._show_log()
        if self._is_new("mend", self._meant() is not None):
            self.refresh_bindings()

    def _keys_of_panes(self) -> dict[str, str]:
        """The key that goes to each pane, by the pane's name: the user may have chosen another."""
        keys = {entry.folder: self.settings.keys.get(entry.binding, entry.key) for entry in PANES}
        return {name: self.app.get_key_display(Binding(key.split(",")[0], "")) for name, key in keys.items()}

    def show_title(self) -> None:
        level, told = verdict.verdict(self.look)
        right = verdict.looked_text(self.look, self.host.now(), self.feed.silence)
        mark = verdict.sign(level, self.glyphs)[0] + " " if level else ""
        rest = title_line(told, right, self.size.width - 2 - len(mark), self.glyphs)
        if self._is_new("title", (mark, rest, level)):
            colour = COLOURS[level] if level else ""
            self.query_one(".pane-title", Static).update(Content.assemble((mark, colour), rest))
        error = error_line(self._error, self.glyphs) if self._error else ""
        if self._is_new("error", error):
            self.show_line(".pane-error", error)

    def show_doing(self) -> None:
        """Tell the mend that runs."""
        doing = self.acts.doing(self.host.now())
        if self._is_new("doing", doing):
            self.show_line("#overview-doing", doing)

    def _is_new(self, place: str, said: object) -> bool:
        """Whether something else is said there already; what is the same is not drawn again."""
        new = self._said.get(place) != said or place not in self._said
        self._said[place] = said
        return new

    @on(Read)
    def _read(self, event: Read) -> None:
        failed = isinstance(event.result, BackendError)
        self._feeds[event.name].done(failed=failed)
        was = self._shown[event.name]
        if isinstance(event.result, BackendError):
            self._shown[event.name] = was._replace(error=event.result)
        else:
            self._shown[event.name] = Shown(event.result, self.host.now())
        self._show_blocks()

    def _show_blocks(self) -> None:
        how = How(self.glyphs, self.settings.plain, self.host.now())
        for name, title in TITLES.items():
            shown = self._shown[name]
            if isinstance(shown.value, Hour):
                shown = shown._replace(value=with_measured(shown.value, self._own))
            block = self.query_one(f"#overview-{name}", Block)
            block.show(partial(blocks.lines, title, shown, how=how))

    def _show_log(self) -> None:
        """The log's newest troubles, as many as leave room for all of the verdict."""
        found = self.look.lines if self.look is not None else ()
        lines = sum(one.display for one in self.query(".pane-title, .pane-error, #overview-doing"))
        room = self.size.height - lines - self._below - self.list.virtual_size.height - BORDER - LOG_TITLE
        log = self.query_one("#overview-log", Block)
        shown = found[-room:] if room > 0 else ()
        log.display = bool(shown)
        if shown:
            how = How(self.glyphs, self.settings.plain, self.host.now())
            log.styles.height = len(shown) + LOG_TITLE + BORDER
            log.show(partial(blocks.log_lines, shown, how=how))

    def on_resize(self) -> None:
        """Blocks beside each other, or as many below each other as there is room for."""
        beside = self.size.width >= SIDE_BY_SIDE
        room = self.size.height - LIST_HEIGHT
        fit = len(TITLES) if beside and room >= BLOCK_HEIGHT else 0 if beside else room // BLOCK_HEIGHT
        self.set_class(not beside, "-stacked")
        for number, name in enumerate(TITLES):
            self.query_one(f"#overview-{name}").display = number < fit
        self.query_one("#overview-blocks").display = fit > 0
        self._below = (BORDER + BLOCK_HEIGHT * (1 if beside else fit)) if fit else 0
        self.call_after_refresh(self._show_log)

    # Keys

    @on(StopList.Moved)
    def _moved(self) -> None:
        if self._is_new("mend", self._meant() is not None):
            self.refresh_bindings()

    @on(StopList.Opened)
    def _opened(self, event: StopList.Opened) -> None:
        if event.where == verdict.FINE:
            self.action_everything()
            return
        check, _ = verdict.at(self.look, event.where) if self.look else (None, None)
        if check is not None and self.look is not None:
            from mailtui.screens.check import CheckScreen  # noqa: PLC0415 - when asked for

            found = meant(self.look, event.where)
            mend = partial(self.acts.mend, *found) if found and not self.settings.read_only else None
            self.app.push_screen(CheckScreen(check, self.host.now(), mend))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "mend":
            return not self.settings.read_only and self._meant() is not None
        return True

    def _meant(self) -> tuple[Check, Mend] | None:
        return meant(self.look, self.list.stop) if self.look and self.is_mounted else None

    def action_mend(self) -> None:
        if found := self._meant():
            self.acts.mend(*found)

    def action_everything(self) -> None:
        self._everything = not self._everything
        self._show_list()

    def action_copy(self) -> None:
        check, mend = verdict.at(self.look, self.list.stop) if self.look else (None, None)
        if check is not None:
            text = mend.text if mend else check.mends[0].text if check.mends else check.said
            self.app.copy_to_clipboard(visible(text))
            self.notify(f"Copied: {visible(text)[:200]}", markup=False)

    def action_back(self) -> None:
        self.list.action_end(-1)

    def go_to(self, pane: str) -> None:
        """Go to another pane, by its name."""
        for entry in PANES:
            if entry.folder == pane:
                self.call_later(self.run_action, f"app.pane('{entry.key}')")
