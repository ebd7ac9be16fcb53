"""How a file is here, and how the reference would have it."""

from collections.abc import Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.widgets import Footer, Static

from mailtui.widgets.glyphs import glyphs
from mailtui.widgets.pairs import Pair
from mailtui.widgets.side_by_side import SideBySide

NAMES = ("here", "reference")


class DifferenceScreen(Screen[None]):
    """`title` names the file, `note` says what of it is kept or in conflict; both are safe to show."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "dismiss", "Back", id="difference.back"),
        Binding("n", "go(1)", "Next change", id="difference.next"),
        Binding("N", "go(-1)", "Change before", id="difference.before"),
    ]

    def __init__(self, title: str, note: str, pairs: Sequence[Pair], *, plain: bool) -> None:
        super().__init__()
        self._title, self._note, self._pairs, self._plain = title, note, pairs, plain

    def compose(self) -> ComposeResult:
        yield Static(self._title, classes="screen-title", id="difference-title", markup=False)
        yield Static(self._note, classes="screen-note", markup=False)
        yield SideBySide(NAMES, self._pairs, plain=self._plain, id="difference")
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        self.query_one(SideBySide).focus()

    @on(SideBySide.AtChange)
    def _at_change(self, event: SideBySide.AtChange) -> None:
        dot = glyphs(plain=self._plain).dot
        at = f"   {dot} change {event.number} of {event.of}" if event.of else ""
        self.query_one("#difference-title", Static).update(f"{self._title}{at}")

    def action_go(self, step: int) -> None:
        self.query_one(SideBySide).go(step)
