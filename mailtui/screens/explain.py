"""What the reference does otherwise than the page it was made of, and why."""

from collections.abc import Iterator, Sequence
from itertools import groupby, zip_longest
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.widgets import Footer, Static

from backends.text import visible
from mailtui.widgets.filter_line import FilterLine
from mailtui.widgets.span_view import Row, Span, SpanView, folded, padded

if TYPE_CHECKING:
    from backends.reference.explain import Row as Deviation

BESIDE_FROM = 110  # terminal cells from which on page, release and reason stand beside each other
LABELS = ("page", "gets", "why")
STYLES = ("dim", "text", "dim")
HEADS = ("the page", "this release gets", "why")


class ExplainScreen(Screen[None]):
    """The table, narrowed by what is typed."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "back", "Back", id="explain.back"),
        Binding(
            "slash", "filter", "Find", tooltip="Filter as you type", key_display="/", id="explain.filter"
        ),
    ]

    def __init__(self, deviations: Sequence["Deviation"], release: str) -> None:
        super().__init__()
        self._deviations, self._release = deviations, release

    def compose(self) -> ComposeResult:
        yield Static("", classes="screen-title", id="explain-title", markup=False)
        yield Deviations(self._deviations)
        yield FilterLine(placeholder="words that must be there  !words that must not", classes="filter")
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        self.query_one(Deviations).focus()
        self._narrow("")

    def action_filter(self) -> None:
        self.query_one(FilterLine).begin()

    def action_back(self) -> None:
        line = self.query_one(FilterLine)
        if line.display:
            line.end()
            self.query_one(Deviations).focus()
        else:
            self.dismiss()

    @on(FilterLine.Typed)
    def _typed(self, event: FilterLine.Typed) -> None:
        self._narrow(event.text)

    @on(FilterLine.Done)
    def _done(self) -> None:
        self.query_one(Deviations).focus()

    def _narrow(self, text: str) -> None:
        found = [one for one in self._deviations if matches(one, text)]
        self.query_one(Deviations).show(found)
        count = f"{len(found)} of {len(self._deviations)}" if text else f"{len(self._deviations)}"
        self.query_one("#explain-title", Static).update(
            f"What {visible(self._release)} gets otherwise than the page says, and why   {count}"
        )


class Deviations(SpanView):
    """Grouped by component."""

    def __init__(self, deviations: Sequence["Deviation"]) -> None:
        super().__init__(id="explain")
        self._shown = deviations

    def show(self, deviations: Sequence["Deviation"]) -> None:
        """Show others, from the top."""
        self._shown = deviations
        self.renew()
        self.scroll_to(y=0, animate=False)

    def lay_out(self, width: int) -> Sequence[Row]:
        self.fixed = 1 if width >= BESIDE_FROM else 0
        return explain_rows(self._shown, width)


def matches(deviation: "Deviation", text: str) -> bool:
    """Whether all words of a filter are in it, and none of those after a `!`."""
    said = " ".join(deviation).casefold()
    for word in text.casefold().split():
        bare = word.removeprefix("!")
        if bare and (bare in said) == word.startswith("!"):
            return False
    return True


def explain_rows(deviations: Sequence["Deviation"], width: int) -> list[Row]:
    """In three columns where there is room, else one below the other."""
    beside = width >= BESIDE_FROM
    rows: list[Row] = [_columns([(head, "name") for head in HEADS], width)] if beside else []
    if not deviations:
        rows.append([("nothing matches", "dim")])
    for component, group in groupby(deviations, key=lambda one: one.component):
        rows.append([(visible(component), "head")])
        for one in group:
            rows += _beside(one, width) if beside else _above(one, width)
    return rows


def _above(one: "Deviation", width: int) -> Iterator[Row]:
    for label, style, text in zip(LABELS, STYLES, (one.page, one.gets, one.why), strict=True):
        for at, piece in enumerate(folded(text, max(8, width - 7))):
            yield [(f"  {label if at == 0 else '':<5}", "dim"), (piece, style)]
    yield []


def _beside(one: "Deviation", width: int) -> Iterator[Row]:
    columns = [folded(text, _room(width)) for text in (one.page, one.gets, one.why)]
    for pieces in zip_longest(*columns, fillvalue=""):
        yield _columns([*zip(pieces, STYLES, strict=True)], width)
    yield []


def _columns(cells: Sequence[Span], width: int) -> Row:
    return [("  " + padded(text, _room(width)), style) for text, style in cells]


def _room(width: int) -> int:
    return (width - 2 * len(HEADS)) // len(HEADS)
