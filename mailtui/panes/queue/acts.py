"""Acting on messages from the console: select, plan, confirm, carry out, tell, undo."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from backends.queue.message import domain_of
from backends.queue.plan import ASKED_ABOVE, Outcome, Plan, Target, Trashed
from backends.text import age_text, messages_text, size_text, time_text, visible
from mailtui.panes.queue.selection import Selection
from mailtui.screens.choose import ChooseScreen
from mailtui.screens.confirm import ConfirmScreen

if TYPE_CHECKING:
    from mailtui.panes.queue.pane import QueuePane

BACK = "they come back on hold, under their own queue IDs"
OPPOSITE = {"hold": "release"}


class Undo(NamedTuple):
    """Something done here that can be taken back."""

    label: str
    action: str  # the opposite action, or nothing: the trash
    targets: tuple[Target, ...]
    batch: int | None


class Acts:
    """The acts of one queue pane."""

    def __init__(self, pane: "QueuePane") -> None:
        self._pane = pane
        self._undos: list[Undo] = []
        self._trash = True  # until it was looked into

    def may(self, action: str) -> bool:
        """Whether the action exists here at all."""
        rights = self._pane.rights
        return rights is not None and action in rights.actions and not self._pane.settings.read_only

    @property
    def can_undo(self) -> bool:
        """Whether there is something to take back, as far as is known here."""
        rights = self._pane.rights
        return bool(self._undos or (self._trash and rights and rights.queue_files))

    def begin(self, action: str) -> None:
        """Plan the action for what is selected."""
        pane = self._pane
        selection = pane.selection()
        if selection is None:
            pane.notify("Still looking; press the key again when it is shown")
            return
        self._pane.beside(
            lambda: pane.host.queue.plan(action, selection.targets()), partial(self._planned, selection)
        )

    def _planned(self, selection: Selection, plan: Plan) -> None:
        if not plan.targets:
            self._pane.notify("Nothing is selected")
        elif plan.action.name in OPPOSITE and len(plan.targets) <= ASKED_ABOVE:
            self._carry_out(plan)
        else:
            self._pane.app.push_screen(
                ConfirmScreen(
                    f"{plan.action.name.capitalize()} {messages_text(len(plan.targets))}?",
                    [selection.label, *_describe(plan, selection.view.snapshot.taken)],
                    commands=[str(command) for command in plan.commands],
                    typed=len(plan.targets) if len(plan.targets) > ASKED_ABOVE else None,
                    danger=plan.action.destructive,
                ),
                lambda confirmed: self._carry_out(plan) if confirmed else None,
            )

    def _carry_out(self, plan: Plan) -> None:
        self._pane.beside(lambda: self._pane.host.queue.carry_out(plan), partial(self._done, plan))

    def _done(self, plan: Plan, result: Outcome) -> None:
        left = {one.queue_id for one in result.left_out}
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
        self._pane.messages.unmark()
        self._tell(result)

    def _tell(self, result: Outcome) -> None:
        pane = self._pane
        printed = " ".join(result.printed) or f"{result.action}: {result.done:,} of {result.asked:,}"
        lines = [visible(printed)]
        if result.left_out:
            first = result.left_out[0]
            lines.append(f"{len(result.left_out):,} left out; {first.queue_id}: {visible(first.why)}")
        if result.undo is not None:
            lines.append("z brings them back, on hold")
        worse = result.done < result.asked
        pane.notify("\n".join(lines), severity="warning" if worse else "information", timeout=8, markup=False)
        pane.feed.read()

    def flush(self) -> None:
        """Ask what to try again now: this message, its site, or all."""
        pane, view = self._pane, self._pane.view
        options: list[tuple[str, tuple[str, str]]] = []
        row = pane.messages.cursor
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
                self._pane.beside(lambda: pane.host.queue.flush(queue_id, site=site), self._tell)

        pane.app.push_screen(ChooseScreen("Try to deliver now", options), chosen)

    def undo(self) -> None:
        """Take back the last act done here; else the latest deletion in the trash."""
        pane = self._pane
        if not self._undos:
            self._pane.beside(pane.host.queue.trash, self._undo_trash)
            return
        last = self._undos[-1]
        if last.action:
            again = [f"{last.action} {messages_text(len(last.targets))} again"]
            self._ask_undo(
                last,
                again,
                lambda: pane.host.queue.carry_out(pane.host.queue.plan(last.action, [*last.targets])),
            )
        else:
            self._ask_undo(last, [BACK], lambda: pane.host.queue.undo(last.batch))

    def _undo_trash(self, batches: list[Trashed]) -> None:
        self._trash = bool(batches)
        if not batches:
            self._pane.refresh_bindings()
            self._pane.notify("There is nothing to undo")
            return
        last = batches[0]
        undo = Undo(f"the deletion of {messages_text(len(last.messages))}", "", (), last.number)
        lines = [f"deleted by {visible(last.user)} at {time_text(last.deleted)}", BACK]
        self._ask_undo(undo, lines, lambda: self._pane.host.queue.undo(last.number))

    def _ask_undo(self, undo: Undo, lines: list[str], work: Callable[[], Outcome]) -> None:
        def confirmed(yes: bool | None) -> None:
            if yes:
                if undo in self._undos:
                    self._undos.remove(undo)
                self._pane.beside(work, self._tell)

        self._pane.app.push_screen(ConfirmScreen(f"Undo {undo.label}?", lines), confirmed)


def _describe(plan: Plan, now: float) -> list[str]:
    lines = [f"{messages_text(len(plan.targets))}, {size_text(plan.size)}"]
    for word, target in (("oldest", plan.oldest), ("newest", plan.newest)):
        if target is not None and (word == "oldest" or len(plan.targets) > 1):
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
