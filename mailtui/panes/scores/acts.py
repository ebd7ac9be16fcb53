"""Learning from the console: the messages' copies in the quarantine, a question, the outcome, and forgetting again."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from backends.errors import BackendError, Missing
from backends.learning import As, learn
from backends.outcome import ASKED_ABOVE, LeftOut, Outcome
from backends.quarantine.message import Target
from backends.text import messages_text, visible
from mailtui.panes.listed import acts as listed
from mailtui.panes.listed.acts import Question
from mailtui.panes.listed.view import Selection
from mailtui.panes.scores.view import View, rows_of
from mailtui.scores_text import target_of
from mailtui.screens.choose import ChooseScreen

if TYPE_CHECKING:
    from backends.host import Host
    from mailtui.panes.scores.showing import ShownScores

WORDS: dict[As, str] = {"spam": "Learn as spam", "ham": "Learn as ham", "forget": "Forget"}
MOST = 500
"""So many messages are learnt in one go: each takes sa-learn a second or more."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Messages with a copy to learn from; `without` have none."""

    as_: As
    targets: tuple[Target, ...]
    without: tuple[LeftOut, ...] = ()

    @property
    def count(self) -> int:
        return len(self.targets) + len(self.without)


@dataclass(frozen=True, slots=True)
class Done:
    """What was learnt in this session and can be forgotten."""

    number: int
    as_: As
    targets: tuple[Target, ...]


@dataclass
class Learning:
    """Learns one after the other, and remembers in this session what can be forgotten."""

    host: "Host"
    runs: list[Done] = field(default_factory=list)

    def carry_out(self, plan: Plan) -> Outcome:
        """Learn, or forget; what fails is left out, and the only one that fails is raised."""
        new: list[Target] = []
        left = list(plan.without)
        known = 0
        for target in plan.targets:
            try:
                learnt = self.host.bayes.learn(plan.as_, self.host.quarantine.raw(target))
            except BackendError as error:
                if plan.count == 1:
                    raise
                left.append(LeftOut(target.path, f"{error}; {error.hint}"))
                continue
            if learnt.new:
                new.append(target)
            else:
                known += 1
        undo = None
        if new and plan.as_ != "forget":
            undo = max((run.number for run in self.runs), default=0) + 1
            self.runs.append(Done(undo, plan.as_, tuple(new)))
        never = "were not learnt" if plan.as_ == "forget" else "were known as that already"
        said = (f"{known:,} of them {never}",) if known else ()
        return Outcome(WORDS[plan.as_], plan.count, len(new) + known, tuple(left), said, undo)

    def trash(self) -> Sequence[Done]:
        """What can be forgotten, the latest first."""
        return self.runs[::-1]

    def undo(self, number: int | None = None) -> Outcome:
        """Forget what was learnt then.

        :raises Missing: there is no such run.
        """
        found = next((run for run in reversed(self.runs) if number in {None, run.number}), None)
        if found is None:
            raise Missing("Nothing was learnt in this session", hint="learn something first")
        outcome = self.carry_out(Plan("forget", found.targets))
        self.runs.remove(found)
        return outcome


class Acts(listed.Acts[View, Plan, Done]):
    """The acts of the scores pane."""

    brings_back = "z forgets it again"

    def __init__(self, pane: "ShownScores") -> None:
        super().__init__(pane)
        self._host = pane.host
        self._learning = Learning(pane.host)

    def backend(self) -> Learning:
        return self._learning

    def choose(self) -> None:
        """Ask as what, then plan."""
        if (selection := self.selected()) is None:
            return
        options: list[tuple[str, str]] = [
            ("as spam", "spam"),
            ("as ham: no spam", "ham"),
            ("not at all: forget", "forget"),
        ]

        def chosen(as_: str | None) -> None:
            if as_ is not None:
                self.prepare(selection, lambda: self.plan(as_, selection))

        question = f"Have SpamAssassin learn {messages_text(selection.count or 0)}?"
        self.pane.app.push_screen(ChooseScreen(question, options, [selection.label, ""]), chosen)

    def plan(self, action: str, selection: Selection[View]) -> Plan:
        view = selection.view
        rows = rows_of(selection)[:MOST]
        found: list[Target] = []
        without: list[LeftOut] = []
        for row, one in self._host.scores.messages(view.known.reading, rows):
            if (target := target_of(one)) is not None:
                found.append(target)
            else:
                without.append(LeftOut(one.mail_id or f"line {row}", "it has no copy in the quarantine"))
        if not found:
            raise Missing(
                "None of these messages is in the quarantine: there is nothing to learn from",
                hint="what was delivered is learnt where it lies: sa-learn --ham FILE as amavis's user",
            )
        return Plan(action, tuple(found), tuple(without))  # type: ignore[arg-type]

    def question(self, plan: Plan, selection: Selection[View]) -> Question:
        lines = [selection.label, *(visible(target.path) for target in plan.targets[:3])]
        if plan.without:
            lines.append(f"{len(plan.without):,} more have no copy in the quarantine and are left out")
        if plan.as_ != "forget":
            lines.append("It changes the scores of mail to come; z forgets it again.")
        many = len(plan.targets) > ASKED_ABOVE
        argv = learn(plan.as_, "amavis", "amavis", b"x").argv
        return Question(
            f"{WORDS[plan.as_]}: {messages_text(len(plan.targets))}?",
            lines,
            [f"{' '.join(argv)} < {visible(plan.targets[0].path)}"],
            len(plan.targets) if many else None,
        )

    def undo_question(self, last: Done) -> Question:
        return Question(
            f"Forget {messages_text(len(last.targets))}?",
            [f"learnt as {last.as_} in this session", *(visible(target.path) for target in last.targets[:3])],
        )

    def summary(self, result: Outcome) -> list[str]:
        return [*super().summary(result), *result.printed]
