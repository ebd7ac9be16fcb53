"""The panes in the order of their numbers."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from backends.host import Host
from mailtui.panes.base import Pane
from mailtui.panes.overview.pane import OverviewPane
from mailtui.panes.placeholder import Placeholder
from mailtui.settings import Settings


class Entry(NamedTuple):
    """A pane's number key, its name for wide and narrow tab lines, and how it is made."""

    key: str
    label: str
    short: str
    make: Callable[[Host, Settings], Pane]


def _later(key: str, label: str, short: str, command: str) -> Entry:
    return Entry(key, label, short, lambda _host, _settings: Placeholder(key, label, command))


def _config(host: Host, settings: Settings) -> Pane:
    from mailtui.panes.config.pane import ConfigPane  # noqa: PLC0415 - when it is first gone to

    return ConfigPane(host, settings)


def _queue(host: Host, settings: Settings) -> Pane:
    from mailtui.panes.queue.pane import QueuePane  # noqa: PLC0415 - when it is first gone to

    return QueuePane(host, settings)


def _greylist(host: Host, settings: Settings) -> Pane:
    from mailtui.panes.greylist.pane import GreylistPane  # noqa: PLC0415 - when it is first gone to

    return GreylistPane(host, settings)


def _quarantine(host: Host, settings: Settings) -> Pane:
    from mailtui.panes.quarantine.pane import QuarantinePane  # noqa: PLC0415 - when it is first gone to

    return QuarantinePane(host, settings)


def _scores(host: Host, settings: Settings) -> Pane:
    from mailtui.panes.scores.pane import ScoresPane  # noqa: PLC0415 - when it is first gone to

    return ScoresPane(host, settings)


PANES: Sequence[Entry] = (
    Entry("1", "Overview", "Over", OverviewPane),
    Entry("2", "Queue", "Queue", _queue),
    Entry("3", "Greylist", "Grey", _greylist),
    Entry("4", "Scores", "Scores", _scores),
    Entry("5", "Quarantine", "Quar", _quarantine),
    _later("6", "Maps", "Maps", "mailtui maps"),
    _later("7", "Antivirus", "AV", "mailtui av"),
    Entry("8", "Config", "Conf", _config),
)
