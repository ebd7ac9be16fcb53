"""One check: all that was seen, when and how often; what was measured; what mends it."""

from collections.abc import Callable, Iterator
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.widgets import Footer, Static

from backends.health.values import Check, Measure
from backends.text import age_text, size_text, time_text, visible
from mailtui.widgets.text_view import Line, TextView

STYLES = {"bad": "bad", "watch": "warn", "unknown": "warn", "good": "good"}
SLOW = 1.0  # s
WORDS = {"bad": "wrong", "watch": "to watch", "unknown": "could not be found out", "good": "fine"}


class CheckScreen(Screen[None]):
    """Shows it; `mend` does what mends it, None: that is not offered."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "dismiss", "Back", id="check.back"),
        Binding("m", "mend", "Mend", id="check.mend"),
        Binding("y", "copy", "Copy", tooltip="Copy all of it", id="check.copy"),
    ]

    def __init__(self, check: Check, now: float, mend: Callable[[], None] | None) -> None:
        super().__init__()
        self._check, self._now, self._mend = check, now, mend

    def compose(self) -> ComposeResult:
        yield Static(visible(self._check.name), classes="screen-title", markup=False)
        yield TextView(list(check_lines(self._check, self._now)), id="check")
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        self.query_one(TextView).focus()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return self._mend is not None if action == "mend" else True

    def action_mend(self) -> None:
        if self._mend is not None:
            self.dismiss()
            self.call_later(self._mend)

    def action_copy(self) -> None:
        self.app.copy_to_clipboard("\n".join(text for text, _ in check_lines(self._check, self._now)))
        self.notify("Copied")


def check_lines(check: Check, now: float) -> Iterator[Line]:
    """All that is known of it; `now` in epoch seconds."""
    yield visible(check.said), STYLES[check.level]
    since = ""
    if check.since:
        seen = ", seen" if check.seen else ""
        since = f"{seen} since {time_text(check.since)}, {age_text(max(0.0, now - check.since))}"
    yield f"{WORDS[check.level]}{since}", "dim"
    if check.cause:
        yield f"explained by {visible(check.cause)}: mend that first", "warn"
    if check.evidence:
        yield "", "text"
        yield "What was seen", "head"
    for one in check.evidence:
        often = f"{one.times:,} times, last " if one.times > 1 else ""
        last = time_text(one.at) if one.at else ""
        yield visible(one.said), "text"
        if often or last:
            yield f"  {often}{last}".removesuffix(", last "), "dim"
    if check.mends:
        yield "", "text"
        yield "What mends it", "head"
    for mend in check.mends:
        yield visible(mend.text) + (f"   in pane {visible(mend.pane)}" if mend.pane else ""), "name"
        if mend.asks:
            yield f"  {visible(mend.asks)}", "warn"
    if check.measures:
        yield "", "text"
        yield "Measured", "head"
        width = max(len(visible(one.name)) for one in check.measures)
        for measure in check.measures:
            yield _measured(measure, width), "text"
    if check.seconds >= SLOW:
        yield "", "text"
        yield f"it took {check.seconds:.1f} s to find out", "dim"


def _measured(measure: Measure, width: int) -> str:
    limits = [
        f"{word} from {_value(limit, measure.unit)}"
        for word, limit in (("to watch", measure.watch), ("wrong", measure.bad))
        if limit is not None
    ]
    told = f"{visible(measure.name):<{width}}  {_value(measure.value, measure.unit):>12}"
    return f"{told}   {', '.join(limits)}".rstrip()


def _value(value: float, unit: str) -> str:
    if unit == "B":
        return size_text(max(0, int(value)))
    number = f"{value:,.0f}" if value == int(value) else f"{value:,.3f}"
    return f"{number} {unit}".rstrip()
