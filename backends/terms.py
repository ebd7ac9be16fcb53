"""Conditions on text, as they are typed into a filter or given as options. Pure.

Plain text is looked for regardless of case; `re:` makes it a regular expression (also regardless of case). In a
filter `!` excludes and `field:value` narrows; quotes keep blanks together.
"""

import re

import msgspec

from backends.errors import BadRequest

ANYWHERE = ""
SPACED = str.maketrans("\x1f\x1e\n", "   ")  # what separates texts in a store is a blank in them
WORD = re.compile(r'(!?)(?:(\w+):)?("[^"]*"?|\S+)')
"""One word of a filter: whether it is excluded, its field, its value."""


class Term(msgspec.Struct, frozen=True):
    """One condition: text (lower case) or a pattern, anywhere or in one field, possibly excluded."""

    field: str
    text: str
    pattern: re.Pattern[str] | None = None
    excluded: bool = False

    def found_in(self, text: str) -> bool:
        """Whether the text, in lower case, has it."""
        return self.pattern.search(text) is not None if self.pattern else self.text in text


def term(field: str, value: str, *, excluded: bool = False) -> Term:
    """The condition that a value means.

    :raises BadRequest: a pattern after `re:` is none.
    """
    if not value.startswith("re:"):
        return Term(field, value.lower().translate(SPACED), excluded=excluded)
    try:
        pattern = re.compile(value[3:], re.IGNORECASE)
    except (re.error, RecursionError, OverflowError) as error:
        raise BadRequest(
            f"{value[3:]!r} is not a regular expression: {error}", hint=r"for example re:^bounce-\d+@"
        ) from error
    return Term(field, value, pattern, excluded)
