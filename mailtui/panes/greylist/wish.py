"""What of the greylist is wanted: a group of the upper table, and what was typed. Knows no widget."""

from dataclasses import dataclass

from backends.greylist.select import narrowed
from backends.greylist.values import Filter

EVERYTHING = Filter()


@dataclass(frozen=True, slots=True)
class Wish:
    """A filter as typed, within a group that `label` names."""

    typed: str = ""
    group: Filter = EVERYTHING
    label: str = ""

    def wanted(self) -> Filter:
        """Both together.

        :raises BadRequest: what was typed cannot be read.
        """
        return narrowed(self.group, self.typed)

    @property
    def is_empty(self) -> bool:
        return not self.typed and self.group.is_empty
