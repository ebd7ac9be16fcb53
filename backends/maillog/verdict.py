"""The verdict with which amavis begins the line that it logs for each mail (`$log_templ`, Amavis.pm 2.13). Pure."""

import re

SPAM = ("SPAMMY", "SPAM")
VIRUS = ("BANNED", "INFECTED")
"""Banned files count as viruses, as amavis treats them."""

CATEGORIES = (
    "OTHER",
    "CLEAN",
    "MTA-BLOCKED",
    "OVERSIZED",
    "BAD-HEADER",
    *SPAM,
    "UNCHECKED",
    "UNCHECKED-ENCRYPTED",
    *VIRUS,
)
VERDICT = re.compile(
    rb"(?P<verb>Passed|Blocked) (?P<category>%s)(?:-(?P<minor>\d{1,3}))?(?= [({])"
    % "|".join(sorted(CATEGORIES, reverse=True)).encode()
)
"""It stands right behind amavis's own number of the mail, which is what makes it amavis's."""


def taken_for(category: str) -> str:
    """What the mail was taken for: ham, spam or virus."""
    return "spam" if category in SPAM else "virus" if category in VIRUS else "ham"
