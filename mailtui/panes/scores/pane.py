"""The scores pane: what is shown, and the keys that choose and act."""

from dataclasses import replace
from typing import ClassVar

from textual.binding import BindingType

from backends.scores.told import Scored
from mailtui.panes.listed.view import Allowed
from mailtui.panes.scores.keys import KEYS
from mailtui.panes.scores.showing import ShownScores
from mailtui.panes.scores.view import ALL, CHANGED, DOUBTFUL, HIT
from mailtui.scores_text import bayes_text
from mailtui.screens.answer import AnswerScreen
from mailtui.screens.ask import AskScreen
from mailtui.screens.choose import ChooseScreen

PERIODS = (
    ("last hour", "1h"),
    ("last day", "1d"),
    ("last 7 days", "7d"),
    ("last 30 days", "30d"),
    ("all there is", "all"),
)
TYPED = "typed"


class ScoresPane(ShownScores):
    """Shows the scores of a host, and what other thresholds would do."""

    BINDINGS: ClassVar[list[BindingType]] = KEYS

    def open_row(self) -> None:
        from mailtui.screens.scored import ScoredScreen  # noqa: PLC0415 - when asked for

        row = self._row()
        if row is not None and self.view is not None:
            learn = self.acts.choose if self.may("learn") else None
            self.app.push_screen(ScoredScreen(self.host, self.view.known.reading, row, learn))

    def action_back(self) -> None:
        if self.table.marks or self.wish.filter:
            super().action_back()
        elif self.wish.listed != DOUBTFUL:
            self.wants(replace(self.wish, listed=DOUBTFUL))
        else:
            self.histogram.focus()

    def action_period(self) -> None:
        def chosen(value: str | None) -> None:
            if value == TYPED:
                lines = [
                    "an age (3h, 2d), a day (2026-11-20), or two moments: 2026-11-20 08:00..2026-11-20 12:00"
                ]
                self.app.push_screen(AskScreen("Which period?", lines, guess=self.wish.period), self._period)
            else:
                self._period(value)

        self.app.push_screen(ChooseScreen("Which period?", [*PERIODS, ("typed", TYPED)]), chosen)

    def _period(self, text: str | None) -> None:
        if text is not None:
            self.wants(replace(self.wish, period=text))

    def action_width(self, step: int) -> None:
        from backends.scores.histogram import WIDTHS  # noqa: PLC0415 - numpy, after the first frame

        now = self.wish.width or (self.view.histogram.width if self.view else 0.5)
        place = min(range(len(WIDTHS)), key=lambda number: abs(WIDTHS[number] - now))
        width = WIDTHS[min(max(place + step, 0), len(WIDTHS) - 1)]
        self.wants(replace(self.wish, width=width))
        self.notify(f"Buckets {width:g} wide", timeout=2)

    def action_heights(self) -> None:
        self._root = not self._root
        self.histogram.show(replace(self.histogram.chart, root=self._root))
        self.notify("Heights: square root of the count" if self._root else "Heights: the count", timeout=2)

    def action_listed(self) -> None:
        lists = [DOUBTFUL, ALL] + ([CHANGED] if self.wish.between != (0.0, 0.0) else [])
        lists += [HIT] if self.wish.rule else []
        wanted = lists[(lists.index(self.wish.listed) + 1) % len(lists)]
        self.wants(replace(self.wish, listed=wanted))

    def action_by_count(self) -> None:
        self.wants(replace(self.wish, by_count=not self.wish.by_count))
        self.notify("Rules by what they gave" if not self.wish.by_count else "Rules by hits", timeout=2)

    def action_bayes(self) -> None:
        self.app.push_screen(
            AnswerScreen(
                "What SpamAssassin has learnt", lambda: bayes_text(self.host.bayes.state(), self.host.now())
            )
        )

    def action_copy(self) -> None:
        keys = sorted(self.table.marks) or [key for key in [self.table.cursor_key] if key]

        def copied(found: dict[str, Scored]) -> None:
            self.app.copy_to_clipboard("\n".join(one.mail_id for one in found.values()))
            self.tell_copied(len(found))

        self.beside(lambda: self.fetch(keys), copied)

    # Acting

    def ask_rights(self) -> Allowed:
        why_not = self.host.quarantine.why_not()
        return Allowed(set() if why_not else {"learn", "undo"}, why_not)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return self.may("learn") if action == "learn" else super().check_action(action, parameters)

    def action_learn(self) -> None:
        self.acts.choose()
