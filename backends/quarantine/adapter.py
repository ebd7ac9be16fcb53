"""Amavis's quarantine: read here through handles, changed by a process that is its owner, released by amavis itself."""

import grp
import os
import pwd
import sys
import time
import zlib
from collections.abc import Callable, Iterable, Sequence
from contextlib import contextmanager
from functools import cached_property
from itertools import islice
from pathlib import Path
from threading import Event, Lock
from typing import TYPE_CHECKING, TypeVar

import msgspec

from backends import audit, learning
from backends.errors import BackendError, Failed, Missing, NotPermitted, Refused
from backends.outcome import LeftOut, Outcome
from backends.quarantine import config, opening, release
from backends.quarantine.acting import Acted
from backends.quarantine.apart import Apart
from backends.quarantine.child import Request, written
from backends.quarantine.folder import Folder, folder_at
from backends.quarantine.listing import Columns, Listing, Names, joined
from backends.quarantine.message import Header, Target
from backends.quarantine.plan import RELEASING, Plan, Trashed
from backends.quarantine.planning import planned
from backends.quarantine.trash import Emptied
from backends.runner import Command, Runner
from backends.text import visible
from backends.workers import Stop, count, heard

if TYPE_CHECKING:
    from collections.abc import Iterator

    from backends.quarantine.content import View

T = TypeVar("T")
DAY = 86400.0
FEW = 5_000  # files that are listed or read here while a process starts
BATCH = 100_000  # messages whose headers are read in one go
REMEMBERED = 100_000  # messages whose headers are remembered
EXPORT_LIMIT = 256 << 20
QUIET = 600.0  # s
CHILD = (sys.executable, "-P", "-m", "backends.quarantine.child")


class AmavisQuarantine:
    """One quarantine folder; implements `backends.host.Quarantine`, where the methods are described.

    `amavis` is what its configuration says, read when it is needed; `record` tells who did what (syslog); `kept_for`
    tells for how many seconds a deletion can be undone.
    """

    def __init__(
        self,
        runner: Runner,
        amavis: config.Amavis | None = None,
        *,
        record: Callable[..., None] = audit.write,
        kept_for: Callable[[], float] = lambda: DAY,
    ) -> None:
        self._runner, self._given = runner, amavis
        self._record, self._kept_for = record, kept_for
        self._known: dict[tuple[int, int] | str, Header] = {}
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
                some = part.columns
                early(
                    Listing(
                        folder=str(self._path), taken=taken, columns=some, room=folder.room(), partial=True
                    )
                )
        listing, parts = self._ask(self._request("list"), (), tuple[Listing, list[Columns]])
        return msgspec.structs.replace(listing, columns=joined(parts))

    def headers(self, targets: Sequence[Target], stop: Event | None = None) -> list[Header]:
        keys = [_key(one) for one in targets]
        with self._lock:
            known = {key: self._known[key] for key in keys if key in self._known}
        missing = {key: one for key, one in zip(keys, targets, strict=True) if key not in known}
        for some in _batches(missing.items(), BATCH):
            if stop and stop.is_set():
                raise Refused("Superseded", hint="nothing to do: something else is being looked for")
            known.update(zip((key for key, _ in some), self._heads([one for _, one in some]), strict=True))
        with self._lock:
            if len(self._known) + len(missing) > REMEMBERED:
                self._known.clear()
            self._known.update((key, found) for key, found in known.items() if isinstance(key, tuple))
        return [known[key] for key in keys]

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

    def chunks(self, target: Target) -> "Iterator[bytes]":
        with self._opened() as folder, opening.Opener(folder.handle) as opener:
            try:
                handle = opener.open(target)
            except OSError as error:
                raise _gone(target, error) from error
            try:
                yield from opening.whole(handle)
            except (OSError, zlib.error) as error:
                raise Failed(
                    f"The message {visible(target.path)} cannot be read whole: {error}",
                    hint="look at the file itself",
                ) from error
            finally:
                os.close(handle)

    def plan(self, action: str, targets: Sequence[Target], recipients: Sequence[str] = ()) -> Plan:
        if refusal := self.why_not():
            raise NotPermitted(f"You may not {action} messages: {refusal}", hint="run mailtui as root")
        known = self.headers(targets) if action in RELEASING else []
        kept_for = self._kept_for() if action == "delete" else 0.0
        return planned(action, targets, known, recipients, kept_for=kept_for)

    def carry_out(
        self, plan: Plan, progress: Callable[[int], None] = lambda _: None, stop: Event | None = None
    ) -> Outcome:
        with audit.failures(self._failed, plan.action, len(plan.targets)):
            if plan.action in RELEASING:
                outcome = self._release(plan, progress, stop or Event())
            else:
                until = time.time() + plan.kept_for
                acted = self._act(self._request(plan.action, until=until), plan.targets)
                outcome = Outcome(
                    plan.action, len(plan.targets), acted.count, tuple(acted.left), undo=acted.undo
                )
        self._tell(outcome, plan.targets)
        return outcome

    def trash(self) -> list[Trashed]:
        return self._ask(self._request("trash"), (), list[Trashed])

    def undo(self, number: int | None = None) -> Outcome:
        if number is None:
            found = self.trash()
            if not found:
                raise Missing(
                    "There is no deletion to undo", hint="what was deleted is kept for a while, then it goes"
                )
            number = found[0].number
        with audit.failures(self._failed, "undo"):
            acted = self._act(self._request("undo", number=number), ())
        outcome = Outcome("undo", acted.count + len(acted.left), acted.count, tuple(acted.left))
        self._tell(outcome, ())
        return outcome

    def apart(self) -> Apart:
        return self._ask(self._request("apart"), (), Apart)

    def empty_trash(self) -> int:
        count = self._ask(self._request("empty"), (), Emptied).count
        if count:
            self._tell(Outcome("empty-trash", count, count), ())
        return count

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

    def _heads(self, targets: Sequence[Target]) -> list[Header]:
        """Read here; of more than a few, a process reads some at the same time, fewer by what it takes to start."""
        others = max(0, len(targets) - FEW) // 2 if count() > 1 else 0
        here, there = targets[: len(targets) - others], targets[len(targets) - others :]
        with self._opened() as folder:
            if not there:
                return opening.heads(folder.handle, here)
            from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415 - for many alone

            with ThreadPoolExecutor(1) as beside:
                asked = beside.submit(self._ask, self._request("heads"), there, list[Header])
                return opening.heads(folder.handle, here) + asked.result()

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
                raise _gone(target, error) from error

    # Acting

    def _release(self, plan: Plan, progress: Callable[[int], None], stop: Event) -> Outcome:
        """Release them one by one; what fails is left out, and raised where it is the only one."""
        printed: list[str] = []
        left: list[LeftOut] = []
        for number, target in enumerate(plan.targets):
            progress(number)
            if stop.is_set():
                left += [LeftOut(one.path, "not begun: it was broken off") for one in plan.targets[number:]]
                break
            try:
                message = self._content(target, learning.LIMIT)[0]  # it is there, and the one that was meant
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
                command = learning.learn("ham", *_names(folder), message)
            said.append(learning.learnt(self._runner.run(command), "It was released, but "))
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

    def _failed(self, outcome: Outcome, _names: Sequence[str]) -> None:
        self._record(
            f"done=0 asked={outcome.asked}: {outcome.printed[-1]}", well=False, action=outcome.action
        )

    def _tell(self, outcome: Outcome, targets: Sequence[Target]) -> None:
        left = {one.what for one in outcome.left_out}
        named = " ".join(visible(one.path) for one in targets[:10] if one.path not in left)
        undo = f" undo={outcome.undo}" if outcome.undo is not None else ""
        self._record(
            f"done={outcome.done} asked={outcome.asked}{undo}: {named}",
            well=outcome.done == outcome.asked,
            action=outcome.action,
        )


def _batches(items: Iterable[T], size: int) -> "Iterator[list[T]]":
    """The items, so many at a time."""
    rest = iter(items)
    while some := list(islice(rest, size)):
        yield some


def _gone(target: Target, error: OSError) -> Missing:
    return Missing(
        f"The message {visible(target.path)} cannot be read: {error.strerror}",
        hint="read the quarantine again",
    )


def _names(folder: Folder) -> tuple[str, str]:
    """Whom SpamAssassin learns for, where root is to become that user; else nobody."""
    if os.geteuid() != 0:
        return "", ""
    try:
        return pwd.getpwuid(folder.owner.uid).pw_name, grp.getgrgid(folder.owner.gid).gr_name
    except KeyError:
        return str(folder.owner.uid), str(folder.owner.gid)


def _key(target: Target) -> tuple[int, int] | str:
    """What a file is told by; by its path where nothing else is known of it, and then it is not remembered."""
    return (target.inode, target.mtime) if target.inode else target.path
