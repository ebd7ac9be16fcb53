"""A filter as it is typed: words, and `field:value`. Pure.

Fields: client: from: to: domain: state: older: newer:. Plain text is looked for in client, sender and recipient; `!`
excludes; quotes keep blanks together.
"""

from typing import Any

import msgspec

from backends.errors import BadRequest
from backends.greylist.values import STATES, Field, Filter, Word
from backends.terms import WORD
from backends.text import parse_age, visible

FIELDS: dict[str, Field] = {
    "client": "client",
    "ip": "client",
    "from": "sender",
    "sender": "sender",
    "to": "recipient",
    "rcpt": "recipient",
    "recipient": "recipient",
    "domain": "domain",
    "state": "state",
}


def narrowed(within: Filter, line: str) -> Filter:
    """What is within a filter and also fits what was typed.

    :raises BadRequest: a state or an age cannot be read.
    """
    words = [*within.words]
    given: dict[str, Any] = {}
    for excluded, name, value in WORD.findall(line):
        plain, field = value.strip('"'), name.lower()
        if not plain:
            continue
        if field in {"older", "newer"}:
            given[f"{field}_than"] = parse_age(plain)
        elif field in FIELDS:
            if FIELDS[field] == "state" and plain.lower() not in STATES:
                raise BadRequest(
                    f"{visible(plain)[:40]!r} is no state", hint=f"there are: {', '.join(STATES)}"
                )
            if FIELDS[field] == "client" and not (excluded or within.client or "client" in given):
                given["client"] = plain
            else:
                words.append(Word(FIELDS[field], plain.lower(), bool(excluded)))
        else:
            words.append(Word("", f"{name}:{plain}" if name else plain, bool(excluded)))
    return msgspec.structs.replace(within, words=tuple(words), **given)
