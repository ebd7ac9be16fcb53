"""What the upper table's views know so far: read when a view comes to the front, told while it grows."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from threading import Event
from typing import Literal, TypeAlias

from textual.message import Message

from backends.errors import BackendError
from backends.greylist.stats_values import Part, Pools, Totals, Wanted
from backends.greylist.values import About, Finding, Listed, Logged
from backends.host import Host
from mailtui.work import outcome

Name: TypeAlias = Literal["States", "Never back", "Pools", "Days", "Delays", "Top", "Whitelist", "Doctor"]
NAMES: tuple[Name, ...] = ("States", "Never back", "Pools", "Days", "Delays", "Top", "Whitelist", "Doctor")
PARTS: dict[Name, tuple[Wanted, ...]] = {
    "Never back": ("never",),
    "Pools": ("pools",),
    "Days": ("course",),
    "Delays": ("delays",),
    "Top": ("top",),
}
LONGEST_LIST = 50
FRESH = 60.0  # s for which a view that is come back to is not read again


@dataclass
class Told:
    """One view: the latest of each of its parts, and how it was read. `taken` in epoch seconds, 0: not yet."""

    parts: dict[str, Part] = field(default_factory=dict)
    listed: Sequence[Listed] = ()
    logged: Logged | BackendError | None = None
    findings: list[Finding] = field(default_factory=list)
    done: float = 0.0
    taken: float = 0.0
    reading: bool = False
    error: BackendError | None = None

    def fresh(self, now: float) -> bool:
        """Whether it needs no reading; `now` in epoch seconds."""
        return self.reading or (self.error is None and self.taken > 0 and now - self.taken < FRESH)


@dataclass(frozen=True, slots=True)
class Reading:
    """Where the greylist is, and how much is in it; `totals` grow from an estimate to what is exact."""

    about: About
    totals: Totals | None
    taken: float

    @property
    def total(self) -> int:
        """About how many triplets there are."""
        return self.totals.total if self.totals else self.about.rows


class News(Message):
    """Something of a view: a part, findings, the whitelist, the log; or with `end` that this was all, or an error."""

    def __init__(self, name: Name, what: object, *, end: bool = False) -> None:
        super().__init__()
        self.name, self.what, self.end = name, what, end


class Teller:
    """Reads views in threads. `start` runs a function in one, `tell` takes its news to the pane."""

    def __init__(
        self, host: Host, start: Callable[[Callable[[], None]], object], tell: Callable[[Message], object]
    ) -> None:
        self._host, self._start, self._tell = host, start, tell
        self._stop = Event()

    def read(self, name: Name) -> None:
        """Begin to read a view."""
        self._start(partial(self._read, name))

    def stop(self) -> None:
        """End all reading for good."""
        self._stop.set()

    def _read(self, name: Name) -> None:
        def tell(what: object) -> None:
            self._tell(News(name, what))

        end = outcome(partial(self._work, name, tell))
        if not self._stop.is_set():
            self._tell(News(name, end, end=True))

    def _work(self, name: Name, tell: Callable[[object], None]) -> None:
        greylist = self._host.greylist
        if name in PARTS:
            greylist.stats(tell, PARTS[name], top=LONGEST_LIST, stop=self._stop)
        if name == "Whitelist":
            tell(greylist.whitelist())
        if name == "Doctor":
            greylist.doctor(tell)
        if name in {"Whitelist", "Delays"}:
            tell(outcome(partial(greylist.logged, self._stop)))


def took(told: Told, what: object) -> None:
    """Add news to what a view knows."""
    match what:
        case BackendError() | Logged():
            told.logged = what
        case Finding():
            told.findings.append(what)
        case list():
            told.listed = what
        case Totals():
            pass
        case _ if hasattr(what, "done"):
            part: Part = what  # type: ignore[assignment]
            told.parts[getattr(part, "by", type(part).__name__)] = part
            told.done = part.done


def pools_of(told: Told) -> Pools | None:
    """The pools, as far as they are known."""
    part = told.parts.get(Pools.__name__)
    return part if isinstance(part, Pools) else None
