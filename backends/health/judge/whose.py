"""Whose mail waits, and where to: the commonest domain and sender, and what lists their mail. Pure."""

import re
import shlex
from collections.abc import Iterator

from backends.health.facts import Reason
from backends.health.values import Evidence, Mend

_PLAIN = re.compile(r"[\w.+@-]{1,255}", re.ASCII)


def told(domains: tuple[Reason, ...], senders: tuple[Reason, ...], places: int = 0) -> Iterator[Evidence]:
    """The commonest of both; `places`: how many domains there are in all, where that is known."""
    for way, counted, of in (("to", domains, places), ("from", senders, 0)):
        if counted:
            others = f", of {of:,} domains" if of > 1 else ""
            yield Evidence(f"most often {way} {counted[0].text}: {counted[0].count:,}{others}")


def listing(domains: tuple[Reason, ...], senders: tuple[Reason, ...]) -> Iterator[Mend]:
    """What lists their mail; text of strangers stands in it only where it is plain."""
    for option, counted in (("--domain", domains), ("--sender", senders)):
        if counted and _PLAIN.fullmatch(counted[0].text):
            yield Mend(shlex.join(("mailtui", "queue", "list", f"{option}={counted[0].text}")))
