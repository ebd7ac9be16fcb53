"""Which messages: a selector made of options or of what was typed into the filter. Pure; knows no store.

Plain text is looked for regardless of case; `re:` makes it a regular expression (also regardless of case). In the
filter `!` excludes and `field:value` narrows: queue: id: from: to: domain: reason: older: larger:
"""

from typing import Self

import msgspec

from backends.queue.message import Message, domain_of
from backends.terms import ANYWHERE, SPACED, WORD, Term, term
from backends.text import parse_age, parse_size

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
        terms = [term(field, value) for field, value in {**given, ANYWHERE: text}.items() if value]
        return cls(tuple(terms), older_than, larger_than)

    @classmethod
    def typed(cls, line: str) -> Self:
        """A selector of what was typed into the filter; words are ANDed, quotes keep blanks together.

        :raises BadRequest: a pattern, an age or a size cannot be read.
        """
        terms: list[Term] = []
        older: float | None = None
        larger: int | None = None
        for excluded, name, value in WORD.findall(line):
            plain, field = value.strip('"'), name.lower()
            if not plain:
                continue
            if field == "older":
                older = parse_age(plain)
            elif field == "larger":
                larger = parse_size(plain)
            elif field in FIELDS:
                terms.append(term(FIELDS[field], plain, excluded=bool(excluded)))
            elif field:
                terms.append(term(ANYWHERE, f"{name}:{plain}", excluded=bool(excluded)))
            else:
                terms.append(term(ANYWHERE, plain, excluded=bool(excluded)))
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
        return all(_has(message, one) for one in self.terms)


def _has(message: Message, term: Term) -> bool:
    """Whether the message has it, or has it not where it is excluded."""
    texts = _texts(message, term.field)
    return any(term.found_in(text.lower().translate(SPACED)) for text in texts) is not term.excluded


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
