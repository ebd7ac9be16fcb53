"""One comparison of the machine with the reference, with the differences of its files laid beside each other."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from backends.apply.told import WORST_FIRST, ComponentDrift, Drift, FileDrift, Take
from backends.host import Config
from mailtui.widgets.pairs import Pair, pairs


class Reading(NamedTuple):
    """`pairs` by path, of those files that differ and may be shown; `broken_off`: an apply was, and is to be finished."""

    drift: Drift
    pairs: Mapping[str, Sequence[Pair]]
    broken_off: bool = False

    @property
    def in_sync(self) -> bool:
        """Whether an apply would change nothing."""
        return self.drift.in_sync and not self.broken_off

    @property
    def components(self) -> list[ComponentDrift]:
        """The worst first."""
        return sorted(self.drift.components, key=lambda one: WORST_FIRST.index(one.state))

    @property
    def files(self) -> list[FileDrift]:
        return [file for component in self.drift.components for file in component.files]

    @property
    def conflicts(self) -> list[FileDrift]:
        """Files that somebody must decide on."""
        return [file for file in self.files if file.conflicts]

    @property
    def changing(self) -> list[FileDrift]:
        """Files that an apply would change."""
        return [file for file in self.files if file.state not in {"in sync", "changed here"}]

    @property
    def packages(self) -> list[str]:
        """Packages that an apply would install."""
        return [name for component in self.drift.components for name in component.missing]


def read_config(config: Config, take: Take = Take.NEITHER) -> Reading:
    """Compare; `take` is the side that conflicts would go to.

    :raises BackendError: the machine cannot be looked at.
    """
    drift = config.drift(take=take)
    found = {file.path: pairs(file.here, file.reference) for one in drift.components for file in one.files}
    return Reading(drift, {path: lines for path, lines in found.items() if lines}, config.broken_off())


def files_of(component: ComponentDrift) -> list[FileDrift]:
    """The worst first."""
    return sorted(component.files, key=lambda one: WORST_FIRST.index(one.state))
