"""Help, made from the bindings themselves."""

from collections.abc import Iterable, Mapping, Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.dom import DOMNode
from textual.screen import Screen
from textual.widgets import Footer

from mailtui.widgets.span_view import Row, folded
from mailtui.widgets.text_view import Line, TextView

KEY = 15  # cells
HEADINGS = {"queue": "Queue", "table": "Tables", "app": "Everywhere", "pane": "Panes"}


class HelpScreen(Screen[None]):
    """Every key that does something where help was asked for, and why others do not."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,question_mark", "dismiss", "Back", id="help.back")
    ]

    def __init__(self, lines: Sequence[Line]) -> None:
        super().__init__()
        self._lines = lines

    def compose(self) -> ComposeResult:
        yield Keys(self._lines, id="help")
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        self.query_one(Keys).focus()


class Keys(TextView):
    """Keys and what they do, which goes on below itself."""

    def lay_out(self, width: int) -> Sequence[Row]:
        hangs = {"text": KEY if width >= 2 * KEY else 0}
        return [
            ((piece, style),)
            for text, style in self._lines
            for piece in folded(text, width, hangs.get(style, 0))
        ]


def help_lines(nodes: Iterable[DOMNode], keys: "KeyNames", missing: Sequence[str]) -> list[Line]:
    """Lines for the bindings of the nodes from the focus outwards; `missing` says what is not there and why."""
    lines: list[Line] = [(text, "warn") for text in missing] + [("", "text")] * bool(missing)
    seen: set[str] = set()
    for node in sorted(nodes, key=_rank):
        rows = []
        for binding in node.BINDINGS:
            if (
                not isinstance(binding, Binding)
                or not binding.id
                or binding.id in seen
                or not binding.description
            ):
                continue
            if not _exists(node, binding):
                continue
            seen.add(binding.id)
            text = binding.tooltip or binding.description
            rows.append((f"{keys(binding):<{KEY - 1}} {text}  ({binding.id})", "text"))
        if rows:
            group = next(
                (b.id.partition(".")[0] for b in node.BINDINGS if isinstance(b, Binding) and b.id), ""
            )
            lines += [(HEADINGS.get(group, group.capitalize()), "head"), *rows, ("", "text")]
    return lines


def _rank(node: DOMNode) -> int:
    """The pane's own keys first, those of its tables next, then those that are the same everywhere."""
    groups = {b.id.partition(".")[0] for b in node.BINDINGS if isinstance(b, Binding) and b.id}
    return 2 if "app" in groups else 1 if "table" in groups else 0


class KeyNames:
    """How keys are written: `shift+up` stays, `slash` becomes `/`. `chosen` are the user's own, by the ids of bindings."""

    _SIGNS: ClassVar[dict[str, str]] = {
        "slash": "/",
        "asterisk": "*",
        "question_mark": "?",
        "at": "@",
        "colon": ":",
        "escape": "esc",
        "pageup": "PgUp",
        "pagedown": "PgDn",
    }

    def __init__(self, chosen: Mapping[str, str]) -> None:
        self._chosen = chosen

    def __call__(self, binding: Binding) -> str:
        keys = self._chosen.get(binding.id or "", binding.key)
        return " ".join(self._SIGNS.get(key, key) for key in keys.split(","))


def _exists(node: DOMNode, binding: Binding) -> bool:
    name, _, rest = binding.action.partition("(")
    parameters = tuple(part.strip("' ") for part in rest.rstrip(")").split(",") if part)
    return node.check_action(name.rpartition(".")[2], parameters) is not False
