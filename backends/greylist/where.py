"""Filters and keys as parts of SQL statements: constants, with parameters for all that comes from outside."""

from backends.greylist.connection import Sql, Value
from backends.greylist.matching import is_address
from backends.greylist.values import DAY, STATES, Filter, Key, Rules, State, Word

NOTHING = Sql("TRUE")
AFTER = "(ip > %s OR (ip = %s AND sender > %s) OR (ip = %s AND sender = %s AND recipient > %s))"
BEFORE = AFTER.replace(">", "<")
SAME = "(ip = %s AND sender = %s AND recipient = %s)"
_ESCAPE = str.maketrans({"%": "|%", "_": "|_", "|": "||"})


def both(*parts: Sql) -> Sql:
    """All of the conditions together."""
    real = [part for part in parts if part is not NOTHING]
    if not real:
        return NOTHING
    values: tuple[Value, ...] = ()
    for part in real:
        values += part.values
    return Sql(" AND ".join(part.text for part in real), values)


def condition(wanted: Filter, rules: Rules, now: float) -> Sql:
    """The filter; `now` in epoch seconds."""
    text = whole if wanted.whole else holding
    parts = [client(wanted.client)]
    if wanted.sender:
        parts.append(text("sender", wanted.sender))
    if wanted.recipient:
        parts.append(text("recipient", wanted.recipient))
    if wanted.domain:
        parts.append(domain(wanted.domain))
    if wanted.state:
        parts.append(state(wanted.state, rules, now))
    if wanted.older_than is not None:
        parts.append(Sql("first <= %s", (int(now - wanted.older_than),)))
    if wanted.newer_than is not None:
        parts.append(Sql("first > %s", (int(now - wanted.newer_than),)))
    if wanted.day is not None:
        parts.append(Sql("first >= %s AND first < %s", (wanted.day, wanted.day + DAY)))
    return both(*parts, *(word(one, rules, now) for one in wanted.words))


def word(one: Word, rules: Rules, now: float) -> Sql:
    """One typed condition."""
    match one.field:
        case "client":
            found = client(one.text)
        case "sender" | "recipient":
            found = holding(one.field, one.text)
        case "domain":
            found = domain(one.text)
        case "state":
            found = state(next(name for name in STATES if name == one.text), rules, now)
        case _:
            parts = [holding(column, one.text) for column in ("ip", "sender", "recipient")]
            found = Sql(
                f"({' OR '.join(part.text for part in parts)})",
                tuple(value for part in parts for value in part.values),
            )
    return Sql(f"NOT ({found.text})", found.values) if one.excluded else found


def holding(column: str, text: str) -> Sql:
    """Rows that have a text somewhere in a column."""
    return Sql(f"{column} LIKE %s ESCAPE '|'", (f"%{literal(text)}%",))


def whole(column: str, text: str) -> Sql:
    """Rows that have a text in a column and nothing else."""
    return Sql(f"{column} = %s", (text,))


def domain(name: str) -> Sql:
    """Rows with a sender of a domain; a sender without one is its own."""
    return Sql("(sender LIKE %s ESCAPE '|' OR sender = %s)", (f"%@{literal(name)}", name))


def client(text: str) -> Sql:
    """An address, or what addresses begin with; either uses the table's key."""
    if not text:
        return NOTHING
    if is_address(text):
        return Sql("ip = %s", (text,))
    return Sql("ip LIKE %s ESCAPE '|'", (f"{literal(text)}%",))


def state(name: State, rules: Rules, now: float) -> Sql:
    """Triplets in a state, as `Rules.state` has it."""
    shut, lost = bounds(rules, now)
    match name:
        case "passed":
            return Sql("n > 1")
        case "waiting":
            return Sql("n <= 1 AND first > %s", (shut,))
        case "ready":
            return Sql("n <= 1 AND first <= %s AND first > %s", (shut, lost))
        case "never":
            return Sql("n <= 1 AND first <= %s", (lost,))


def bounds(rules: Rules, now: float) -> tuple[int, int]:
    """Behind the first of these times a triplet still waits, up to the second it is taken not to come back."""
    shut = int(now) - rules.min_time - 1
    return shut, min(int(now) - rules.never_after, shut)


def literal(text: str) -> str:
    """A text that LIKE takes as it is, with `|` as the escape."""
    return text.translate(_ESCAPE)


def beyond(key: Key, *, backwards: bool = False) -> Sql:
    """What comes after a key, or before it.

    Written out: MariaDB does not use the table's key for a comparison of rows.
    """
    values = (key.ip, key.ip, key.sender, key.ip, key.sender, key.recipient)
    return Sql(BEFORE if backwards else AFTER, values)


def these(keys: list[Key]) -> Sql:
    """The triplets of these keys."""
    values: list[Value] = []
    for key in keys:
        values += (key.ip, key.sender, key.recipient)
    return Sql(f"({' OR '.join([SAME] * len(keys))})", tuple(values))
