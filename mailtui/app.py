"""The console: panes, the keys that are the same in all of them, and nothing else."""

import asyncio
import gc
import os
import signal
import threading
import time
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual import on
from textual.app import App, ComposeResult, SystemCommand
from textual.binding import Binding, BindingType
from textual.events import Event, InputEvent
from textual.message import Message
from textual.screen import Screen
from textual.scrollbar import ScrollBar
from textual.widgets import ContentSwitcher, Footer, Static

from backends.errors import BackendError
from backends.host import Host, ServiceState
from backends.text import visible
from mailtui.memory import give_back
from mailtui.panes.base import Pane
from mailtui.panes.registry import PANES
from mailtui.settings import ALONE_AFTER, Settings
from mailtui.terminal import when_gone
from mailtui.themes import THEMES, default_theme
from mailtui.widgets.ascii_bar import AsciiBar
from mailtui.widgets.status_line import StatusLine
from mailtui.widgets.tab_line import TabLine
from mailtui.work import outcome, unfinished

if TYPE_CHECKING:
    from rich.console import RenderableType

FIRST_PANE = "1"
READING_TIME = 15.0  # s
MISTAKES = 5  # of the settings that are told at once
SERVICES_EVERY = 15.0  # s
SERVICES_SELDOM = 60.0  # s, while nobody touches a key
PATIENCE = 3.0  # s from being told to leave until it is done without ceremony
GLANCE = 0.2  # s between two looks whether work that must end has ended
INTERRUPTED = 130
THREADS = 48
"""At a time; whatever hangs in some of them, others are left for what a key asks for."""
KEY_NAMES = {
    "←→": "<->",
    "←": "left",
    "→": "right",
    "↑": "up",
    "↓": "down",
    "⌫": "backspace",
    "⏎": "enter",
}
"""Keys as the footer names them, in ASCII."""


class MailtuiApp(App[int]):
    """The console on one host."""

    TITLE = "mailtui"
    AUTO_FOCUS = None
    CSS_PATH = [  # noqa: RUF012
        "app.tcss",
        "panes/listed/listed.tcss",
        "panes/overview/overview.tcss",
        "panes/queue/queue.tcss",
        "panes/config/config.tcss",
        "panes/quarantine/quarantine.tcss",
        "panes/greylist/greylist.tcss",
        "panes/scores/scores.tcss",
        "panes/antivirus/antivirus.tcss",
        "panes/maps/maps.tcss",
    ]
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (160, "-wide")]  # noqa: RUF012
    VERTICAL_BREAKPOINTS = [(0, "-short"), (16, "-tall"), (34, "-high")]  # noqa: RUF012
    BINDINGS: ClassVar[list[BindingType]] = [
        *(
            Binding(entry.key, f"pane('{entry.key}')", entry.label, show=False, id=entry.binding)
            for entry in PANES
        ),
        Binding("r", "reload", "Read again", show=False, id="app.reload"),
        Binding("at", "journal", "Journal of commands", show=False, key_display="@", id="app.journal"),
        Binding("ctrl+p,colon", "command_palette", "Commands", show=False, id="app.commands"),
        Binding("question_mark", "help", "Help", key_display="?", id="app.help"),
        Binding("q", "quit", "Quit", id="app.quit"),
        Binding("ctrl+c", "quit", "Quit", show=False, priority=True, id="app.interrupt"),
    ]

    class Serving(Message):
        """States of the services."""

        def __init__(self, states: list[ServiceState] | BackendError) -> None:
            super().__init__()
            self.states = states

    def __init__(self, host: Host, settings: Settings) -> None:
        super().__init__()
        self.host = host
        for theme in THEMES.values():
            self.register_theme(theme)
        self.services_known = False
        self._touched = self._asked = monotonic()
        self._status = StatusLine(host.name, plain=settings.plain)
        self._tabs = TabLine([(entry.key, entry.label, entry.short) for entry in PANES])
        self._wrong = list(settings.wrong)
        self.keys = self._keymap_of(settings.keys)
        self.settings = settings = replace(settings, keys=self.keys)
        self._first = self._first_pane(settings.pane)
        first = next(entry for entry in PANES if entry.key == self._first).make(host, settings)
        self._switcher = ContentSwitcher(first, id="panes", initial=first.id)
        if settings.theme and settings.theme not in self.available_themes:
            self._wrong.append(f"there is no theme {visible(settings.theme)[:40]!r}; for example mailtui-16")
        self.theme = settings.theme if settings.theme in self.available_themes else default_theme()

    def _keymap_of(self, wanted: Mapping[str, str]) -> Mapping[str, str]:
        """The keys that the user has chosen, as far as they can be; Textual is told of them."""
        if not wanted:
            return {}
        from mailtui.keymap import keymap  # noqa: PLC0415 - imports all that has keys

        keys, wrong = keymap(wanted)
        self._wrong += wrong
        self.set_keymap(keys)
        return keys

    def _first_pane(self, wanted: str) -> str:
        for entry in PANES:
            if wanted.lower() in {entry.key, entry.label.lower()}:
                return entry.key
        if wanted:
            names = ", ".join(entry.key for entry in PANES)
            self._wrong.append(f"there is no pane {visible(wanted)[:40]!r}, only {names} and their names")
        return FIRST_PANE

    def compose(self) -> ComposeResult:
        yield self._status
        yield self._tabs
        if self.settings.banner:
            yield Static(self.settings.banner, id="banner", markup=False)
        yield self._switcher
        yield Footer(show_command_palette=False)

    async def on_mount(self) -> None:
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(THREADS))
        if self.settings.plain:
            ScrollBar.renderer = AsciiBar
            self.add_class("-plain")
        if self.settings.read_only:
            self._status.show(note="READ-ONLY")
        await self._go(self._first)
        self._clock()
        self.set_interval(1.0, self._clock)
        self.call_after_refresh(self._begin)
        for number in (signal.SIGTERM, signal.SIGHUP):
            asyncio.get_running_loop().add_signal_handler(number, self._told_to_leave)
        when_gone(partial(self._terminal_gone, asyncio.get_running_loop()))

    def _terminal_gone(self, loop: asyncio.AbstractEventLoop) -> None:
        """Leave, though the loop may wait for what can never be written."""
        self._leave_soon()
        with suppress(RuntimeError):  # it is closed: the console is being left
            loop.call_soon_threadsafe(self.exit, INTERRUPTED)

    def exit(
        self, result: int | None = None, return_code: int = 0, message: "RenderableType | None" = None
    ) -> None:
        """Leave; nothing is waited for but acts under way."""
        super().exit(result, return_code, message)
        for pane in self._switcher.query(Pane):
            pane.leave()
        self.host.close(acts=False)

    def _told_to_leave(self) -> None:
        """Leave, also when the terminal is gone and nothing can be written to it any more."""
        self._leave_soon()
        self.exit(INTERRUPTED)

    def _leave_soon(self) -> None:
        last = threading.Timer(PATIENCE, self._leave_at_once)
        last.daemon = True
        last.start()

    def _leave_at_once(self) -> None:
        while unfinished():
            time.sleep(GLANCE)
        self.host.close()
        os._exit(INTERRUPTED)

    def _handle_exception(self, error: Exception) -> None:
        """One sentence in place of Textual's traceback, which would print what spammers wrote."""
        if os.environ.get("MAILTUI_DEBUG"):
            super()._handle_exception(error)
            return
        what = visible(f"{type(error).__name__}: {error}")[:300]
        told = f"mailtui: unexpected {what}\n  MAILTUI_DEBUG=1 shows where; please report it with that"
        self.exit(1, return_code=1, message=Text(told))

    async def on_event(self, event: Event) -> None:
        if isinstance(event, InputEvent):
            alone, self._touched = self.alone, monotonic()
            if alone:
                self._clock()
        await super().on_event(event)

    @property
    def alone(self) -> bool:
        """Whether nobody has touched a key for a while: then a console that is only left open need not cost much."""
        return monotonic() - self._touched > ALONE_AFTER

    def _begin(self) -> None:
        gc.freeze()
        gc.enable()
        if self._wrong:
            text = "\n".join(self._wrong[:MISTAKES])
            if len(self._wrong) > MISTAKES:
                text += f"\nand {len(self._wrong) - MISTAKES} more"
            self.notify(text, title="Settings", severity="warning", timeout=READING_TIME, markup=False)
        self._ask_services()
        self.set_interval(SERVICES_EVERY, self._ask_services_again)

    def _clock(self) -> None:
        self._status.show(now=self.host.now(), seconds=not self.alone)
        if self.pane is not None:
            self.pane.left(self.alone)

    def _ask_services_again(self) -> None:
        if not self.alone or monotonic() - self._asked >= SERVICES_SELDOM:
            self._ask_services()

    @on(Pane.Acted)
    def _ask_services(self) -> None:
        self._asked = monotonic()
        self.run_worker(self._services, thread=True, group="services", exclusive=True)

    def _services(self) -> None:
        self.post_message(self.Serving(outcome(self.host.services)))

    @on(Serving)
    def _serving(self, event: Serving) -> None:
        if not isinstance(event.states, BackendError):
            lights = [(one.name, one.state) for one in event.states if one.state != "absent"]
            self._status.show(lights=lights)
            for pane in self._switcher.query(Pane):
                pane.services(event.states)
            self.services_known = True

    # Panes

    @property
    def pane(self) -> Pane | None:
        """The pane in front; None: there is none yet, or none any more, while the console closes."""
        shown = self._switcher.query(f"#{self._switcher.current}") if self._switcher.current else None
        return shown.first(Pane) if shown else None

    async def action_pane(self, key: str) -> None:
        await self._go(key)

    async def _go(self, key: str) -> None:
        switcher = self._switcher
        if not switcher.query_children(f"#pane-{key}"):
            entry = next(entry for entry in PANES if entry.key == key)
            pane = entry.make(self.host, self.settings)
            await switcher.mount(pane)
        switcher.current = f"pane-{key}"
        self._tabs.show(active=key)
        shown = switcher.query_one(f"#pane-{key}", Pane)
        shown.enter()

    @on(TabLine.Chosen)
    async def _tab_chosen(self, event: TabLine.Chosen) -> None:
        await self._go(event.key)

    @on(Pane.Badge)
    def _badge(self, event: Pane.Badge) -> None:
        self._tabs.show(badge=(event.pane.key, event.text))

    def action_reload(self) -> None:
        if self.pane is not None:
            self.pane.reload()

    # The same everywhere

    def action_journal(self) -> None:
        from mailtui.screens.journal import JournalScreen  # noqa: PLC0415 - after the first frame

        self.push_screen(JournalScreen(self.host.journal, plain=self.settings.plain))

    def action_help(self) -> None:
        from mailtui.screens.help import HelpScreen, KeyNames, help_lines  # noqa: PLC0415 - after the first frame

        focused = self.focused or self.pane
        nodes = list(focused.ancestors_with_self) if focused else [self]
        missing = self.pane.missing() if self.pane else []
        self.push_screen(HelpScreen(help_lines(nodes, KeyNames(self.keys), missing)))

    def get_key_display(self, binding: Binding) -> str:
        shown = super().get_key_display(binding)
        if not self.settings.plain or shown.isascii():
            return shown
        return KEY_NAMES.get(shown, shown.encode("ascii", "replace").decode())

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        from mailtui.screens.help import KeyNames  # noqa: PLC0415 - after the first frame

        for entry in PANES:
            yield SystemCommand(
                f"{entry.key} {entry.label}", "Go to this pane", lambda key=entry.key: self._later(key)
            )
        focused = self.focused or self.pane
        for node in focused.ancestors_with_self if focused else []:
            for binding in node.BINDINGS:
                if not isinstance(binding, Binding) or not binding.description:
                    continue
                if (binding.id or "").partition(".")[0] not in {"", "table", "text", "pane"}:
                    yield SystemCommand(
                        binding.description,
                        KeyNames(self.keys)(binding),
                        lambda node=node, action=binding.action: self.call_later(
                            self.run_action, action, node
                        ),
                    )
        for name in (*THEMES, "textual-light"):
            yield SystemCommand(
                f"Theme {name}", "Change the colours", lambda name=name: setattr(self, "theme", name)
            )

    def _later(self, key: str) -> None:
        self.call_later(self._go, key)


def run(host: Host, settings: Settings) -> int:
    """Open the console on a host until the user leaves; gives the exit code."""
    give_back()
    app = MailtuiApp(host, settings)
    try:
        return app.run() or app.return_code or 0
    finally:
        host.close()
