"""What a key would hit: the marked messages, the kind in focus, or the message under the cursor."""

from collections.abc import Set
from dataclasses import dataclass

from backends.quarantine.message import Target
from backends.text import visible
from mailtui.panes.quarantine.view import View


@dataclass(frozen=True, slots=True)
class Selection:
    """Messages of one view, and in words which."""

    label: str
    targets: tuple[Target, ...]


def marked(view: View, marks: Set[str]) -> Selection:
    """The messages with these paths; those that are gone meanwhile are left out."""
    hidden = not_shown(view, marks)
    label = "those that are marked" + (f"; {hidden:,} of them are not shown here" if hidden else "")
    rows = [row for row in map(view.listing.row_of, sorted(marks)) if row is not None]
    return Selection(label, tuple(map(view.listing.target, rows)))


def narrowed(view: View) -> Selection:
    """All that the view shows."""
    parts = [visible(part) for part in (view.wish.kind, view.wish.filter) if part]
    label = f"those with: {', '.join(parts)}" if parts else "the whole quarantine"
    return Selection(label, tuple(view.target(row) for row in range(len(view.rows))))


def under_cursor(view: View, row: int) -> Selection:
    """The message in a row of the view."""
    return Selection("the one under the cursor", (view.target(row),))


def not_shown(view: View, paths: Set[str]) -> int:
    """How many of these messages the view leaves out."""
    shown = set(view.rows.tolist())
    return sum(view.listing.row_of(path) not in shown for path in paths)
