"""One machine's adapters behind one interface. `LocalHost` is this machine; the demo host simulates another.

All that crosses it is a plain value, so that a host at the other end of a pipe can stand behind it as well.
"""

from typing import Protocol

import msgspec

from backends.host.antivirus import Antivirus
from backends.host.config import Config
from backends.host.greylist import Greylist
from backends.host.health import Health
from backends.host.maps import Maps
from backends.host.quarantine import Quarantine
from backends.host.queue import Queue
from backends.host.scores import Bayes, Scores
from backends.journal import Journal

__all__ = [
    "Antivirus",
    "Bayes",
    "Config",
    "Greylist",
    "Health",
    "Host",
    "Maps",
    "Quarantine",
    "Queue",
    "Scores",
    "ServiceState",
]


class ServiceState(msgspec.Struct, frozen=True):
    """One service of the stack: `running`, `halted` (stopped by a signal), `stopped`, `absent` (not installed), or `unknown`
    (hidden from this user).
    """

    name: str
    state: str


class Host(Protocol):
    """One machine."""

    name: str
    demo: bool
    journal: Journal

    @property
    def queue(self) -> Queue: ...

    @property
    def config(self) -> Config: ...

    @property
    def greylist(self) -> Greylist: ...

    @property
    def quarantine(self) -> Quarantine: ...

    @property
    def antivirus(self) -> Antivirus: ...

    @property
    def maps(self) -> Maps: ...

    @property
    def scores(self) -> Scores: ...

    @property
    def bayes(self) -> Bayes: ...

    @property
    def health(self) -> Health: ...

    def services(self) -> list[ServiceState]:
        """The services of a mail stack in their order: postfix, gld, amavis, clamd, dovecot, mariadb."""

    def now(self) -> float:
        """Epoch seconds on that machine."""

    def close(self, *, acts: bool = True) -> None:
        """End all that still runs for it, but acts under way when `acts` is false."""
