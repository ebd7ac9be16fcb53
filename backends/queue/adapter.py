"""Postfix's mail queue by its own commands: postqueue(1), postsuper(1), postcat(1), postconf(1)."""

import os
import re
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from threading import Event, Lock
from typing import TYPE_CHECKING

from backends import audit
from backends.errors import BackendError, BadRequest, Missing, NotPermitted, ParseFailed
from backends.outcome import LeftOut, Outcome
from backends.queue.acting.carry_out import Acting, place
from backends.queue.acting.postsuper import RETURNED, action_of, checked, commands
from backends.queue.acting.rights import POSTCAT, rights
from backends.queue.complaint import explain
from backends.queue.content import postcat
from backends.queue.content.view import MessageView
from backends.queue.listing import lines
from backends.queue.message import Message, checked_ids
from backends.queue.plan import Plan, Rights, Target, Trashed
from backends.queue.programs import QUIET, Programs, chunks
from backends.queue.trash.spool import Spool
from backends.runner import Command, Runner

if TYPE_CHECKING:
    from backends.queue.listing.snapshot import QueueSnapshot

Record = Callable[[Outcome, Sequence[str]], None]
AS_ROOT = "run mailtui as root"
DAY = 86400.0
_SITE = re.compile(r"\[?[0-9A-Za-z](?:[0-9A-Za-z.:-]{0,253}[0-9A-Za-z])?\]?")


class PostfixQueue:
    """The queue of one Postfix instance; implements `backends.host.Queue`, where the methods are described.

    `config_dir` names another instance than the default one; `spool`, `rights`, `clock` (epoch seconds) and
    `record` (who did what: syslog) stand in for what would otherwise be this machine's. `kept_for` tells for how many
    seconds a deletion can be undone.
    """

    def __init__(
        self,
        runner: Runner,
        spool: Spool | None = None,
        config_dir: str | None = None,
        *,
        rights: Rights | None = None,
        clock: Callable[[], float] = time.time,
        record: Record = audit.outcome,
        kept_for: Callable[[], float] = lambda: DAY,
    ) -> None:
        self._programs = Programs(runner, config_dir)
        self._given_spool, self._rights = spool, rights
        self._clock, self._record, self._kept_for = clock, record, kept_for
        self._asking = Lock()

    def rights(self) -> Rights:
        with self._asking:
            if self._rights is None:
                readable = os.geteuid() == 0
                with suppress(BackendError):
                    readable = readable or os.access(self._located[0] / "deferred", os.R_OK | os.X_OK)
                self._rights = rights(self._programs.runner, self._programs.instance, queue_files=readable)
            return self._rights

    def read(
        self, progress: Callable[[int], None] | None = None, stop: Event | None = None
    ) -> "QueueSnapshot":
        from backends.queue.listing.ingest import read_listing  # noqa: PLC0415 - numpy, for the console only

        return read_listing(self._programs.listing(), taken=self._clock(), progress=progress, stop=stop)

    def messages(self) -> Generator[Message, None, None]:
        broken: list[lines.BrokenLine] = []
        yield from lines.messages(self._programs.listing(), broken)
        if broken:
            more = " or more" if len(broken) == lines.BROKEN_LIMIT else ""
            raise ParseFailed(
                f"{len(broken):,}{more} of the lines that postqueue printed cannot be read "
                f"(line {broken[0].number}: {broken[0].why})",
                hint="all other messages were read; see the lines with: postqueue -j",
            )

    def next_retry(self, queue_id: str, queue_name: str) -> float | None:
        if queue_name != "deferred":
            return None
        with suppress(BackendError):
            return self._spool.retry_time(queue_id, queue_name)
        return None

    def retry_times(self) -> dict[str, float]:
        with suppress(BackendError):
            return self._spool.retry_times()
        return {}

    def show(self, queue_id: str, limit: int = 1 << 20) -> MessageView:
        checked_ids([queue_id])
        prefix = self.rights().show
        if prefix is None:
            raise NotPermitted(f"Messages cannot be shown: {self.rights().why_not}", hint=AS_ROOT)
        program = POSTCAT if prefix else "postcat"
        command = Command((*prefix, program, *self._programs.instance, "-q", queue_id), timeout=QUIET)
        with self._programs.stream(command) as stream:
            output, more = postcat.bounded(chunks(stream), limit)
            result = None if more else stream.result()
        if result is not None and result.code != 0:
            raise explain(command, result)
        return postcat.parse(queue_id, output, truncated=more)

    def raw(self, queue_id: str) -> Iterator[bytes]:
        checked_ids([queue_id])
        prefix = self.rights().show
        if prefix is None:
            raise NotPermitted(f"Messages cannot be read: {self.rights().why_not}", hint=AS_ROOT)
        program = POSTCAT if prefix else "postcat"
        argv = (*prefix, program, *self._programs.instance, "-bh", "-q", queue_id)
        command = Command(argv, timeout=QUIET)
        with self._programs.stream(command) as stream:
            yield from chunks(stream)
            result = stream.result()
        if result.code != 0:
            raise explain(command, result)

    def plan(self, action: str, targets: list[Target]) -> Plan:
        chosen = action_of(action)
        wanted = checked(chosen, targets)
        prefix = self._permitted(action).actions[action]
        irreversible, kept_for = "", 0.0
        if action == "delete":
            irreversible, kept_for = self._spool.trouble(), self._kept_for()
        elif chosen.destructive:
            irreversible = RETURNED
        queue_ids = [target.queue_id for target in wanted]
        to_run = commands(chosen, queue_ids, prefix, self._programs.instance)
        return Plan(chosen, wanted, to_run, irreversible, kept_for)

    def carry_out(self, plan: Plan) -> Outcome:
        permitted = self._permitted(plan.action.name)
        kept_for = self._kept_for() if plan.action.name == "delete" else 0.0
        with audit.failures(self._record, plan.action.name, len(plan.targets)):
            outcome = Acting(self._programs, lambda: self._spool, permitted, plan).carry_out()
        self._record(outcome, [target.queue_id for target in plan.targets])
        if plan.action.name == "delete":
            with suppress(BackendError):
                self._spool.empty(kept_for)
        return outcome

    def flush(self, queue_id: str = "", *, site: str = "") -> Outcome:
        """Try delivery now. The outcome counts requests, not messages: postqueue(1) tells no number."""
        option: tuple[str, ...] = ("-f",)
        if queue_id:
            option = ("-i", *checked_ids([queue_id]))
            where = place(self._spool, queue_id) if self.rights().queue_files else "deferred"
            if not where or where == "hold":
                why = "it is on hold; release it first" if where else "it is not in the queue any more"
                return Outcome("flush", 1, 0, (LeftOut(queue_id, why),))
        elif site:
            option = ("-s", site)
            if not _SITE.fullmatch(site):
                raise BadRequest(
                    f"{site[:40]!r} is not a domain", hint="for example example.org or [192.0.2.1]"
                )
        with audit.failures(self._record, "flush"):
            self._programs.ask(Command(("postqueue", *self._programs.instance, *option), mutates=True))
        outcome = Outcome("flush", 1, 1)
        self._record(outcome, [queue_id or site or "all"])
        return outcome

    def trash(self) -> list[Trashed]:
        return self._spool.batches()

    def undo(self, number: int | None = None) -> Outcome:
        if number is None:
            number = self._spool.latest()
        if number is None:
            raise Missing(
                "There is no deletion to undo",
                hint="what is older than the site's `undo` (24 h) goes with the next deletion",
            )
        with audit.failures(self._record, f"undo-{number}"):
            restored, left_out = self._spool.restore(number)
        self._programs.runner.journal.note(
            f"mailtui linked {len(restored):,} queue files of trash batch {number} back into hold"
        )
        outcome = Outcome("undo", len(restored) + len(left_out), len(restored), tuple(left_out))
        self._record(outcome, restored)
        return outcome

    def empty_trash(self, older_than: float) -> int:
        count = self._spool.empty(older_than)
        if count:
            self._record(Outcome("empty-trash", count, count), [])
        return count

    @cached_property
    def _located(self) -> tuple[Path, frozenset[str], int]:
        return self._programs.queue_directory()

    @cached_property
    def _spool(self) -> Spool:
        from backends.queue.trash.trash import PostfixSpool  # noqa: PLC0415 - holding and releasing do without it

        return PostfixSpool(*self._located) if self._given_spool is None else self._given_spool

    def _permitted(self, action: str) -> Rights:
        """The rights, which must be those to this action.

        :raises NotPermitted: they are not.
        """
        may = self.rights()
        if action == "delete" and may.actions and action not in may.actions:
            raise NotPermitted(
                "Deleting stays with root: only root can link queue files for the undo",
                hint="run mailtui as root; holding does not need it",
            )
        if action not in may.actions:
            raise NotPermitted(f"You may not {action} messages: {may.why_not}", hint=AS_ROOT)
        return may
