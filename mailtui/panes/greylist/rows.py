"""The triplets of a window as a table wants them, and one of them in words."""

from collections.abc import Sequence

import msgspec

from backends.greylist.values import VOID, Key, Rules, State, Triplet
from backends.text import age_text, time_text, visible
from mailtui.panes.greylist.groups import state_cell
from mailtui.panes.greylist.window import Window
from mailtui.widgets.cells import Cell, Column
from mailtui.widgets.glyphs import Glyphs

COLUMNS = (
    Column("", 1, key="mark", priority=9),
    Column("State", 9, key="state", priority=9),
    Column("Since", 5, "right", key="first", priority=8),
    Column("Opens", 6, "right", key="opens", priority=7),
    Column("Hits", 5, "right", key="n", priority=3),
    Column("Client", 15, key="client", priority=6, min_width=11),
    Column("From", key="sender", priority=6, min_width=12),
    Column("To", key="recipient", priority=5, min_width=12),
)
_key = msgspec.json.Decoder(Key).decode


def key_text(key: Key) -> str:
    """A key as a table and its marks have it."""
    return msgspec.json.encode(key).decode()


def key_of(text: str) -> Key:
    return _key(text)


class Triplets:
    """The rows of a window that fit a wish; `now` in epoch seconds."""

    def __init__(
        self, window: Window, wish: object, marks: set[str], rules: Rules, *, now: float, signs: Glyphs
    ) -> None:
        self.window, self.wish = window, wish
        self._marks, self._rules, self._now, self._signs = marks, rules, now, signs
        self._index: dict[str, int] = {}

    @property
    def row_count(self) -> int:
        return len(self.window.rows)

    def key(self, row: int) -> str:
        return key_text(self.window.rows[row].key)

    def index_of(self, key: str) -> int | None:
        if not self._index:
            self._index = {self.key(row): row for row in range(self.row_count)}
        return self._index.get(key)

    def cells(self, row: int) -> Sequence[Cell]:
        triplet = self.window.rows[row]
        state = self._rules.state(triplet, self._now)
        opens = self._rules.opens(triplet)
        return (
            (self._signs.mark, "mark") if self.key(row) in self._marks else "",
            state_cell(state, self._signs),
            age_text(self._now - triplet.first) if triplet.first else "-",
            _opens(state, opens, self._now),
            f"{triplet.n:,}",
            visible(triplet.ip),
            "<>" if triplet.sender == VOID else visible(triplet.sender[:242]),
            visible(triplet.recipient[:242]),
        )


def _opens(state: State, opens: int | None, now: float) -> Cell:
    if opens is None:
        return "never", "bad"
    return (f"in {age_text(opens - now + 1)}", "accent") if state == "waiting" else ""


def detail(triplet: Triplet, rules: Rules, now: float) -> str:
    """Since when exactly it is known, and when it is let in."""
    known = f"first seen {time_text(triplet.first)}"
    opens = rules.opens(triplet)
    if opens is None:
        known = "refused for ever: gld takes a row whose `first` is 0 for none; x deletes it"
    else:
        match rules.state(triplet, now):
            case "waiting":
                known += f", let in from {time_text(opens)} on if it comes back then; R lets it in at once"
            case "ready":
                known += f", let in since {time_text(opens)} but not come back yet"
            case "never":
                known += f", not come back for {age_text(now - triplet.last)}"
            case "passed":
                known += f", last let in {time_text(triplet.last)}, {triplet.n:,} hits"
    return f"{known}  {visible(triplet.ip)}  {visible(triplet.sender)} to {visible(triplet.recipient)}"
