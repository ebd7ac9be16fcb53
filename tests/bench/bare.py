"""A bare Textual app with Header, Footer and TabbedContent: what the first frame costs before there is anything."""

from typing import ClassVar

from textual.app import App, ComposeResult
from textual.binding import BindingType
from textual.widgets import Footer, Header, Static, TabbedContent, TabPane


class Bare(App[None]):
    """Four tabs with a word each."""

    BINDINGS: ClassVar[list[BindingType]] = [("q", "quit", "Quit"), ("r", "refresh", "Refresh")]

    def compose(self) -> ComposeResult:
        yield Header()
        with TabbedContent():
            for name in ("Queue", "Greylist", "Quarantine", "Log"):
                with TabPane(name):
                    yield Static(name)
        yield Footer()


if __name__ == "__main__":
    Bare().run()
