"""Amavis's quarantine: read here through handles, changed by a process that is its owner, released by amavis itself."""

import grp
import os
import pwd
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from threading import Event, Lock
from typing import TYPE_CHECKING, TypeVar

from backends.errors import BackendError, Failed, Missing, NotPermitted, Refused
from backends.quarantine import audit, config, opening, release
from backends.quarantine.acting import Acted
from backends.quarantine.child import Request, written
from backends.quarantine.folder import Folder, folder_at
from backends.quarantine.listing import Listing, Names, joined
from backends.quarantine.message import Header, Picked, Target, header
from backends.quarantine.plan import RELEASING, LeftOut, Outcome, Plan, Trashed
from backends.quarantine.planning import planned
from backends.quarantine.trash import Emptied
from backends.runner import Command, Runner
from backends.text import visible
from backends.workers import Stop, heard

if TYPE_CHECKING:
    from collections.abc import Iterator

    from backends.quarantine.content import View

T = TypeVar("T")
DAY = 86400.0
FEW = 5_000  # files up to which they are listed here: starting a process takes longer
BATCH = 100_000  # messages whose headers are read in one go
REMEMBERED = 200_000  # messages whose headers are remembered
EXPORT_LIMIT = 256 << 20
QUIET = 600.0  # s
CHILD = (sys.executable, "-P", "-m", "backends.quarantine.child")


class AmavisQuarantine:
    """One quarantine folder; implements `backends.host.Quarantine`, where the methods are described.

    `amavis` is what its configuration says, read when it is needed; `record` tells who did what (syslog); `kept_for`
    is for how many seconds a deletion can be undone.
    """

    def __init__(
        self,
        runner: Runner,
        amavis: config.Amavis | None = None,
        *,
        record: Callable[..., None] = audit.write,
        kept_for: float = DAY,
    ) -> None:
        self._runner, self._given = runner, amavis
        self._record, self._kept_for = record, kept_for
        self._known: dict[tuple[int, int], Picked] = {}
        self._lock = Lock()

    def why_not(self) -> str:
        try:
            with self._opened() as folder:
                owner = folder.owner.uid
        except BackendError as error:
            return f"{error}: {error.hint}"
        if os.geteuid() in {0, owner}:
            return ""
        return f"{visible(str(self._path))} belongs to another user: run mailtui as root"

    def read(self, early: Callable[[Listing], None] = lambda _: None, stop: Event | None = None) -> Listing:
        taken = time.time()
        with self._opened() as folder:
            part = Names(self._amavis.naming, most=FEW + 1).run(folder.handle, Stop())
            if not (stop and stop.is_set()):
                some = joined([part])
                early(
                    Listing(
                        folder=str(self._path), taken=taken, columns=some, room=folder.room(), partial=True
                    )
                )
        return self._ask(self._request("list"), (), Listing)

    def headers(self, targets: Sequence[Target], stop: Event | None = None) -> list[Header]:
        missing = [one for one in targets if (one.inode, one.mtime) not in self._known]
        found: dict[tuple[int, int], Picked] = {}
        for start in range(0, len(missing), BATCH):
            if stop and stop.is_set():
                raise Refused("Superseded", hint="nothing to do: something else is being looked for")
            some = missing[start : start + BATCH]
            keys = ((one.inode, one.mtime) for one in some)
            found.update(zip(keys, self._heads(some), strict=True))
        with self._lock:
            known = {
                key: self._known[key] for one in targets if (key := (one.inode, one.mtime)) in self._known
            }
            if len(self._known) + len(found) > REMEMBERED:
                self._known.clear()
            self._known.update(found)
        known |= found
        return [header(known[one.inode, one.mtime]) for one in targets]

    def show(self, target: Target, limit: int = 16 << 20) -> "View":
        from backends.quarantine.content import view  # noqa: PLC0415 - the email package, for this alone

        content, more, trouble = self._content(target, limit)
        return view(target.path, content, truncated=more, trouble=trouble)

    def raw(self, target: Target) -> bytes:
        content, more, trouble = self._content(target, EXPORT_LIMIT)
        if more:
            raise Refused(
                f"The message is larger than {EXPORT_LIMIT >> 20} MiB when it is decompressed",
                hint="look at the file itself; it may have been made to fill a disk",
            )
        if trouble:
            raise Failed(f"The message cannot be read whole: {trouble}", hint="look at the file itself")
        return content

    def plan(self, action: str, targets: Sequence[Target], recipients: Sequence[str] = ()) -> Plan:
        if refusal := self.why_not():
            raise NotPermitted(f"You may not {action} messages: {refusal}", hint="run mailtui as root")
        known = self.headers(targets) if action in RELEASING else []
        return planned(action, targets, known, recipients, kept_for=self._kept_for)

    def carry_out(self, plan: Plan) -> Outcome:
        if plan.action in RELEASING:
            outcome = self._release(plan)
        else:
            until = time.time() + self._kept_for
            acted = self._act(self._request(plan.action, until=until), plan.targets)
            outcome = Outcome(plan.action, len(plan.targets), acted.count, tuple(acted.left), undo=acted.undo)
        self._tell(outcome, plan.targets)
        return outcome

    def trash(self) -> list[Trashed]:
        return self._ask(self._request("trash"), (), list[Trashed])

    def undo(self, number: int | None = None) -> Outcome:
        if number is None:
            found = self.trash()
            if not found:
                raise Missing(
                    "There is no deletion to undo", hint="what was deleted is kept for 24 h, then it goes"
                )
            number = found[0].number
        acted = self._act(self._request("undo", number=number), ())
        outcome = Outcome("undo", acted.count + len(acted.left), acted.count, tuple(acted.left))
        self._tell(outcome, ())
        return outcome

    def empty_trash(self) -> int:
        return self._ask(self._request("empty"), (), Emptied).count

    # Where it is

    @cached_property
    def _amavis(self) -> config.Amavis:
        return config.configured() if self._given is None else self._given

    @property
    def _path(self) -> Path:
        """The folder.

        :raises ParseFailed: amavis's configuration does not plainly say.
        :raises Missing: amavis keeps none.
        """
        where = self._amavis.quarantine
        if where is None:
            raise config.not_understood()
        if not where:
            raise Missing(
                "Amavis keeps no quarantine", hint="set $QUARANTINEDIR in /etc/amavis/conf.d/50-user"
            )
        return Path(where)

    @contextmanager
    def _opened(self) -> "Iterator[Folder]":
        with folder_at(self._path) as folder:
            yield folder

    # Reading

    def _heads(self, targets: Sequence[Target]) -> list[Picked]:
        if len(targets) > FEW:
            return self._ask(self._request("heads"), targets, list[Picked])
        with self._opened() as folder:
            return opening.heads(folder.handle, targets)

    def _content(self, target: Target, limit: int) -> tuple[bytes, bool, str]:
        """At most `limit` bytes of a message, whether there is more, and what is wrong with it.

        :raises Missing: it is gone, or another one.
        """
        with self._opened() as folder, opening.Opener(folder.handle) as opener:
            try:
                handle = opener.open(target)
                try:
                    return opening.expanded(handle, limit)
                finally:
                    os.close(handle)
            except OSError as error:
                raise Missing(
                    f"The message {visible(target.path)} cannot be read: {error.strerror}",
                    hint="read the quarantine again",
                ) from error

    # Acting

    def _release(self, plan: Plan) -> Outcome:
        """Release them one by one; what fails for the first is raised, later ones are left out."""
        printed: list[str] = []
        left: list[LeftOut] = []
        for target in plan.targets:
            try:
                message = self._content(target, release.LEARN_LIMIT)[
                    0
                ]  # it is there, and the one that was meant
                printed += self._released(plan, target, message)
            except BackendError as error:
                if len(plan.targets) == 1:
                    raise
                left.append(LeftOut(target.path, f"{error}; {error.hint}"))
        return Outcome(
            plan.action, len(plan.targets), len(plan.targets) - len(left), tuple(left), tuple(printed)
        )

    def _released(self, plan: Plan, target: Target, message: bytes) -> list[str]:
        said = [release.reply(self._runner.run(release.release(target.path, plan.recipients)))]
        if plan.action == "release-ham":
            with self._opened() as folder:
                command = release.learn(*_names(folder), message)
            said.append(release.learnt(self._runner.run(command)))
        return said

    def _act(self, request: Request, targets: Sequence[Target]) -> Acted:
        return self._ask(request, targets, Acted, mutates=True)

    def _request(self, op: str, *, number: int = 0, until: float = 0.0) -> Request:
        return Request(
            op=op,  # type: ignore[arg-type]
            folder=str(self._path),
            methods=self._amavis.methods,
            id_bits=self._amavis.id_bits,
            work=self._amavis.work or "",
            number=number,
            user=audit.user(),
            until=until,
        )

    def _ask(self, request: Request, targets: Sequence[Target], kind: type[T], *, mutates: bool = False) -> T:
        command = Command(CHILD, stdin=written(request, targets), timeout=QUIET, mutates=mutates)
        result = self._runner.run(command)
        if result.code != 0 or not result.stdout:
            raise Failed(f"Working in the quarantine failed: {result.complaint}", hint="try it again")
        return heard(result.stdout, kind)

    def _tell(self, outcome: Outcome, targets: Sequence[Target]) -> None:
        left = {one.path for one in outcome.left_out}
        named = " ".join(visible(one.path) for one in targets[:10] if one.path not in left)
        undo = f" undo={outcome.undo}" if outcome.undo is not None else ""
        self._record(
            f"done={outcome.done} asked={outcome.asked}{undo}: {named}",
            well=outcome.done == outcome.asked,
            action=outcome.action,
        )


def _names(folder: Folder) -> tuple[str, str]:
    """Whom SpamAssassin learns for, where root is to become that user; else nobody."""
    if os.geteuid() != 0:
        return "", ""
    try:
        return pwd.getpwuid(folder.owner.uid).pw_name, grp.getgrgid(folder.owner.gid).gr_name
    except KeyError:
        return str(folder.owner.uid), str(folder.owner.gid)
