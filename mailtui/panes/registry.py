"""The panes in the order of their numbers; each is imported when it is first gone to."""

from collections.abc import Sequence
from importlib import import_module
from typing import NamedTuple

from backends.host import Host
from mailtui.panes.base import Pane
from mailtui.settings import Settings


class Entry(NamedTuple):
    """A pane's number key, its name for wide and narrow tab lines, and its class in its folder's module `pane`."""

    key: str
    label: str
    short: str
    folder: str
    name: str

    @property
    def binding(self) -> str:
        """The id of the binding that goes there."""
        return f"pane.{self.key}"

    def make(self, host: Host, settings: Settings) -> Pane:
        pane: Pane = getattr(import_module(f"mailtui.panes.{self.folder}.pane"), self.name)(host, settings)
        return pane


PANES: Sequence[Entry] = (
    Entry("1", "Overview", "Over", "overview", "OverviewPane"),
    Entry("2", "Queue", "Queue", "queue", "QueuePane"),
    Entry("3", "Greylist", "Grey", "greylist", "GreylistPane"),
    Entry("4", "Scores", "Scores", "scores", "ScoresPane"),
    Entry("5", "Quarantine", "Quar", "quarantine", "QuarantinePane"),
    Entry("6", "Maps", "Maps", "maps", "MapsPane"),
    Entry("7", "Antivirus", "AV", "antivirus", "AntivirusPane"),
    Entry("8", "Config", "Conf", "config", "ConfigPane"),
)
