"""The rows of the queue pane's tables: messages, and reasons they wait for."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from backends.queue.message import Message
from backends.text import age_text, size_text, time_text, visible
from mailtui.panes.queue.view import reason_key
from mailtui.widgets.cells import Cell, Column
from mailtui.widgets.heat_map import HeatRow

if TYPE_CHECKING:
    from backends.queue.listing.store import Ints
    from mailtui.panes.queue.view import View

EVERYTHING = ""
ALL_DOMAINS = "*"
AGES = ("<5m", "10m", "20m", "40m", "80m", "160m", "320m", "640m", "21h", ">21h")
MOST_DOMAINS = 2000

MESSAGE_COLUMNS = (
    Column("", 1, key="mark", priority=9),
    Column("Queue", 8, key="queue", priority=4),
    Column("ID", 12, key="id", priority=8, min_width=11),
    Column("Age", 4, "right", key="age", priority=7),
    Column("Next", 4, "right", key="retry", priority=3),
    Column("Size", 5, "right", key="size", priority=5),
    Column("From", key="sender", priority=6, min_width=10),
    Column("To", key="recipient", priority=6, min_width=12),
    Column("Reason", key="reason", priority=2, min_width=24),
)
REASON_COLUMNS = (
    Column("Why", key="reason", priority=9, min_width=16),
    Column("n", 7, "right", key="count", priority=8, min_width=5),
    Column("oldest", 6, "right", key="oldest", priority=7),
    Column("next try", 8, "right", key="retry", priority=6),
)


class Messages:
    """The messages of a view; `marks` are queue IDs, `retry` asks when a deferred one is tried again."""

    def __init__(self, view: "View", marks: set[str], retry: "Ints | None", now: float, mark: str) -> None:
        self.view, self._marks, self._retry, self._now, self._mark = view, marks, retry, now, mark

    @property
    def row_count(self) -> int:
        return len(self.view.rows)

    def message(self, row: int) -> Message:
        """The message shown in a row."""
        return self.view.snapshot.store.message(int(self.view.rows[row]))

    def key(self, row: int) -> str:
        return self.message(row).queue_id

    def index_of(self, key: str) -> int | None:
        stored = self.view.snapshot.store.row_of(key)
        if stored is None:
            return None
        places = (self.view.rows == stored).nonzero()[0]
        return int(places[0]) if len(places) else None

    def cells(self, row: int) -> Sequence[Cell]:
        message = self.message(row)
        retry = self._retry[int(self.view.rows[row])] if self._retry is not None else 0
        return (
            (self._mark, "mark") if message.queue_id in self._marks else "",
            (message.queue_name, "warn" if message.queue_name == "hold" else "dim"),
            message.queue_id,
            age_text(max(0.0, self._now - message.arrival_time)),
            until(float(retry), self._now) if message.queue_name == "deferred" else "",
            size_text(message.message_size),
            visible(message.sender[:200]),
            _recipients(message),
            visible(message.reason[:400]),
        )


class Reasons:
    """Groups by delay reason, after a first row that stands for all of them."""

    def __init__(self, view: "View", now: float, everything: str) -> None:
        self.groups, self._total, self._now, self._everything = view.groups, view.matching, now, everything
        self._keys = [EVERYTHING, *(reason_key(view.snapshot.store, group) for group in view.groups)]

    @property
    def row_count(self) -> int:
        return len(self._keys)

    def key(self, row: int) -> str:
        return self._keys[row]

    def index_of(self, key: str) -> int | None:
        return self._keys.index(key) if key in self._keys else None

    def cells(self, row: int) -> Sequence[Cell]:
        if not row:
            oldest = min((group.oldest for group in self.groups), default=0)
            soonest = min((group.next_retry for group in self.groups if group.next_retry), default=0)
            return (
                (self._everything, "accent"),
                f"{self._total:,}",
                age_text(max(0.0, self._now - oldest)) if oldest else "",
                until(soonest, self._now) if soonest else "",
            )
        group = self.groups[row - 1]
        return (
            visible(group.label[:400]),
            f"{group.count:,}",
            age_text(max(0.0, self._now - group.oldest)),
            until(group.next_retry, self._now) if group.next_retry else "",
        )


def detail(message: Message) -> str:
    """When exactly the message under the cursor came, and why it waits."""
    return f"{time_text(message.arrival_time)}  {visible(message.reason[:600] or message.queue_name)}"


def until(when: float, now: float) -> str:
    """The time left, or `now` for what is due."""
    if not when:
        return ""
    return age_text(when - now) if when > now else "now"


def _recipients(message: Message) -> str:
    if not message.recipients:
        return "(none)"
    first = visible(message.recipients[0].address[:200])
    return f"{first} +{len(message.recipients) - 1:,}" if len(message.recipients) > 1 else first


def heat_rows(view: "View") -> list[HeatRow]:
    """Domains by AGES; a row's key is `=` and its domain, the first row's ALL_DOMAINS."""
    rows = [HeatRow("everywhere", view.shape.total.counts, ALL_DOMAINS)]
    shown = view.shape.rows[:MOST_DOMAINS]
    return rows + [HeatRow(visible(row.domain[:255]), row.counts, f"={row.domain}") for row in shown]
