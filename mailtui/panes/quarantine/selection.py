"""What a key would hit: the marked messages, the kind in focus, or the message under the cursor."""

from collections.abc import Set
from dataclasses import dataclass

from backends.quarantine.message import Target
from backends.text import visible
from mailtui.panes.quarantine.view import View


@dataclass(frozen=True, slots=True)
class Selection:
    """So many messages of one view, and in words which; without marks and row it is all that the view shows."""

    view: View
    label: str
    count: int
    marks: frozenset[str] = frozenset()
    row: int | None = None

    def targets(self) -> list[Target]:
        """The messages; those marked that are gone meanwhile are left out."""
        if self.marks:
            rows = self.view.places.rows_of(self.marks).tolist()
        elif self.row is not None:
            rows = [int(self.view.rows[self.row])]
        else:
            rows = self.view.rows.tolist()
        return [self.view.listing.target(row) for row in rows]


def marked(view: View, marks: Set[str]) -> Selection:
    """The messages with these paths."""
    hidden = not_shown(view, marks)
    label = "those that are marked" + (f"; {hidden:,} of them are not shown here" if hidden else "")
    return Selection(view, label, len(marks), marks=frozenset(marks))


def narrowed(view: View) -> Selection:
    """All that the view shows."""
    parts = [visible(part) for part in (view.wish.kind, view.wish.filter) if part]
    label = f"those with: {', '.join(parts)}" if parts else "the whole quarantine"
    return Selection(view, label, len(view.rows))


def under_cursor(view: View, row: int) -> Selection:
    """The message in a row of the view."""
    return Selection(view, "the one under the cursor", 1, row=row)


def not_shown(view: View, paths: Set[str]) -> int:
    """How many of these messages the view leaves out."""
    import numpy as np  # noqa: PLC0415 - after the first frame

    return len(paths) - int(np.isin(view.places.rows_of(paths), view.rows).sum())
