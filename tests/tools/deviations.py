"""Write backends/reference/README.md again: the page's lines that a release gets in another way, and why."""

import sys
from pathlib import Path

from backends.reference.explain import Row, deviations
from backends.reference.manifest import RELEASES

FILE = Path(__file__).parents[2] / "backends" / "reference" / "README.md"
HEAD = """\
# The reference configuration

`mailtui --apply` brings Debian 12 (bookworm) and 13 (trixie) to the configuration that the wiki page "Email" of
Smop.co.uk described about 2007: Postfix, gld, amavisd-new, ClamAV, SpamAssassin, maildrop, Dovecot. A folder here is a
component: its manifest and its templates. All of the page's settings are in them as the page has them, but for these.
(`make docs` writes this file; `mailtui --apply --explain` prints the same for the release at hand.)
"""
NAMES = {"bookworm": "Debian 12", "trixie": "Debian 13"}


def text() -> str:
    """The whole file."""
    found: dict[Row, list[str]] = {}
    for release in RELEASES:
        for row in deviations(release):
            found.setdefault(row, []).append(NAMES[release])
    lines = [HEAD]
    component = ""
    for row, releases in sorted(found.items(), key=lambda one: _order(one[0])):
        if row.component != component:
            component = row.component
            lines += [f"## {component}", "", "| the page | here | why |", "|---|---|---|"]
        only = "" if len(releases) == len(NAMES) else f" ({', '.join(releases)})"
        lines.append(f"| {_code(row.page)} | {_cell(row.gets)}{only} | {_cell(row.why)} |")
        if _last(row, found):
            lines.append("")
    return "\n".join(lines).rstrip() + "\n"


def _order(row: Row) -> tuple[int, int]:
    both = [*deviations("bookworm"), *deviations("trixie")]
    components = list(dict.fromkeys(one.component for one in both))
    return components.index(row.component), list(dict.fromkeys(one.page for one in both)).index(row.page)


def _last(row: Row, found: dict[Row, list[str]]) -> bool:
    of_it = [one for one in sorted(found, key=_order) if one.component == row.component]
    return of_it[-1] == row


def _code(words: str) -> str:
    return f"`{words.replace('|', chr(92) + '|')}`"


def _cell(words: str) -> str:
    return words.replace("|", "\\|").replace("*", "\\*").replace("_", "\\_").replace("<", "&lt;")


if __name__ == "__main__":
    FILE.write_text(text())
    sys.stdout.write(f"{FILE.relative_to(FILE.parents[2])}\n")
