"""Messages, groups and rules as tables or as JSON lines."""

from collections.abc import Iterable, Iterator

import msgspec

from backends.scores.by import grouped
from backends.scores.near import doubtful
from backends.scores.rules import Rule, tallied
from backends.scores.told import Scored
from backends.scores.whatif import rows_between
from backends.text import messages_text, time_text, visible
from mailtui.cli.scores.counted import Counted, scores_of, times
from mailtui.cli.session import Session
from mailtui.cli.table import Column, print_table
from mailtui.scores_text import recipients_text, rule_sum, score_text, verdict_text

MESSAGES = (
    Column("score", right=True),
    Column("time"),
    Column("verdict", flexible=True),
    Column("from", flexible=True),
    Column("to", flexible=True),
)
GROUPS = (
    *(Column(label, right=True) for label in ("messages", "spam", "virus", "mean", "highest")),
    Column("name", flexible=True),
)
RULES = (
    Column("rule", flexible=True),
    *(Column(label, right=True) for label in ("spam", "ham", "sum", "spam +", "spam -", "ham +", "ham -")),
)


def messages(session: Session, found: Counted) -> Iterator[tuple[int, Scored]]:
    """The messages that the options ask to list, those that would change side or the doubtful ones, in their order."""
    times, store = found.summary, found.reading.store
    rows: list[int] = []
    for one in found.moves:
        rows += rows_between(store, *one.between, times.since, times.until).tolist()
    if session.options.doubtful and (level := found.levels.get("tag2", found.levels.get("kill"))) is not None:
        rows += doubtful(store, level, times.since, times.until).tolist()
    wanted = list(dict.fromkeys(rows))[: session.options.limit or None]
    read = dict(scores_of(session).messages(found.reading, wanted))
    yield from ((row, read[row]) for row in wanted if row in read)


def rows_of(session: Session, found: Counted, some: Iterable[tuple[int, Scored]]) -> int:
    """Print messages as a table; gives their number."""
    return print_table(
        session.out,
        MESSAGES,
        (
            [
                score_text(one.score),
                time_text(one.time)[:16],
                verdict_text(one),
                one.sender or "<>",
                recipients_text(one),
            ]
            for _, one in some
        ),
    )


def groups(session: Session, found: Counted) -> None:
    """Print the scores by domain or recipient."""
    options = session.options
    every = (one for _, one in scores_of(session).messages(found.reading))
    shown = grouped(every, options.by, found.summary.since, found.summary.until)[: options.limit or None]
    if options.json:
        for group in shown:
            session.out.json(group)
        return
    rows = (
        [
            f"{one.count:,}",
            f"{one.spam:,}",
            f"{one.virus:,}",
            score_text(one.mean),
            score_text(one.most),
            one.name,
        ]
        for one in shown
    )
    if not print_table(session.out, GROUPS, rows):
        session.out.note(
            f"amavis has scored nothing{' of that time' if options.since or options.until else ''}"
        )


def rules(session: Session) -> int:
    """Print the rules that decide, those first that moved scores most."""
    since, until = times(session)
    read = scores_of(session).rules()
    start, end = since or 0, until or float("inf")
    found = tallied(read.messages, start, end)[: session.options.limit or None]
    if session.options.json:
        for rule in found:
            session.out.json({**msgspec.to_builtins(rule), "sum": rule.sum})
    elif not print_table(session.out, RULES, map(_rule, found)):
        session.out.note("No rule is known: they are read from the quarantine and from delivered mail")
    else:
        count = sum(start <= one.time < end for one in read.messages)
        session.out.fitted(f"of {messages_text(count)} in the quarantine and in mailboxes, each counted once")
    for one in read.troubles:
        session.out.note(f"mailtui: {visible(one.what)}")
        session.out.note(f"  {visible(one.hint)}")
    return 1 if read.troubles else 0


def _rule(rule: Rule) -> list[str]:
    parts = (rule.spam_added, rule.spam_taken, rule.ham_added, rule.ham_taken)
    return [
        rule.name,
        f"{rule.spam:,}",
        f"{rule.ham:,}",
        rule_sum(rule.sum),
        *(rule_sum(part) if part else "." for part in parts),
    ]
