"""What a key would hit: the marked messages, the group in focus, or the message under the cursor."""

from collections.abc import Set
from dataclasses import dataclass
from typing import TYPE_CHECKING

from backends.queue.plan import Target
from backends.text import visible

if TYPE_CHECKING:
    from mailtui.panes.queue.view import View


@dataclass(frozen=True, slots=True)
class Selection:
    """Messages of one view, and in words which; without marks and row it is all that the view shows."""

    view: "View"
    label: str
    marks: frozenset[str] = frozenset()
    row: int | None = None

    def targets(self) -> list[Target]:
        """The messages; those marked that are gone meanwhile are left out."""
        store = self.view.snapshot.store
        if self.marks:
            rows = [row for row in map(store.row_of, sorted(self.marks)) if row is not None]
        elif self.row is not None:
            rows = [int(self.view.rows[self.row])]
        else:
            rows = self.view.rows.tolist()
        return [Target.of(store.message(row)) for row in rows]


def marked(view: "View", marks: Set[str]) -> Selection:
    """The messages with these queue IDs."""
    hidden = _not_shown(view, marks)
    label = "those that are marked" + (f"; {hidden:,} of them are not shown here" if hidden else "")
    return Selection(view, label, marks=frozenset(marks))


def narrowed(view: "View") -> Selection:
    """All that the view shows."""
    parts = [visible(part) for part in (view.wish.reason[1:], view.wish.domain, view.wish.filter) if part]
    return Selection(view, f"those with: {', '.join(parts)}" if parts else "the whole queue")


def under_cursor(view: "View", row: int) -> Selection:
    """The message in a row of the view."""
    return Selection(view, "the one under the cursor", row=row)


def marks_text(view: "View | None", marks: Set[str]) -> str:
    """How many are marked, and how many of them cannot be seen."""
    hidden = _not_shown(view, marks) if view else 0
    return f"{len(marks):,} marked" + (f", {hidden:,} of them not shown here" if hidden else "")


def _not_shown(view: "View", queue_ids: Set[str]) -> int:
    """How many of these messages the view leaves out."""
    rows = [view.snapshot.store.row_of(queue_id) for queue_id in queue_ids]
    shown = set(view.rows.tolist()) if len(rows) > 1 else view.rows
    return sum(row is None or row not in shown for row in rows)
