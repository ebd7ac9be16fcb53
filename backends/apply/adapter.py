"""LocalConfig: this machine beside the reference configuration, and brought to it."""

import os
import pwd
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from backends import actions, audit
from backends.apply.back import bring_back, difference_to
from backends.apply.checkpoint.change import Hook, recover
from backends.apply.checkpoint.store import Store, Unconfirmed
from backends.apply.confirm import schedule, unschedule
from backends.apply.drift import drift_of
from backends.apply.machine.database import GreylistDatabase
from backends.apply.machine.facts import Facts, facts
from backends.apply.machine.install import install
from backends.apply.machine.packages import Packages
from backends.apply.machine.password import PASSWORD_FILE, adopted, make_password, read_password
from backends.apply.machine.services import Services
from backends.apply.prepare import Prepared, Sited, components_of, prepare, sited, values_here
from backends.apply.settle import Settling, Tell
from backends.apply.told import Applied, Check, Drift, Event, Moment, Take
from backends.errors import BackendError, Failed, Missing, NotPermitted, Refused
from backends.outcome import Outcome
from backends.reference.explain import Row, deviations
from backends.reference.manifest import load
from backends.reference.values import Values
from backends.runner import Runner
from backends.site.file import Setting
from backends.text import time_text

if TYPE_CHECKING:
    from backends.apply.engine import Verify

EARLY = 1.0  # s that a timer may be early
NOT_CONFIRMED = "not confirmed: rollback to"
NO_PASSWORD = "not made yet"  # noqa: S105 - stands in for it while nothing is changed


class Looked(NamedTuple):
    """All that was found out about the machine."""

    facts: Facts
    values: Values
    prepared: Prepared


class LocalConfig:
    """This machine. `step` is told the steps of replacing files, for whoever wants to break them off."""

    def __init__(
        self,
        runner: Runner,
        store: Store | None = None,
        step: Hook = lambda _name: None,
        record: audit.Record = audit.outcome,
    ) -> None:
        self._runner, self._store, self._step, self._record = runner, store or Store(), step, record
        self._services = Services(runner)

    # Looking

    def drift(
        self,
        settings: Mapping[str, Setting] | None = None,
        take: Take = Take.NEITHER,
        site: bytes | None = None,
    ) -> Drift:
        """Compare the machine with the reference. Changes nothing."""
        looked = self.look(settings, take, site)
        components = components_of(looked.values)
        drift = drift_of(looked.prepared, components, looked.values, looked.facts, time.time())
        waiting = self._store.unconfirmed()
        if waiting is None:
            return drift
        late = f"not confirmed: taken back at {time_text(waiting.until)} unless `mailtui confirm` is given"
        return msgspec.structs.replace(drift, warnings=(*drift.warnings, late))

    def look(
        self,
        settings: Mapping[str, Setting] | None = None,
        take: Take = Take.NEITHER,
        site: bytes | None = None,
    ) -> Looked:
        """The plan of an apply with these settings, in place of those there or beside them. Changes nothing.

        :raises Missing: this is neither Debian 12 nor 13.
        :raises BadRequest: the site's settings do not do.
        :raises BackendError: the machine cannot be looked at.
        """
        found = facts(self._runner)
        _must_be_root()
        of = sited(settings or {}, site)
        values = values_here(of.site, found.release, _known_password(of) or NO_PASSWORD, self._services)
        return Looked(found, values, self._prepare(of, found, values, take, lambda _event: None))

    def broken_off(self) -> bool:
        """Whether an apply was broken off, or not confirmed in time; the next one finishes or undoes it."""
        waiting = self._store.unconfirmed()
        return self._store.change() is not None or (waiting is not None and waiting.until < time.time())

    def verify(self, each: Callable[[Check], None]) -> list[Check]:
        """Look whether the machine does what the reference promises, by real mail; `each` is told each check.

        :raises BadRequest: the site's settings do not do.
        """
        found = facts(self._runner)
        _must_be_root()
        of = sited({})
        values = values_here(of.site, found.release, _known_password(of) or NO_PASSWORD, self._services)
        return self._verifier(values)(each)

    # Changing

    def apply(
        self,
        take: Take,
        tell: Tell,
        *,
        settings: Mapping[str, Setting] | None = None,
        site: bytes | None = None,
        keep: bool = False,
        confirm_within: float | None = None,
    ) -> Applied:
        """Bring the machine to the reference, and verify it; `tell` is told each step.

        `settings` go into the site file, `site` takes its place. `keep` leaves what does not pass verification; `confirm_within` seconds later
        all files are brought back, unless `confirm` was called.

        :raises Refused: another apply runs, a change waits to be confirmed, or files were changed on both sides.
        :raises BackendError: it failed; files are as they were.
        """
        found = facts(self._runner)
        _must_be_root()
        with self._locked(tell), audit.failures(self._record, "apply"):
            actions.begin()
            of = sited(settings or {}, site)
            values = values_here(of.site, found.release, NO_PASSWORD, self._services)
            _must_exist(values.postmaster)
            if install(Packages(self._runner), components_of(values), found, values.domain, tell):
                found = facts(self._runner)
            password = self._password(of, values, found)
            values = values_here(of.site, found.release, password, self._services)
            plan, engine, work = self._prepare(of, found, values, take, tell)
            if work is None:
                raise Failed(
                    f"apt has installed, but {', '.join(plan.packages)} is not there",
                    hint="see what `dpkg --audit` says, then run it again",
                )
            verify = self._verifier(values)
            if confirm_within is None:
                applied = engine.carry_out(plan, work, "apply", verify, keep=keep)
            else:
                with self._taken_back_after(confirm_within, tell, keep=keep):
                    applied = engine.carry_out(plan, work, "apply", verify, keep=keep)
            if plan.packages or applied.number is not None or not work.nothing:
                self._told("apply", applied, [one.file.path for one in plan.files if one.changed])
            return applied

    def rollback(self, number: int, tell: Tell) -> Applied:
        """Bring all files back to how they were at a checkpoint, and the services with them.

        :raises Missing: there is no such checkpoint.
        :raises Refused: an apply runs.
        """
        _must_be_root()
        with self._locked(tell, confirming=True):
            with audit.failures(self._record, f"rollback-{number}"):
                applied = self._roll_back(number, tell)
            self._forget_unconfirmed()
            return applied

    def revert_unconfirmed(self, number: int, tell: Tell) -> bool:
        """Take the change after that checkpoint back, unless it was confirmed meanwhile; gives whether it was not.

        :raises Refused: an apply runs.
        """
        _must_be_root()
        with self._locked(tell, confirming=True):
            waiting = self._store.unconfirmed()
            if waiting is not None and waiting.number == number:
                if waiting.until > time.time() + EARLY:
                    return False
                if self._store.next_number() > number:
                    self._roll_back(number, tell, f"{NOT_CONFIRMED} {number}")
                self._forget_unconfirmed()
                return True
            unschedule(self._runner, number, systemd=self._services.systemd)
            return False

    def confirm(self) -> int | None:
        """What was applied last stays; gives its checkpoint, None where nothing waits to be confirmed."""
        _must_be_root()
        with self._store.locked():
            number = self._forget_unconfirmed()
            if number is not None:
                self._record(Outcome("confirm", 1, 1), [str(number)])
            return number

    # What was

    def history(self) -> list[Moment]:
        """The checkpoints, the latest first."""
        _must_be_root()
        return [Moment(one.number, one.taken, one.why, tuple(one.files)) for one in self._store.history()]

    def rollback_diff(self, number: int) -> list[str]:
        """What bringing all files back to a checkpoint would change, as the lines of a diff.

        :raises Missing: there is no such checkpoint.
        """
        _must_be_root()
        components = load(facts(self._runner).release)
        secret = frozenset(file.path for one in components for file in one.files if file.secret)
        return difference_to(self._store, number, secret)

    def explain(self) -> list[Row]:
        """What differs from the page that the reference was made of, and why."""
        return deviations(facts(self._runner).release)

    # Parts

    def _prepare(self, of: Sited, found: Facts, values: Values, take: Take, tell: Tell) -> Prepared:
        return prepare(
            self._runner,
            of,
            found,
            values,
            self._store,
            services=self._services,
            tell=tell,
            take=take,
            step=self._step,
        )

    def _verifier(self, values: Values) -> "Verify":
        from backends.apply.verify.verify import verify  # noqa: PLC0415 - sends mail; looking does without

        return lambda each: verify(self._runner, self._services, components_of(values), values, each)

    def _password(self, of: Sited, values: Values, found: Facts) -> str:
        """gld's password: the one written down, the one that works already, or a new one."""
        password = _known_password(of)
        if password is None and (known := adopted(of.site.greylist.user, found.pristine)) is not None:
            spec = next(base for one in components_of(values) for base in one.databases)
            if not GreylistDatabase(self._runner, of.site.greylist, spec).need(known).login:
                return make_password(password=known)
        return password or make_password()

    @contextmanager
    def _locked(self, tell: Tell, *, confirming: bool = False) -> Iterator[None]:
        """Have the machine for oneself, with nothing left of a change that was broken off."""
        with self._store.locked():
            if said := recover(self._store, self._step):
                tell(Event("recover", said))
            waiting = self._store.unconfirmed()
            if waiting is not None and not confirming and waiting.until < time.time():
                tell(Event("recover", "What was applied last was not confirmed in time"))
                if self._store.next_number() > waiting.number:
                    self._roll_back(waiting.number, tell, f"{NOT_CONFIRMED} {waiting.number}")
                self._forget_unconfirmed()
            elif waiting is not None and not confirming:
                raise Refused(
                    f"What was applied last is taken back at {time_text(waiting.until)} unless it is confirmed",
                    hint=f"mailtui confirm keeps it, mailtui rollback {waiting.number} takes it back now",
                )
            yield

    def _roll_back(self, number: int, tell: Tell, why: str = "") -> Applied:
        release = facts(self._runner).release
        settling = Settling(self._runner, self._services, load(release), "", tell)
        applied = bring_back(self._store, settling, number, now=time.time(), why=why, step=self._step)
        self._told(f"rollback-{number}", applied, [])
        return applied

    def _told(self, action: str, applied: Applied, paths: Sequence[str]) -> None:
        self._record(Outcome(action, applied.steps, applied.steps, undo=applied.number), paths)

    @contextmanager
    def _taken_back_after(self, seconds: float, tell: Tell, *, keep: bool) -> Iterator[None]:
        """Have what is applied taken back unless it is confirmed, also where this process dies; time counts from its end.

        :raises Failed: that cannot be had; nothing was done.
        """
        number = self._store.next_number()
        self._expect(number, seconds)
        try:
            yield
        except BaseException:
            if not keep:
                self._forget_unconfirmed()
            raise
        self._forget_unconfirmed()
        if self._store.next_number() > number:
            try:
                self._expect(number, seconds)
            except BackendError:
                self._roll_back(number, tell)
                raise

    def _expect(self, number: int, seconds: float) -> None:
        self._store.expect(Unconfirmed(number, time.time() + seconds))
        try:
            schedule(self._runner, number, seconds, systemd=self._services.systemd)
        except BackendError:
            self._forget_unconfirmed()
            raise

    def _forget_unconfirmed(self) -> int | None:
        waiting = self._store.unconfirmed()
        if waiting is None:
            return None
        self._store.expect(None)
        unschedule(self._runner, waiting.number, systemd=self._services.systemd)
        return waiting.number


def _known_password(of: Sited) -> str | None:
    """gld's password as it is written down; None: it is yet to be made.

    :raises Missing: it cannot be made here, for the database is another machine's.
    """
    password = read_password()
    if password is None and of.site.greylist.host != "localhost":
        raise Missing(
            f"The password of {of.site.greylist.user} on {of.site.greylist.host} is not known",
            hint=f"write it into {PASSWORD_FILE}, one line, mode 0600",
        )
    return password


def _must_be_root() -> None:
    if os.geteuid() != 0:
        raise NotPermitted(
            "Only root can compare and change the mail server's configuration",
            hint=f"sudo {' '.join(['mailtui', *sys.argv[1:]])}",
        )


def _must_exist(user: str) -> None:
    try:
        pwd.getpwnam(user)
    except KeyError as error:
        raise Missing(
            f"There is no user {user} on this machine, who is to get the postmaster's mail",
            hint=f"adduser {user}, or name another with --postmaster",
        ) from error
