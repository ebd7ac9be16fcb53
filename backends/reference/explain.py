"""What differs from the page that the reference was made of, and why."""

from typing import NamedTuple

from backends.reference.manifest import Release, load


class Row(NamedTuple):
    """One line of the table."""

    component: str
    page: str
    gets: str
    why: str


PAGE_ORDER = ("postfix", "maildrop", "gld", "mariadb", "amavis", "clamav", "spamassassin", "dovecot")


def deviations(release: Release) -> list[Row]:
    """Each line of the page that this release gets in another way, in the page's order."""
    by_name = {component.name: component for component in load(release)}
    return [
        Row(by_name[name].title, one.page, one.gets, one.why)
        for name in PAGE_ORDER
        for one in by_name[name].deviations
    ]
