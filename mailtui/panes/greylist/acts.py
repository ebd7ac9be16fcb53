"""Acting on the greylist from the console: select, plan, confirm, carry out, tell, undo."""

from collections.abc import Callable
from functools import partial
from threading import Event
from typing import TYPE_CHECKING

from backends.greylist.lint import FORMS
from backends.greylist.matching import is_address
from backends.greylist.plan import (
    ASKED_ABOVE,
    Act,
    Allow,
    Delete,
    Disallow,
    Outcome,
    Plan,
    Purge,
    Release,
    Trashed,
    rows_text,
)
from backends.greylist.values import VOID, Listed, Triplet
from backends.text import age_text, clip, parse_age, time_text, visible
from mailtui.panes.greylist.groups import Group
from mailtui.panes.greylist.selection import Selection
from mailtui.screens.ask import AskScreen
from mailtui.screens.choose import ChooseScreen
from mailtui.screens.confirm import ConfirmScreen
from mailtui.work import to_its_end

if TYPE_CHECKING:
    from mailtui.panes.greylist.pane import GreylistPane

QUESTIONS = {
    "release": "Let {} in?",
    "delete": "Delete {}?",
    "purge": "Purge {}?",
    "whitelist-add": "Add a row to the whitelist?",
    "whitelist-remove": "Take {} out?",
}
WIDTH = 70
OTHER = "another"


class Acts:
    """The acts of one greylist pane."""

    def __init__(self, pane: "GreylistPane") -> None:
        self._pane = pane
        self.busy = False

    def begin(self, action: str) -> None:
        """Plan the action for what is selected."""
        selection = self._pane.selection()
        if selection is None:
            self._pane.notify("Still looking; press the key again when it is shown")
        elif selection.is_empty:
            self._pane.notify(f"Selected is {selection.label}")
        else:
            host, make = self._pane.host, Release if action == "release" else Delete
            self._plan(lambda: make(selection.keys(host)), selection.label, selection)

    def allow(self, group: Group | None, triplet: Triplet | None) -> None:
        """Add to the whitelist: what helps the group, a row made of the triplet, or what is typed."""
        if group is not None and group.allow:
            self._allow(group.allow, group.why)
        elif group is None and triplet is not None:
            options = [(visible(row), row) for row in rows_for(triplet)] + [("another row", OTHER)]
            lines = [
                "What waits already is let in by R; a row of the whitelist is for those who come anew.",
                "",
            ]
            self._pane.app.push_screen(
                ChooseScreen("Let whom in without waiting, from now on?", options, lines), self._chosen
            )
        else:
            self._ask_row()

    def disallow(self, row: Listed) -> None:
        """Take a row out of the whitelist."""
        self._plan(lambda: Disallow((row.mail,)), visible(row.comment) or "no comment")

    def purge(self) -> None:
        """Ask what is old, then plan."""
        options = [
            ("not used for 90 days", "90d"),
            ("not used for 30 days", "30d"),
            ("not used for 30 days, and never let in", "30d one-hit"),
            ("not used for 1 day, and never let in", "1d one-hit"),
            ("another age", OTHER),
        ]

        def chosen(text: str | None) -> None:
            if text == OTHER:
                lines = ["for example 60d, or 12h one-hit: only what was never let in"]
                self._pane.app.push_screen(AskScreen("Purge what was not used for how long?", lines), chosen)
            elif text is not None:
                age, _, rest = text.partition(" ")
                now = self._pane.host.now()
                self._plan(
                    lambda: Purge(int(now - parse_age(age)), one_hit="one" in rest), f"not used for {age}"
                )

        self._pane.app.push_screen(ChooseScreen("Purge which triplets?", options), chosen)

    def undo(self) -> None:
        """Take back the latest act in the trash."""
        self._pane.beside(lambda: self._pane.host.greylist.trash(), self._undo)  # noqa: PLW0108 - may fail, too

    def _chosen(self, row: str | None) -> None:
        if row == OTHER:
            self._ask_row()
        elif row is not None:
            self._allow(row, "")

    def _ask_row(self) -> None:
        def typed(text: str | None) -> None:
            if text is not None:
                mail, _, comment = text.partition(" ")
                self._allow(mail, comment.strip())

        lines = [f"{FORMS};", "behind a blank a comment: why it is there"]
        self._pane.app.push_screen(AskScreen("Add which row to the whitelist?", lines), typed)

    def _allow(self, mail: str, comment: str) -> None:
        self._plan(lambda: Allow(mail, comment), f"{visible(mail)}  {visible(comment)}".rstrip())

    def _plan(self, act: Callable[[], Act], label: str, selection: Selection | None = None) -> None:
        if self.busy:
            self._pane.notify("An act is under way; wait until it is done")
            return
        self._pane.beside(
            lambda: self._pane.host.greylist.plan(act()), partial(self._confirm, label, selection)
        )

    def _confirm(self, label: str, selection: Selection | None, plan: Plan) -> None:
        pane = self._pane
        if not plan.count:
            why = f": {plan.left_out[0].why}" if plan.left_out else ""
            pane.notify(f"There is nothing to do{why}", markup=False)
            return
        pane.app.push_screen(
            ConfirmScreen(
                QUESTIONS[plan.name].format(rows_text(plan.count, plan.name)),
                [clip(label, WIDTH), *describe(plan, pane.host.now())],
                commands=[clip(visible(plan.statement), 200)],
                typed=plan.count if plan.count > ASKED_ABOVE else None,
                danger=plan.destructive,
            ),
            lambda confirmed: self._carry_out(plan, selection) if confirmed else None,
        )

    def _carry_out(self, plan: Plan, selection: Selection | None) -> None:
        pane, stop = self._pane, Event()

        def carry_out() -> Outcome:
            with to_its_end():
                try:
                    return pane.host.greylist.carry_out(plan, progress, stop)
                finally:
                    self.busy = False

        def progress(share: float) -> None:
            if pane.app.is_running:
                pane.app.call_from_thread(pane.acting, f"{plan.name} {share:.0%}" if share < 1 else "")

        self.busy = True
        pane.beside(carry_out, partial(self._done, selection))

    def _done(self, selection: Selection | None, result: Outcome) -> None:
        pane = self._pane
        if selection is not None and selection.marks:
            pane.triplets.unmark()
        lines = [f"{result.action}: {result.done:,} of {rows_text(result.asked, result.action)}"]
        if result.left_out:
            first = result.left_out[0]
            lines.append(f"left out {clip(visible(first.what), WIDTH)}: {visible(first.why)}")
        if result.undo is not None:
            lines.append("z takes it back")
        worse = result.done < result.asked
        pane.notify("\n".join(lines), severity="warning" if worse else "information", timeout=8, markup=False)
        pane.reload()

    def _undo(self, acts: list[Trashed]) -> None:
        if not acts:
            self._pane.notify("There is nothing to undo")
            return
        last = acts[0]
        lines = [
            f"{last.action} by {visible(last.user)} at {time_text(last.when)}",
            clip(visible(last.sample), WIDTH),
            "what has changed since is left as it is",
        ]

        def confirmed(yes: bool | None) -> None:
            if yes:
                pane = self._pane
                pane.beside(lambda: pane.host.greylist.undo(last.number), partial(self._done, None))

        self._pane.app.push_screen(
            ConfirmScreen(
                f"Undo {last.action} of {rows_text(last.count, last.action)}?",
                [line for line in lines if line],
                commands=[f"mailtui greylist undo {last.number}"],
            ),
            confirmed,
        )


def rows_for(triplet: Triplet) -> list[str]:
    """Rows of the whitelist that would let it in, the narrowest first."""
    sender = [] if triplet.sender == VOID or "@" not in triplet.sender else [triplet.sender]
    domain = [one[one.find("@") :] for one in sender]
    network = [triplet.ip.rpartition(".")[0]] if "." in triplet.ip else []
    return [*sender, *domain, *([triplet.ip] if is_address(triplet.ip) else []), *network]


def describe(plan: Plan, now: float) -> list[str]:
    """The oldest and newest that an act would touch, and whether it can be undone."""
    lines = []
    for word, row in (("oldest", plan.oldest), ("newest", plan.newest)):
        if row is not None and (word == "oldest" or plan.count > 1):
            age = age_text(max(0.0, now - (row.last if plan.name == "purge" else row.first)))
            lines.append(f"{word}  {age:>4}  {clip(visible(str(row.key)), WIDTH - 14)}")
    if plan.left_out:
        lines.append(f"{len(plan.left_out):,} are left out: {plan.left_out[0].why}")
    if plan.irreversible:
        lines.append(f"cannot be undone: {visible(plan.irreversible)}")
    else:
        lines.append(f"can be undone with z for {age_text(plan.kept_for)}")
    return lines
