"""The rules of quarantined messages, for whoever knows scores but not the quarantine."""

from collections.abc import Callable
from threading import Event

from backends.host import Quarantine
from backends.quarantine.message import Target
from backends.scores.told import Copy, Ruled

MOST = 10_000
"""Messages whose rules are read, the latest."""
SPAM = "spam"


class Quarantined:
    """Implements `backends.scores.told.Copies` on a host's quarantine."""

    def __init__(self, quarantine: Callable[[], Quarantine]) -> None:
        self._quarantine = quarantine

    def rules(self, stop: Event | None = None) -> list[Ruled]:
        quarantine = self._quarantine()
        listing = quarantine.read(stop=stop)
        latest = sorted(range(len(listing)), key=lambda row: -listing.mtimes[row])[:MOST]
        targets = [listing.target(row) for row in latest]
        found = quarantine.headers(targets, stop)
        return [
            Ruled(
                time=target.seconds,
                spam=target.kind == SPAM,
                score=header.score,
                rules=header.rules,
                mail_id=mail_id(target.path),
                sender=header.sender,
                recipients=header.recipients,
                place=target.path,
            )
            for target, header in zip(targets, found, strict=True)
            if header.rules
        ]

    def copy(self, path: str) -> Copy | None:
        header = self._quarantine().headers([Target(path, SPAM)])[0]
        return None if header.trouble else Copy(header.rules, header.subject)


def mail_id(path: str) -> str:
    """The mail_id in a name that amavis's own templates make, such as `e/spam-eixTQBTbFfJ3.gz`."""
    return path.rpartition("/")[2].partition("-")[2].removesuffix(".gz")
