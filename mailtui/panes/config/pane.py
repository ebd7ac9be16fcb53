"""The config pane: the machine beside the reference, component by component, file by file."""

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.content import Content
from textual.widgets import Static

from backends.apply.told import FileDrift
from backends.host import Host
from backends.text import visible
from mailtui.panes.config.acts import APPLY, Acts
from mailtui.panes.config.keys import KEYS
from mailtui.panes.config.reading import Reading, read_config
from mailtui.panes.config.sources import (
    COMPONENT_COLUMNS,
    FILE_COLUMNS,
    NOT_SHOWN,
    SAME_LINES,
    Components,
    Files,
    explained,
)
from mailtui.panes.config.title import title, todo
from mailtui.panes.fed import FedPane, error_line
from mailtui.panes.feed import Feed
from mailtui.screens.difference import NAMES, DifferenceScreen
from mailtui.settings import Settings
from mailtui.widgets.side_by_side import SideBySide
from mailtui.widgets.virtual_table import VirtualTable

LEAST_INTERVAL = 60.0  # s; a comparison keeps the machine busy for a second

COLOURS = {"good": "$success", "warn": "$warning", "bad": "$error"}


class FileList(VirtualTable):
    """The files of the component under the cursor."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "open", "Compare", key_display="enter", id="config.compare")
    ]


class ConfigPane(FedPane[Reading]):
    """Shows how a host differs from the reference, and brings it there and back."""

    key = "8"
    label = "Config"
    BINDINGS: ClassVar[list[BindingType]] = KEYS

    def __init__(self, host: Host, settings: Settings) -> None:
        super().__init__(host, settings, interval=max(settings.interval, LEAST_INTERVAL))
        self.reading: Reading | None = None
        self.acts = Acts(self)

    def compose(self) -> ComposeResult:
        yield Static("", classes="pane-title", markup=False)
        yield Static("", classes="pane-error", markup=False)
        with Container(id="config-top"):
            yield VirtualTable(COMPONENT_COLUMNS, id="components")
            yield FileList(FILE_COLUMNS, id="files")
        yield SideBySide(NAMES, plain=self.settings.plain, id="config-difference")
        yield Static("", id="config-todo", markup=False)

    def read(self, feed: Feed[Reading]) -> Reading:
        return read_config(self.host.config)

    @property
    def settled(self) -> bool:
        return not self.feed.reading and (self.reading is not None or self._error is not None)

    def enter(self) -> None:
        self.begin_at("#components")

    # What is shown

    def took(self, reading: Reading) -> None:
        self.reading = reading
        count = len(reading.changing) + len(reading.packages) + len(reading.drift.todo)
        self.post_message(self.Badge(self, str(count) if count else ""))
        self.query_one("#components", VirtualTable).swap(Components(reading.components, self.glyphs))
        self._show_files()

    def show_title(self) -> None:
        line = title(
            self.reading, self.feed, now=self.host.now(), width=self.size.width - 2, signs=self.glyphs
        )
        sign = (line.sign, COLOURS.get(line.kind, ""))
        self.query_one(".pane-title", Static).update(Content.assemble(sign, line.rest))
        self.show_line(".pane-error", error_line(self._error, self.glyphs) if self._error else "")
        self.show_line("#config-todo", todo(self.reading, self.glyphs))

    @on(VirtualTable.CursorMoved, "#components")
    def _show_files(self) -> None:
        table = self.query_one("#components", VirtualTable)
        source, row = table.source, table.cursor
        chosen = source.components[row] if isinstance(source, Components) and row is not None else None
        self.query_one(FileList).swap(Files(chosen, self.glyphs))
        self._show_difference()

    @on(VirtualTable.CursorMoved, "#files")
    def _show_difference(self) -> None:
        file = self._file()
        pairs = self.reading.pairs.get(file.path, ()) if self.reading and file else ()
        self.query_one(SideBySide).show(pairs)

    def _file(self) -> FileDrift | None:
        """The file under the cursor."""
        files = self.query_one(FileList)
        source, row = files.source, files.cursor
        return source.files[row] if isinstance(source, Files) and row is not None else None

    @on(VirtualTable.Opened, "#components")
    def _component_opened(self) -> None:
        self.query_one(FileList).focus()

    @on(VirtualTable.Opened, "#files")
    def _file_opened(self) -> None:
        file = self._file()
        if file is None or self.reading is None:
            return
        pairs = self.reading.pairs.get(file.path)
        if pairs:
            self.app.push_screen(
                DifferenceScreen(visible(file.path), explained(file), pairs, plain=self.settings.plain)
            )
        else:
            same = "It is the same as in the reference" if file.state == "in sync" else SAME_LINES
            self.notify(NOT_SHOWN if file.secret else same)

    # Acting

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return not self.settings.read_only if action in {"apply", "rollback"} else True

    def action_apply(self) -> None:
        self.acts.apply()

    def action_rollback(self) -> None:
        self.acts.rollback()

    def action_explain(self) -> None:
        from mailtui.screens.explain import ExplainScreen  # noqa: PLC0415 - when asked for

        release = self.reading.drift.release if self.reading else "this release"
        self.beside(
            lambda: self.host.config.explain(),  # noqa: PLW0108 - getting the config may fail, too
            lambda rows: self.app.push_screen(ExplainScreen(rows, release)),
        )

    def action_copy(self) -> None:
        self.app.copy_to_clipboard(APPLY)
        self.notify(f"Copied: {APPLY}")

    def action_back(self) -> None:
        self.query_one("#components").focus()
