"""Acting on the greylist from the console: whom to whitelist, what is old, what to ask before."""

from collections.abc import Callable
from functools import partial
from threading import Event
from typing import TYPE_CHECKING

from backends.errors import BadRequest
from backends.greylist.lint import FORMS
from backends.greylist.matching import is_address
from backends.greylist.plan import (
    Act,
    Allow,
    Delete,
    Disallow,
    Plan,
    Purge,
    Release,
    Trashed,
    rows_text,
)
from backends.greylist.values import VOID, Triplet
from backends.host import Greylist
from backends.outcome import ASKED_ABOVE, Outcome
from backends.text import age_text, clip, parse_age, time_text, visible
from mailtui.panes.greylist.view import View
from mailtui.panes.listed import acts
from mailtui.panes.listed.acts import Question
from mailtui.panes.listed.view import Selection
from mailtui.screens.ask import AskScreen
from mailtui.screens.choose import ChooseScreen
from mailtui.screens.counting import CountingScreen
from mailtui.work import to_its_end

if TYPE_CHECKING:
    from mailtui.panes.greylist.showing import ShownGreylist

QUESTIONS = {
    "release": "Let {} in?",
    "delete": "Delete {}?",
    "purge": "Purge {}?",
    "whitelist-add": "Add a row to the whitelist?",
    "whitelist-remove": "Take {} out?",
}
WIDTH = 70
OTHER = "another"
OLD = (
    ("not used for 90 days", "90d"),
    ("not used for 30 days", "30d"),
    ("not used for 30 days, and never let in", "30d one-hit"),
    ("not used for 1 day, and never let in", "1d one-hit"),
    ("another age", OTHER),
)


class Acts(acts.Acts[View, Plan, Trashed]):
    """The acts of the greylist pane; one at a time."""

    def __init__(self, pane: "ShownGreylist") -> None:
        super().__init__(pane)
        self._shown = pane
        self.busy = False

    def backend(self) -> Greylist:
        return self.pane.host.greylist

    def begin(self, action: str) -> None:
        group = self._shown.group() if self._shown.upper.has_focus else None
        if self.busy:
            self.pane.notify("An act is under way; wait until it is done")
        elif action == "purge":
            self._purge()
        elif action == "allow" and group is not None and group.allow:
            self._allow(group.allow, group.why)
        elif action == "allow":
            self._ask_whom(None if group else self._shown.triplet())
        elif group is not None and self._shown.front == "Whitelist" and action == "delete":
            if (row := group.listed) is not None:
                self._prepare(lambda: Disallow((row.mail,)), f"{visible(row.mail)}  {visible(row.comment)}")
        else:
            super().begin(action)

    def plan(self, action: str, selection: Selection[View]) -> Plan:
        keys = selection.view.targets(selection)
        return self.backend().plan(Release(keys) if action == "release" else Delete(keys))

    def question(self, plan: Plan, selection: Selection[View]) -> Question:
        return Question(
            QUESTIONS[plan.name].format(rows_text(plan.count, plan.name)),
            [clip(selection.label, WIDTH), *describe(plan, self.pane.host.now())],
            commands=[clip(visible(plan.statement), 200)],
            typed=plan.count if plan.count > ASKED_ABOVE else None,
            danger=plan.destructive,
        )

    def nothing(self, plan: Plan, _selection: Selection[View]) -> str:
        return (
            f"There is nothing to do: {plan.left_out[0].why}" if plan.left_out else "There is nothing to do"
        )

    def summary(self, result: Outcome) -> list[str]:
        return [f"{result.action}: {result.done:,} of {rows_text(result.asked, result.action)}"]

    def carry_out(self, plan: Plan) -> None:
        """Do it; a purge is followed, and can be stopped."""

        def purge(told: Callable[[int], None], stop: Event) -> Outcome:
            return self.backend().carry_out(plan, lambda share: told(int(100 * share)), stop)

        def work() -> Outcome:
            with to_its_end():
                try:
                    return self.backend().carry_out(plan) if screen is None else screen.run(purge)
                finally:
                    self.busy = False

        screen = None
        if isinstance(plan.act, Purge):
            text = f"purge: {rows_text(plan.count, plan.name)}"
            screen = CountingScreen(text, 100, "{over}% of the table")
            self.pane.app.push_screen(screen)
        self.busy = True
        self.pane.beside(work, partial(self.done, plan))

    def tell(self, result: Outcome) -> None:
        super().tell(result)
        self.pane.reload()

    def undo_question(self, last: Trashed) -> Question:
        lines = [
            f"{last.action} by {visible(last.user)} at {time_text(last.when)}",
            clip(visible(last.sample), WIDTH),
            "what has changed since is left as it is",
        ]
        return Question(
            f"Undo {last.action} of {rows_text(last.count, last.action)}?",
            [line for line in lines if line],
            commands=[f"mailtui greylist undo {last.number}"],
        )

    def _prepare(self, act: Callable[[], Act], label: str) -> None:
        """Plan what no selection is needed for."""
        if self.pane.view is not None:
            selection = Selection(self.pane.view, label, 1)
            self.prepare(selection, lambda: self.backend().plan(act()))

    def _ask_whom(self, triplet: Triplet | None) -> None:
        """Choose a row made of the triplet, or type one."""
        if triplet is None:
            self._ask_row()
            return
        options = [(visible(row), row) for row in rows_for(triplet)] + [("another row", OTHER)]
        lines = ["What waits already is let in by R; a row of the whitelist is for those who come anew.", ""]

        def chosen(row: str | None) -> None:
            if row == OTHER:
                self._ask_row()
            elif row is not None:
                self._allow(row, "")

        self.pane.app.push_screen(
            ChooseScreen("Let whom in without waiting, from now on?", options, lines), chosen
        )

    def _ask_row(self) -> None:
        def typed(text: str | None) -> None:
            if text is not None:
                mail, _, comment = text.partition(" ")
                self._allow(mail, comment.strip())

        lines = [f"{FORMS};", "behind a blank a comment: why it is there"]
        self.pane.app.push_screen(AskScreen("Add which row to the whitelist?", lines), typed)

    def _allow(self, mail: str, comment: str) -> None:
        self._prepare(lambda: Allow(mail, comment), f"{visible(mail)}  {visible(comment)}".rstrip())

    def _purge(self) -> None:
        """Ask what is old, then plan."""

        def chosen(text: str | None) -> None:
            if text == OTHER:
                lines = ["for example 60d, or 12h one-hit: only what was never let in"]
                self.pane.app.push_screen(AskScreen("Purge what was not used for how long?", lines), chosen)
            elif text is not None:
                try:
                    wanted = purge_of(text, now := self.pane.host.now())
                except BadRequest as error:
                    self.pane.notify(f"{error}\n{error.hint}", severity="error", timeout=12, markup=False)
                else:
                    self._prepare(lambda: wanted, purge_text(wanted, now))

        self.pane.app.push_screen(ChooseScreen("Purge which triplets?", OLD), chosen)


def purge_of(text: str, now: float) -> Purge:
    """What `60d` or `12h one-hit` says to purge at a time.

    :raises BadRequest: it says something else.
    """
    age, *rest = text.split() or [""]
    if rest not in ([], ["one-hit"]):
        raise BadRequest(
            f"{visible(text[:40])!r} is not an age, nor an age and one-hit",
            hint="for example 60d, or 12h one-hit: only what was never let in",
        )
    return Purge(int(now - parse_age(age)), one_hit=bool(rest))


def purge_text(purge: Purge, now: float) -> str:
    """What it would take, in words."""
    never = ", and never let in" if purge.one_hit else ""
    return f"not used for {age_text(now - purge.before)}{never}: since {time_text(purge.before)}"


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
