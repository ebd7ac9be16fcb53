"""What clamd answers, understood. Pure."""

import re
import time
from typing import NamedTuple

from backends.antivirus.values import Stats
from backends.errors import ParseFailed

VERSION = r"ClamAV \S+"
STATS = r"POOLS: \d+\n"
_VERSION = re.compile(r"ClamAV (?P<release>[^/\s]+)(?:/(?P<daily>\d{1,9})(?:/(?P<built>[^/]+))?)?")
_THREADS = re.compile(r"^THREADS: live (\d{1,9})\s+idle (\d{1,9}) max (\d{1,9})", re.MULTILINE)
_QUEUE = re.compile(r"^QUEUE: (\d{1,9}) items", re.MULTILINE)
_POOLS = re.compile(r"^MEMSTATS: .*\bpools_used (\d{1,9}(?:\.\d{1,9})?)M", re.MULTILINE)
_MEBI = 1 << 20


class Version(NamedTuple):
    """The program's release; version and build time (epoch seconds) of the daily signatures in memory, 0: none."""

    release: str
    daily: int = 0
    built: float = 0.0


def version(said: str) -> Version:
    """`ClamAV 1.4.3/27455/Thu Nov 14 09:38:42 2024`; without official signatures only the first part of it.

    :raises ParseFailed: it is something else.
    """
    found = _VERSION.fullmatch(said)
    if found is None:
        raise ParseFailed("clamd's VERSION cannot be read", hint="see it with: clamdscan --version")
    return Version(found["release"][:40], int(found["daily"] or 0), ctime(found["built"] or "") or 0.0)


def stats(said: str) -> Stats:
    """The answer to STATS; the numbers of several pools are added.

    :raises ParseFailed: it is something else.
    """
    threads, queues = _THREADS.findall(said), _QUEUE.findall(said)
    if not threads or len(threads) != len(queues) or not said.rstrip("\n").endswith("END"):
        raise ParseFailed("clamd's STATS cannot be read", hint="see it with: clamdtop")
    pools = _POOLS.search(said)
    return Stats(
        live=sum(int(live) for live, _, _ in threads),
        idle=sum(int(idle) for _, idle, _ in threads),
        most=max(int(most) for _, _, most in threads),
        queue=sum(map(int, queues)),
        pools_used=int(float(pools[1]) * _MEBI) if pools else None,
    )


def ctime(text: str) -> float | None:
    """Epoch seconds of `Wed Nov 25 21:22:27 2026`, local time (ctime(3)); None: it is none."""
    try:
        return time.mktime(time.strptime(text.strip(), "%a %b %d %H:%M:%S %Y"))
    except (ValueError, OverflowError):
        return None
