"""Acting on messages from the console, and what can be taken back."""

from typing import TYPE_CHECKING, NamedTuple

from backends.host import Queue
from backends.outcome import ASKED_ABOVE, Outcome
from backends.queue.message import domain_of
from backends.queue.plan import ACTIONS, Plan, Target, Trashed
from backends.text import age_text, messages_text, size_text, time_text, visible
from mailtui.panes.listed import acts
from mailtui.panes.listed.acts import Question
from mailtui.panes.listed.view import Selection
from mailtui.panes.queue.view import View

if TYPE_CHECKING:
    from mailtui.panes.queue.pane import QueuePane

BACK = "they come back on hold, under their own queue IDs"
OPPOSITE = {"hold": "release"}
NOTHING = {
    "hold": "There is nothing to hold: it is on hold already",
    "release": "There is nothing to release: none of it is on hold",
}


class Undo(NamedTuple):
    """Something done here that can be taken back."""

    label: str
    action: str  # the opposite action, or nothing: the trash
    targets: tuple[Target, ...]
    batch: int | None


class Acts(acts.Acts[View, Plan, Trashed]):
    """The acts of the queue pane; what was done here is taken back before what is in the trash."""

    brings_back = "z takes it back, on hold"

    def __init__(self, pane: "QueuePane") -> None:
        super().__init__(pane)
        self._undos: list[Undo] = []

    def backend(self) -> Queue:
        return self.pane.host.queue

    def plan(self, action: str, selection: Selection[View]) -> Plan:
        return self.backend().plan(action, selection.view.targets(selection, ACTIONS[action]))

    def nothing(self, plan: Plan, selection: Selection[View]) -> str:
        said = NOTHING.get(plan.action.name)
        return said if said and selection.view.there(selection) else super().nothing(plan, selection)

    def question(self, plan: Plan, selection: Selection[View]) -> Question | None:
        if plan.action.name in OPPOSITE and plan.count <= ASKED_ABOVE:
            return None
        return Question(
            f"{plan.action.name.capitalize()} {messages_text(plan.count)}?",
            [selection.label, *_others(plan, selection), *_describe(plan, selection.view.snapshot.taken)],
            commands=[str(command) for command in plan.commands],
            typed=plan.count if plan.count > ASKED_ABOVE else None,
            danger=plan.action.destructive,
        )

    def begin(self, action: str) -> None:
        if action == "flush":
            self._flush()
        else:
            super().begin(action)

    def done(self, plan: Plan, result: Outcome) -> None:
        left = {one.what for one in result.left_out}
        targets = tuple(target for target in plan.targets if target.queue_id not in left)
        if result.undo is not None:
            self._undos.append(Undo(f"the deletion of {messages_text(result.done)}", "", (), result.undo))
        elif plan.action.name in OPPOSITE and targets:
            self._undos.append(
                Undo(
                    f"{plan.action.name} of {messages_text(len(targets))}",
                    OPPOSITE[plan.action.name],
                    targets,
                    None,
                )
            )
        super().done(plan, result)

    def summary(self, result: Outcome) -> list[str]:
        return [visible(" ".join(result.printed))] if result.printed else super().summary(result)

    def _flush(self) -> None:
        """Ask what to try again now: this message, its site, or all."""
        from mailtui.screens.choose import ChooseScreen  # noqa: PLC0415 - after the first frame

        pane, view = self.pane, self.pane.view
        options: list[tuple[str, tuple[str, str]]] = []
        row = pane.table.cursor
        if view is not None and row is not None and row < len(view.rows):
            message = view.snapshot.store.message(int(view.rows[row]))
            options.append((f"this message, {message.queue_id}", (message.queue_id, "")))
            if message.recipients:
                site = domain_of(message.recipients[0].address)
                options.append((f"all mail for {visible(site)}", ("", site)))
        options.append(("the whole queue", ("", "")))

        def chosen(what: tuple[str, str] | None) -> None:
            if what is not None:
                queue_id, site = what
                pane.beside(lambda: self.backend().flush(queue_id, site=site), self.tell)

        pane.app.push_screen(ChooseScreen("Try to deliver now", options), chosen)

    # Undo

    @property
    def can_undo(self) -> bool:
        return bool(self._undos) or super().can_undo

    def undo(self) -> None:
        """Take back the last act done here; else the latest deletion in the trash."""
        if not self._undos:
            super().undo()
            return
        last = self._undos[-1]
        again = f"{last.action} {messages_text(len(last.targets))} again" if last.action else BACK
        self.ask(Question(f"Undo {last.label}?", [again]), lambda: self._take_back(last))

    def _take_back(self, last: Undo) -> None:
        self._undos.remove(last)
        self.pane.beside(lambda: self._taken_back(last), self.tell)

    def _taken_back(self, last: Undo) -> Outcome:
        queue = self.backend()
        if last.action:
            return queue.carry_out(queue.plan(last.action, [*last.targets]))
        return queue.undo(last.batch)

    def undo_question(self, last: Trashed) -> Question:
        return Question(
            f"Undo the deletion of {messages_text(len(last.messages))}?",
            [f"deleted by {visible(last.user)} at {time_text(last.deleted)}", BACK],
        )


def _others(plan: Plan, selection: Selection[View]) -> list[str]:
    """What else is selected, and stays as it is."""
    left = 0 if plan.action.held is None else selection.view.there(selection) - plan.count
    if left <= 0:
        return []
    return [
        f"{left:,} more {'is' if left == 1 else 'are'} {'not on hold' if plan.action.held else 'on hold already'}"
    ]


def _describe(plan: Plan, now: float) -> list[str]:
    lines = [f"{messages_text(plan.count)}, {size_text(plan.size)}"]
    for word, target in (("oldest", plan.oldest), ("newest", plan.newest)):
        if target is not None and (word == "oldest" or plan.count > 1):
            age = age_text(max(0.0, now - target.arrival_time))
            lines.append(f"{word}  {target.queue_id}  {age}  {visible(target.sender[:60])}")
    if plan.action.name == "delete":
        lines.append(
            plan.irreversible
            or f"can be undone with z for {age_text(plan.kept_for)}; disk space is freed after that"
        )
    elif plan.irreversible:
        lines.append(plan.irreversible)
    return lines
