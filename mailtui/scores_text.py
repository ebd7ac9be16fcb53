"""Scores in words and as charts, for the console and for the command line."""

from collections.abc import Sequence

from backends.quarantine.message import Target
from backends.quarantine.names import KINDS
from backends.scores.bayes import State
from backends.scores.histogram import Histogram
from backends.scores.percentiles import Spread
from backends.scores.rules import Rule
from backends.scores.told import Found, Scored, Thresholds
from backends.scores.whatif import Moved
from backends.text import age_text, messages_text, size_text, time_text, visible
from mailtui.chart import Chart, Mark

DESTINIES = {
    "discard": "discarded",
    "reject": "rejected",
    "bounce": "sent back",
    "pass": "delivered all the same",
}
"""What amavis does with what reaches the kill level, by `$final_spam_destiny`."""
SETTINGS = {"tag2": "$sa_tag2_level_deflt", "kill": "$sa_kill_level_deflt"}
USER_FILE = "/etc/amavis/conf.d/50-user"
LOG_LINES = 40
RECIPIENTS = 20
Line = tuple[str, str]
"""A text, and its kind: head, text, dim, warn, good or bad."""


def chart_of(found: Histogram, marks: Sequence[Mark], *, root: bool = True) -> Chart:
    """The histogram with marks."""
    return Chart(found.low, found.width, found.counts, found.below, found.above, tuple(marks), root)


def levels(thresholds: Thresholds) -> dict[str, float]:
    """The levels that can be moved, those that are switched on."""
    both = {"tag2": thresholds.tag2, "kill": thresholds.kill}
    return {name: level for name, level in both.items() if level is not None}


def moved_text(moved: Moved, destiny: str = "") -> str:
    """What a moved threshold would have done, or what it does where it stands; at the kill level the `destiny` follows."""
    kill, then = moved.name == "kill", DESTINIES.get(destiny, "")
    now = f"(now {moved.over:,})"
    if moved.at == moved.was:
        share = f" ({moved.over / moved.scored:.1%})" if moved.scored else ""
        does = f"reach it{f' and are {then}' if then else ''}" if kill else "are tagged as spam"
        return f"{moved.name} {level_text(moved.at)}: {moved.over:,} of {moved.scored:,}{share} {does}"
    start = f"{moved.name} to {level_text(moved.at)}:"
    if not moved.count:
        return f"{start} nothing changes, {moved.over:,} {'reach it' if kill else 'stay tagged as spam'}"
    if not moved.more:
        return f"{start} {moved.count:,} would no longer {'reach it' if kill else 'be tagged as spam'} {now}"
    does = f"reach it{f' and be {then}' if then else ''}" if kill else "be tagged as spam"
    return f"{start} +{moved.count:,} would {does} {now}"


def level_text(level: float) -> str:
    """A threshold, short even where it is set out of reach."""
    return f"{level:.2f}" if abs(level) < 10_000 else f"{level:.3g}"


def setting_text(moved: Moved) -> str:
    """How the move is made for good."""
    return f"{SETTINGS[moved.name]} = {moved.at:g}; in {USER_FILE}"


def spread_parts(spread: Spread) -> list[tuple[str, int]]:
    """For instance `p50 -0.8`, `p90 10.4`, `p95 15.0`, `p99 22.7`, `max 1001`; each with its rank, the first being 0."""
    if spread.most is None:
        return [("nothing was scored", 0)]
    figures = (
        ("p50", spread.p50, 0),
        ("p90", spread.p90, 2),
        ("p95", spread.p95, 0),
        ("p99", spread.p99, 3),
        ("max", spread.most, 1),
    )
    return [(f"{name} {score_short(value)}", rank) for name, value, rank in figures if value is not None]


def fitted(parts: Sequence[tuple[str, int]], width: int) -> str:
    """Those parts in one line that fit; of all the last of the highest rank is left out first."""
    kept = list(parts)
    while len("  ".join(text for text, _ in kept)) > width and len(kept) > 1:
        kept.pop(max(range(len(kept)), key=lambda place: (kept[place][1], place)))
    return "  ".join(text for text, _ in kept)


def took_text(milliseconds: int | None) -> str:
    """A scan time in seconds."""
    if milliseconds is None:
        return "-"
    return f"{milliseconds / 1000:.2f}s" if milliseconds < 9_995 else age_text(milliseconds / 1000)


def score_text(score: float | None) -> str:
    """A score in at most six characters, rounded where it is long; `-`: it has none."""
    if score is None:
        return "-"
    return f"{score:.2f}" if abs(score) < 99.995 else score_short(score)


def score_short(score: float) -> str:
    """A score to the tenth, rounded where it is long: -0.8, 1001, 12k, 1.0M; at most six characters."""
    if abs(score) < 999.95:
        return f"{score:.1f}"
    return f"{score:.0f}" if abs(score) < 9_999.5 else _thousands(score)


def verdict_text(one: Scored) -> str:
    """What amavis did with it: `spam, blocked`."""
    said = f" ({visible(one.said[:200])})" if one.said else ""
    return f"{one.category.lower()}{said}{', blocked' if one.blocked else ''}"


def recipients_text(one: Scored) -> str:
    """The first recipient, and how many more there are."""
    more = len(one.recipients) - 1
    first = visible(one.recipients[0][:200]) if one.recipients else "(none)"
    return f"{first} +{more:,}" if more > 0 else first


def rule_sum(value: float) -> str:
    """A sum of scores with its sign, in at most six characters: +1.2, -640, +10.5k."""
    if abs(value) >= 999.5:
        return _thousands(value, "+")
    return f"{value:+.0f}" if abs(value) >= 9.95 else f"{value:+.1f}"


def _thousands(value: float, sign: str = "-") -> str:
    """A large number in thousands, millions or more."""
    for unit in "kMG":
        value /= 1000
        if abs(value) < 99.95:
            return f"{value:{sign}.1f}{unit}"
        if abs(value) < 999.5:
            break
    return f"{value:{sign}.0f}{unit}"


def rule_parts(rule: Rule) -> str:
    """What a rule added and took away, for spam and for ham."""
    parts = (
        ("spam", rule.spam, rule.spam_added, rule.spam_taken),
        ("ham", rule.ham, rule.ham_added, rule.ham_taken),
    )
    return "  ".join(
        f"{name}: {count:,} hits, {rule_sum(added)} {rule_sum(taken)}"
        for name, count, added, taken in parts
        if count
    )


def bayes_text(state: State, now: float) -> list[Line]:
    """The Bayes database in lines."""
    if not state.there:
        return [(f"Bayes has learnt nothing yet (user {visible(state.user)})", "warn")]
    lines: list[Line] = [
        (
            f"Bayes of {visible(state.user)}: {state.spam:,} spam, {state.ham:,} ham, {state.tokens:,} tokens",
            "text",
        )
    ]
    if not state.in_use:
        lines.append(("It is switched off (use_bayes 0)", "warn"))
    elif state.silent:
        least = f"{state.least_spam:,} spam and {state.least_ham:,} ham"
        lines.append((f"It has no say before it has learnt {least}", "warn"))
    last = f"{age_text(now - state.expired)} ago" if state.expired else "never"
    expiry = (
        "expires old tokens by itself"
        if state.auto_expire
        else "expires tokens only by sa-learn --force-expire"
    )
    learns = "learns by itself, too" if state.auto_learn else "learns nothing by itself"
    return [*lines, (f"It {expiry} (last: {last})", "dim"), (f"It {learns}", "dim")]


def found_lines(found: Found) -> list[Line]:
    """One message: what was decided and why, its rules, its log lines."""
    one = found.message
    lines: list[Line] = [
        (f"{score_text(one.score)}  {verdict_text(one)}", "warn" if one.is_spam else "head"),
        (f"{time_text(one.time)}  {size_text(one.size or 0)}  scanned in {took_text(one.took)}", "text"),
        (f"From {visible(one.sender[:500]) or '<>'}  client {visible(one.client) or 'not told'}", "text"),
        *((f"To {visible(recipient[:500])}", "text") for recipient in one.recipients[:RECIPIENTS]),
    ]
    if len(one.recipients) > RECIPIENTS:
        lines.append(
            (f"and {messages_text(len(one.recipients) - RECIPIENTS).split()[0]} more recipients", "dim")
        )
    if found.subject:
        lines.append((f"Subject {visible(found.subject[:500])}", "text"))
    lines += [("", "text"), *_rules(found), ("", "text"), ("Log", "head")]
    lines += [(visible(line), "dim") for line in found.lines[:LOG_LINES]]
    if not found.lines:
        lines.append(("The log does not have it any more", "dim"))
    return lines


def _rules(found: Found) -> list[Line]:
    if not found.rules:
        return [
            ("Rules", "head"),
            (
                "Not known: amavis writes them only into what is quarantined or delivered with X-Spam-Status",
                "dim",
            ),
        ]
    total = sum(score for _, score in found.rules)
    where = {"quarantine": "from its copy in the quarantine", "mailbox": "from the delivered message"}
    lines: list[Line] = [(f"Rules, {where.get(found.source, '')}", "head")]
    for name, score in sorted(found.rules, key=lambda rule: -abs(rule[1])):
        lines.append(
            (f"{score:>+9.3f}  {visible(name)}", "bad" if score >= 3 else "good" if score < 0 else "text")
        )
    return [*lines, (f"{total:>+9.3f}  in all", "text")]


def target_of(one: Scored) -> Target | None:
    """The message's copy in the quarantine; None: it has none."""
    name = one.quarantine.rpartition("/")[2]
    kind = name.partition("-")[0]
    return Target(one.quarantine, kind) if kind in KINDS else None
