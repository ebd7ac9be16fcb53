"""Which quarantined messages: a selector made of options or of what was typed into the filter. Pure.

In the filter `field:value` narrows: kind: id: alert: rule: from: to: subject: older: newer: larger:, and `score>10`,
`score<5`. Plain text is looked for in all of them.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import Self

import msgspec

from backends.errors import BadRequest
from backends.quarantine.message import Header, Target
from backends.quarantine.names import KINDS
from backends.terms import ANYWHERE, SPACED, WORD, Term, term
from backends.text import parse_age, parse_size

FIELDS = {
    "kind": "kind",
    "id": "id",
    "path": "id",
    "alert": "alert",
    "virus": "alert",
    "rule": "rule",
    "from": "sender",
    "sender": "sender",
    "to": "recipient",
    "rcpt": "recipient",
    "recipient": "recipient",
    "subject": "subject",
}
IN_NAME = frozenset({"kind", "id"})
"""What can be told without reading the file."""

AT_FIRST, AT_MOST = 500, 50_000
"""Messages that are read in one go: few, so that there is something to see, then more and more."""

_SCORE = re.compile(r"score([<>])=?(-?\d{1,6}(?:\.\d{1,3})?)", re.IGNORECASE)


def _is_kind(text: str) -> bool:
    return any(text.lower() in kind for kind in KINDS)


class Selector(msgspec.Struct, frozen=True):
    """All terms must match; ages in seconds, sizes in bytes. `above` and `below` bound the score, themselves excluded."""

    terms: tuple[Term, ...] = ()
    older_than: float | None = None
    newer_than: float | None = None
    larger_than: int | None = None
    above: float | None = None
    below: float | None = None

    @classmethod
    def typed(cls, line: str) -> Self:
        """A selector of what was typed into the filter; words are ANDed, quotes keep blanks together.

        :raises BadRequest: a pattern, an age, a size or a score cannot be read, or there is no such kind.
        """
        terms: list[Term] = []
        given: dict[str, float | int] = {}
        for excluded, name, value in WORD.findall(line):
            plain, field = value.strip('"'), name.lower()
            if not plain:
                continue
            if not field and (found := _SCORE.fullmatch(plain)):
                given["above" if found[1] == ">" else "below"] = float(found[2])
            elif not field and re.match("score[<>]", plain, re.IGNORECASE):
                raise BadRequest(f"{plain[:40]!r} is no score", hint="for example score>10 or score<5")
            elif field in {"older", "newer"}:
                given[f"{field}_than"] = parse_age(plain)
            elif field == "larger":
                given["larger_than"] = parse_size(plain)
            elif field == "kind" and not plain.startswith("re:") and not _is_kind(plain):
                raise BadRequest(f"{plain[:40]!r} is no kind", hint=f"there are {', '.join(KINDS)}")
            elif field in FIELDS:
                terms.append(term(FIELDS[field], plain, excluded=bool(excluded)))
            else:
                text = f"{name}:{plain}" if field else plain
                terms.append(term(ANYWHERE, text, excluded=bool(excluded)))
        return cls(tuple(terms), **given)  # type: ignore[arg-type]

    @property
    def is_empty(self) -> bool:
        """Whether it lets every message through."""
        return self == Selector()

    @property
    def reads(self) -> bool:
        """Whether it needs what is in the files."""
        bounded = self.above is not None or self.below is not None
        return bounded or any(one.field not in IN_NAME for one in self.terms)

    def may_match(self, target: Target, now: float) -> bool:
        """Whether the message can be one of those, by what is known without reading it; `now` in epoch seconds."""
        age = now - target.seconds
        if (self.older_than is not None and age < self.older_than) or (
            self.newer_than is not None and age >= self.newer_than
        ):
            return False
        if self.larger_than is not None and target.size <= self.larger_than:
            return False
        return all(_has(one, target, None) for one in self.terms if one.field in IN_NAME)

    def matches(self, target: Target, header: Header, now: float) -> bool:
        """Whether the message is one of those."""
        if not self.may_match(target, now):
            return False
        if self.above is not None and (header.score is None or header.score <= self.above):
            return False
        if self.below is not None and (header.score is None or header.score >= self.below):
            return False
        return all(_has(one, target, header) for one in self.terms if one.field not in IN_NAME)


def matching(
    targets: Iterable[Target],
    selector: Selector,
    headers: Callable[[Sequence[Target]], Sequence[Header]],
    now: float,
    *,
    always: bool = False,
) -> Iterator[tuple[Target, Header | None]]:
    """Those that match, in their order, with what was found in them, where that was read.

    `always`: read them also where the selector does not need it. `now` in epoch seconds.
    """
    possible = (target for target in targets if selector.may_match(target, now))
    if not (selector.reads or always):
        yield from ((target, None) for target in possible)
        return
    step = AT_FIRST
    while some := list(islice(possible, step)):
        step = min(step * 10, AT_MOST)
        for target, header in zip(some, headers(some), strict=True):
            if selector.matches(target, header, now):
                yield target, header


def _has(one: Term, target: Target, header: Header | None) -> bool:
    texts = _texts(one.field, target, header)
    return any(one.found_in(text.lower().translate(SPACED)) for text in texts) is not one.excluded


def _texts(field: str, target: Target, header: Header | None) -> list[str]:
    known = {"kind": [target.kind], "id": [target.path]}
    if header is not None:
        known |= {
            "alert": [header.alert],
            "rule": [name for name, _ in header.rules],
            "sender": [header.sender],
            "recipient": list(header.recipients),
            "subject": [header.subject],
        }
    return known[field] if field else [text for texts in known.values() for text in texts]
