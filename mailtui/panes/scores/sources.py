"""The rows of the pane's tables: rules, and messages."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from backends.maillog.verdict import taken_for
from backends.scores.told import Scored
from backends.text import age_text, time_text, visible
from mailtui.panes.scores.view import View
from mailtui.scores_text import recipients_text, rule_parts, rule_sum, score_text, verdict_text
from mailtui.widgets.cells import Cell, Column
from mailtui.widgets.glyphs import Glyphs

if TYPE_CHECKING:
    from backends.scores.rules import Rule

RULES = (
    Column("Rule", key="rule", priority=9, min_width=12),
    Column("spam", 5, "right", key="spam", priority=7),
    Column("ham", 5, "right", key="ham", priority=6),
    Column("sum", 6, "right", key="sum", priority=8),
)
MESSAGES = (
    Column("", 1, key="mark", priority=9),
    Column("Score", 6, "right", key="score", priority=9),
    Column("", 1, key="kind", priority=8),
    Column("Age", 4, "right", key="time", priority=6),
    Column("From", key="sender", priority=7, min_width=12),
    Column("To", key="recipient", priority=3, min_width=14),
    Column("Verdict", 14, key="verdict", priority=2),
)


class RuleRows:
    """Rules, in their order."""

    def __init__(self, rules: "Sequence[Rule]", signs: Glyphs) -> None:
        self.rules, self._none = rules, (signs.dot, "dim")
        self._places = {rule.name: place for place, rule in enumerate(rules)}

    @property
    def row_count(self) -> int:
        return len(self.rules)

    def key(self, row: int) -> str:
        return self.rules[row].name

    def index_of(self, key: str) -> int | None:
        return self._places.get(key)

    def cells(self, row: int) -> Sequence[Cell]:
        rule = self.rules[row]
        return (
            visible(rule.name[:100]),
            f"{rule.spam:,}" if rule.spam else self._none,
            f"{rule.ham:,}" if rule.ham else self._none,
            (rule_sum(rule.sum), "warn" if rule.sum > 0 else "good"),
        )


class Messages:
    """The messages of a view. `known` are texts that were read; `want` is called for a row that lacks them."""

    def __init__(
        self,
        view: View,
        marks: set[str],
        known: Mapping[str, Scored | None],
        want: Callable[[str], None],
        *,
        now: float,
        signs: Glyphs,
    ) -> None:
        self.view, self._marks, self._known, self._want = view, marks, known, want
        self._now, self._signs = now, signs

    @property
    def row_count(self) -> int:
        return len(self.view.rows)

    def key(self, row: int) -> str:
        return self.view.key(row)

    def index_of(self, key: str) -> int | None:
        number = self.view.number(key)
        places = [] if number is None else (self.view.rows == number).nonzero()[0].tolist()
        return places[0] if places else None

    def cells(self, row: int) -> Sequence[Cell]:
        key = self.view.key(row)
        mark: Cell = (self._signs.mark, "mark") if key in self._marks else ""
        if key not in self._known:
            self._want(key)
            return (mark, "", "", "", self._signs.more, "", "")
        one = self._known[key]
        if one is None:
            return (mark, "", "", "", ("not in the log any more", "dim"), "", "")
        return (
            mark,
            (score_text(one.score), "warn" if one.is_spam else ""),
            _kind(one, self._signs),
            age_text(max(0.0, self._now - one.time)),
            visible(one.sender[:200]) or "<>",
            recipients_text(one),
            (verdict_text(one), "dim"),
        )


def _kind(one: Scored, signs: Glyphs) -> Cell:
    if taken_for(one.category) == "virus":
        return signs.bad, "bad"
    return (signs.part, "warn") if one.is_spam else (signs.good, "good")


def detail(one: Scored | None, signs: Glyphs) -> str:
    """When exactly, what amavis did, and the whole address."""
    if one is None:
        return ""
    parts = [time_text(one.time), verdict_text(one), visible(one.sender[:200]) or "<>", recipients_text(one)]
    return f" {signs.dot} ".join(parts)


def rule_detail(rule: "Rule") -> str:
    """A rule's parts, and the key that lists its messages."""
    return f"{visible(rule.name[:100])}  {rule_parts(rule)}  (enter lists them)"
