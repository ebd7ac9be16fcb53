"""Which messages: a selector made of options or of what was typed into the filter. Pure; knows no store.

Plain text is looked for regardless of case; `re:` makes it a regular expression (also regardless of case). In the
filter `!` excludes and `field:value` narrows: queue: id: from: to: domain: reason: older: larger:
"""

import re
from typing import Self

import msgspec

from backends.errors import BadRequest
from backends.queue.message import Message, domain_of
from backends.text import parse_age, parse_size

ANYWHERE = ""
SPACED = str.maketrans("\x1f\x1e\n", "   ")  # what separates texts in the store is a blank in them
FIELDS = {
    "queue": "queue",
    "id": "id",
    "from": "sender",
    "sender": "sender",
    "to": "recipient",
    "rcpt": "recipient",
    "recipient": "recipient",
    "domain": "domain",
    "reason": "reason",
}
_WORD = re.compile(r'(!?)(?:(\w+):)?("[^"]*"?|\S+)')


class Term(msgspec.Struct, frozen=True):
    """One condition: text (lower case) or a pattern, anywhere or in one field, possibly excluded."""

    field: str
    text: str
    pattern: re.Pattern[str] | None = None
    excluded: bool = False

    def found_in(self, text: str) -> bool:
        """Whether the text, in lower case, has it."""
        return self.pattern.search(text) is not None if self.pattern else self.text in text

    def matches(self, message: Message) -> bool:
        return (
            any(self.found_in(text.lower().translate(SPACED)) for text in _texts(message, self.field))
            is not self.excluded
        )


class Selector(msgspec.Struct, frozen=True):
    """All terms must match; ages in seconds, sizes in bytes."""

    terms: tuple[Term, ...] = ()
    older_than: float | None = None
    larger_than: int | None = None

    @classmethod
    def of(
        cls,
        *,
        queue: str | None = None,
        sender: str | None = None,
        recipient: str | None = None,
        domain: str | None = None,
        reason: str | None = None,
        text: str | None = None,
        older_than: float | None = None,
        larger_than: int | None = None,
    ) -> Self:
        """A selector of command line options.

        :raises BadRequest: a pattern after `re:` is none.
        """
        given = {"queue": queue, "sender": sender, "recipient": recipient, "domain": domain, "reason": reason}
        terms = [_term(field, value) for field, value in {**given, ANYWHERE: text}.items() if value]
        return cls(tuple(terms), older_than, larger_than)

    @classmethod
    def typed(cls, line: str) -> Self:
        """A selector of what was typed into the filter; words are ANDed, quotes keep blanks together.

        :raises BadRequest: a pattern, an age or a size cannot be read.
        """
        terms: list[Term] = []
        older: float | None = None
        larger: int | None = None
        for excluded, name, value in _WORD.findall(line):
            plain, field = value.strip('"'), name.lower()
            if not plain:
                continue
            if field == "older":
                older = parse_age(plain)
            elif field == "larger":
                larger = parse_size(plain)
            elif field in FIELDS:
                terms.append(_term(FIELDS[field], plain, excluded=bool(excluded)))
            elif field:
                terms.append(_term(ANYWHERE, f"{name}:{plain}", excluded=bool(excluded)))
            else:
                terms.append(_term(ANYWHERE, plain, excluded=bool(excluded)))
        return cls(tuple(terms), older, larger)

    @property
    def is_empty(self) -> bool:
        """Whether it lets every message through."""
        return not self.terms and self.older_than is None and self.larger_than is None

    def matches(self, message: Message, now: float) -> bool:
        """Whether the message is one of those; `now` in epoch seconds."""
        if self.older_than is not None and now - message.arrival_time < self.older_than:
            return False
        if self.larger_than is not None and message.message_size <= self.larger_than:
            return False
        return all(term.matches(message) for term in self.terms)


def _term(field: str, value: str, *, excluded: bool = False) -> Term:
    if not value.startswith("re:"):
        return Term(field, value.lower().translate(SPACED), excluded=excluded)
    try:
        pattern = re.compile(value[3:], re.IGNORECASE)
    except (re.error, RecursionError, OverflowError) as error:
        raise BadRequest(
            f"{value[3:]!r} is not a regular expression: {error}", hint=r"for example re:^bounce-\d+@"
        ) from error
    return Term(field, value, pattern, excluded)


def _texts(message: Message, field: str) -> list[str]:
    recipients = message.recipients
    match field:
        case "queue":
            texts = [message.queue_name]
        case "id":
            texts = [message.queue_id]
        case "sender":
            texts = [message.sender]
        case "recipient":
            texts = [recipient.address for recipient in recipients]
        case "domain":
            texts = [domain_of(recipient.address) for recipient in recipients]
        case "reason":
            texts = [recipient.delay_reason for recipient in recipients]
        case _:
            texts = [message.queue_id, message.sender]
            texts += [
                text for recipient in recipients for text in (recipient.address, recipient.delay_reason)
            ]
    return texts
