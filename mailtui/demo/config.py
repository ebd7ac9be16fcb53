"""The simulated machine beside the real reference: an apply that takes some seconds, checkpoints, a way back."""

from collections.abc import Callable, Iterator, Mapping, Sized
from threading import RLock
from typing import TYPE_CHECKING

from backends.apply.drift import file_drift
from backends.apply.edit.merge import difference
from backends.apply.planning.plan import FilePlan, Plan
from backends.apply.told import Applied, Check, ComponentDrift, Drift, Event, Moment, Take
from backends.errors import Missing, Refused
from backends.reference.explain import Row, deviations
from backends.reference.manifest import Change
from mailtui.demo.config_files import (
    PACKAGED,
    VALUES,
    Managed,
    before,
    components,
    contents,
    managed,
    planned,
)

if TYPE_CHECKING:
    from backends.site.file import Setting

DAY = 86400.0
MISSING = {"clamav": ("clamav-freshclam",)}
Tell = Callable[[Event], None]
CHECKS = (
    Check("services", True, "postfix, gld, amavis, clamd, dovecot, mariadb answer", seconds=0.3),
    Check("clamd", True, "PONG; signatures of today, 8,721,044 of them", seconds=0.1),
    Check("first contact", True, "450 4.7.1 Greylisted, please try again in 60s", seconds=0.4),
    Check("clean message", True, "in ~alice/Maildir/new, X-Spam-Score -0.1", seconds=1.9),
    Check("GTUBE", True, "delivered with the subject SPAM: test, score 999.8", seconds=2.2),
    Check("EICAR", True, "554 5.7.0 Reject, INFECTED: Eicar-Test-Signature", seconds=0.9),
    Check("relaying", True, "554 5.7.1 Relay access denied", seconds=0.2),
    Check("IMAP", True, "STARTTLS, and no login in clear", seconds=0.3),
)


class DemoConfig:
    """Nothing real is touched. `clock` gives epoch seconds; `sleep` lets steps take their time."""

    def __init__(self, clock: Callable[[], float], sleep: Callable[[float], None]) -> None:
        self._clock, self._sleep = clock, sleep
        self._lock = RLock()
        self._managed: list[Managed] = list(managed())
        self._contents = contents()
        self.complete = False
        now = clock()
        self._moments = [
            (Moment(1, now - 41 * DAY, "apply", tuple(self._contents.base)), self._as_packaged()),
            (Moment(2, now - 12 * DAY, "apply", tuple(before(self._contents))), before(self._contents)),
        ]

    def drift(
        self,
        settings: "Mapping[str, Setting] | None" = None,
        take: Take = Take.NEITHER,
        site: bytes | None = None,
    ) -> Drift:
        """Compare the simulated machine with the reference."""
        with self._lock:
            plans = self._plans(take)
            found = tuple(
                ComponentDrift(
                    one.name,
                    one.title,
                    tuple(file_drift(plan) for plan in plans if plan.component == one.name),
                    () if self.complete else MISSING.get(one.name, ()),
                )
                for one in components()
            )
            return Drift(self._clock(), VALUES.release, VALUES.filter, found, tuple(self._todo(plans)))

    def apply(
        self,
        take: Take,
        tell: Tell,
        *,
        settings: "Mapping[str, Setting] | None" = None,
        site: bytes | None = None,
        keep: bool = False,
        confirm_within: float | None = None,
    ) -> Applied:
        """Bring the simulated machine to the reference.

        :raises Refused: files were changed both here and in the reference, and `take` does not say which side wins.
        """
        todo = [*self._todo(self._plans(take))]
        if not self.complete:
            self._install(tell)
        with self._lock:
            plans = self._plans(take)
            if conflicts := [one.file.path for one in plans if one.conflicts]:
                raise Refused(
                    f"Changed both here and in the reference: {', '.join(conflicts)}",
                    hint="see it with --diff; --take mine or --take reference decides",
                )
            changed = [one for one in plans if one.changed]
            number = self._change(changed, tell) if changed else None
            for one in plans:
                self._contents.apply(one)
            self.complete = True
            checks = self.verify(lambda check: tell(Event("verify", check.name, check=check)))
            return Applied(number, len(changed) + len(todo), tuple(checks))

    def verify(self, each: Callable[[Check], None]) -> list[Check]:
        """What mail through the simulated machine shows."""
        for check in CHECKS:
            self._sleep(0.3)
            each(check)
        return list(CHECKS)

    def broken_off(self) -> bool:
        """Nothing breaks off here."""
        return False

    def confirm(self) -> int | None:
        """Nothing waits to be confirmed."""
        return None

    def revert_unconfirmed(self, number: int, tell: Tell) -> bool:
        """Nothing waits to be confirmed."""
        return False

    def history(self) -> list[Moment]:
        """The checkpoints, the latest first."""
        return [moment for moment, _ in reversed(self._moments)]

    def rollback_diff(self, number: int) -> list[str]:
        """What going back would change, as the lines of a diff.

        :raises Missing: there is no such checkpoint.
        """
        secret = {one.file.path for one in self._managed if one.file.secret}
        lines: list[str] = []
        for path, then in sorted(self._at(number).items()):
            lines += difference(path, self._contents.here.get(path), then, secret=path in secret)
        return lines

    def rollback(self, number: int, tell: Tell) -> Applied:
        """Bring the files back to how they were at a checkpoint.

        :raises Missing: there is no such checkpoint.
        """
        with self._lock:
            wanted = self._at(number)
            taken = self._record(f"rollback to {number}", tuple(wanted))
            self._step(tell, Event("replace", _files("bringing back", wanted)), 0.6)
            for path, content in wanted.items():
                self._contents.here.pop(path, None)
                if content is not None:
                    self._contents.here[path] = content
            for name in ("amavis", "postfix"):
                self._step(tell, Event("service", f"restart {name}"), 0.5)
            return Applied(taken, len(wanted))

    def explain(self) -> list[Row]:
        """The reference's own table."""
        return deviations(VALUES.release)

    # Parts

    def _plans(self, take: Take) -> list[FilePlan]:
        """Those of a component whose packages are not there wait for them."""
        waiting = set() if self.complete else MISSING.keys()
        ready = [one for one in self._managed if one.component.name not in waiting]
        return [planned(one, self._contents, take) for one in ready]

    def _todo(self, plans: list[FilePlan]) -> Iterator[str]:
        if not self.complete:
            yield "clamav joins the group amavis"
            yield "the first virus signatures are fetched"
        for service, change in self._changes(plans).items():
            yield f"{change} {service}"
        if not self.complete:
            yield "start clamav-daemon: it does not answer"

    @staticmethod
    def _changes(plans: list[FilePlan]) -> dict[str, Change]:
        return Plan((), (), tuple(plans)).services

    def _install(self, tell: Tell) -> None:
        for percent in range(0, 101, 10):
            text = "Unpacking clamav-freshclam" if percent < 50 else "Setting up clamav-freshclam"
            self._step(tell, Event("packages", text, float(percent)), 0.15)
        self._step(tell, Event("group", "clamav joins the group amavis"), 0.2)
        self._step(tell, Event("signatures", "freshclam fetches the first virus signatures"), 1.2)
        self.complete = True

    def _change(self, changed: list[FilePlan], tell: Tell) -> int:
        checks = sorted({one.file.check for one in changed if one.file.check})
        self._step(tell, Event("check", f"checking what is staged: {', '.join(checks)}"), 0.7)
        number = self._record("apply", tuple(one.file.path for one in changed))
        self._step(tell, Event("replace", _files("replacing", changed)), 0.3)
        for service, change in self._changes(changed).items():
            self._step(tell, Event("service", f"{change} {service}"), 0.6)
        return number

    def _record(self, why: str, paths: tuple[str, ...]) -> int:
        number = self._moments[-1][0].number + 1
        then = {path: self._contents.here.get(path) for path in paths}
        self._moments.append((Moment(number, self._clock(), why, paths), then))
        return number

    def _at(self, number: int) -> dict[str, bytes | None]:
        """How the files changed since were at a checkpoint."""
        since = [then for moment, then in reversed(self._moments) if moment.number >= number]
        if not 0 < number <= len(self._moments):
            raise Missing(f"There is no checkpoint {number}", hint="`mailtui history` lists them")
        found: dict[str, bytes | None] = {}
        for then in since:
            found |= then
        return found

    def _as_packaged(self) -> dict[str, bytes | None]:
        return {path: PACKAGED.get(path) for path in self._contents.base}

    def _step(self, tell: Tell, event: Event, seconds: float) -> None:
        tell(event)
        self._sleep(seconds)


def _files(doing: str, files: Sized) -> str:
    return f"{doing} {len(files)} {'file' if len(files) == 1 else 'files'}"
