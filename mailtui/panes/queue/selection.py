"""What a key would hit: the marked messages, the group in focus, or the message under the cursor."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from backends.queue.plan import Target

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
