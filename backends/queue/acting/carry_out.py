"""Carrying out a plan: the selection looked at again, the files linked into the trash, postsuper run, compared."""

from collections.abc import Callable, Sequence
from contextlib import suppress

import msgspec

from backends import audit
from backends.errors import BackendError
from backends.outcome import LeftOut, Outcome
from backends.queue.acting.postsuper import changed, checked, commands, parse
from backends.queue.complaint import explain
from backends.queue.listing import lines
from backends.queue.message import QUEUES
from backends.queue.plan import Plan, Rights, Target
from backends.queue.programs import Programs
from backends.queue.trash.spool import Spool


class Acting:
    """One plan on its way; `spool` is asked for when it is needed: where the queue is costs running postconf."""

    def __init__(self, programs: Programs, spool: Callable[[], Spool], rights: Rights, plan: Plan) -> None:
        self._programs, self._spool, self._rights, self._plan = programs, spool, rights, plan

    def carry_out(self) -> Outcome:
        """Do it; what was planned to be undoable is not done when it would not be.

        :raises BackendError: nothing was done, or a command did not end; see its hint.
        """
        action = self._plan.action
        targets = checked(action, self._plan.targets)
        if action.name == "delete" and not self._plan.irreversible:
            return self._delete(targets)
        return self._act(targets, self._changed(targets) if action.destructive else [])

    def _delete(self, targets: Sequence[Target]) -> Outcome:
        """Delete what is linked into the trash, and leave there what is gone from the queue then.

        From the link on, no other message can get the queue ID: what the listing says afterwards stays true.
        """
        number, left_out = self._spool().keep(targets, audit.user())
        unlinked = {one.what for one in left_out}
        kept = [target for target in targets if target.queue_id not in unlinked]
        self._programs.runner.journal.note(
            f"mailtui linked {len(kept):,} queue files into trash batch {number}"
        )
        try:
            left_out += self._changed(kept)
            outcome = self._act(targets, left_out)
        except BaseException as error:
            if self._settle(number, [target.queue_id for target in kept]) and isinstance(error, BackendError):
                error.hint += f"; what is gone from the queue comes back with: mailtui queue undo {number}"
            raise
        some = self._settle(number, [one.what for one in outcome.left_out])
        return msgspec.structs.replace(outcome, undo=number if some else None)

    def _settle(self, number: int, unreported: list[str]) -> bool:
        """Leave in the trash what is gone from the queue, whatever Postfix reported; whether that is any.

        If that fails it is told by its links later, and goes with its age.
        """
        with suppress(BackendError):
            return self._spool().drop(number, unreported) > 0
        return True

    def _changed(self, targets: Sequence[Target]) -> list[LeftOut]:
        if not targets:
            return []
        broken: list[lines.BrokenLine] = []
        return changed(targets, lines.messages(self._programs.listing(), broken))

    def _act(self, targets: Sequence[Target], left_out: list[LeftOut]) -> Outcome:
        """Run postsuper on the targets that are not left out; those it does not report are left out as well."""
        action = self._plan.action
        leave = {one.what for one in left_out}
        queue_ids = [target.queue_id for target in targets if target.queue_id not in leave]
        done: set[str] = set()
        printed: list[str] = []
        for command in commands(
            action, queue_ids, self._rights.actions[action.name], self._programs.instance
        ):
            result = self._programs.run(command)
            report = parse(action, result.stderr)
            done |= report.done
            printed += report.closing
            if result.code != 0:
                if not done:
                    raise explain(command, result)
                printed.append(f"postsuper broke off: {result.complaint}")
                break
        missed = [LeftOut(i, self._why_missed(i)) for i in queue_ids if i not in done]
        return Outcome(action.name, len(targets), len(done), (*left_out, *missed), tuple(printed))

    def _why_missed(self, queue_id: str) -> str:
        if not self._rights.queue_files:
            return "Postfix did not report it: it is gone, or already as it should be"
        if queue := place(self._spool(), queue_id):
            return f"Postfix did nothing to it; it is in the queue {queue}"
        return "it was delivered or removed meanwhile"


def place(spool: Spool, queue_id: str) -> str:
    """The queue a message is in now; empty: in none that can be looked into."""
    for queue in QUEUES * 2:  # twice, for it may move while we look
        if spool.retry_time(queue_id, queue) is not None:
            return queue
    return ""
