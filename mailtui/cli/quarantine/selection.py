"""Which quarantined messages a command is about: selectors, names as words, or names on standard input."""

import sys
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Iterator

import msgspec

from backends.errors import BadRequest, Missing
from backends.quarantine.listing import Listing
from backends.quarantine.message import Header, Target
from backends.quarantine.names import KINDS
from backends.quarantine.select import Selector, matching
from backends.terms import term
from backends.text import visible
from mailtui.cli.parser import age, size
from mailtui.cli.session import Session

SELECTORS = """
SELECTORS

  Plain text is looked for anywhere in the field, regardless of case; after
  `re:` stands a regular expression. Of several selectors all must match.
  --filter takes what is typed into the console's filter: words, !not,
  kind: id: alert: rule: from: to: subject: older: newer: larger: score>10
"""
INPUT_LIMIT = 1 << 30
TEXTS = {"alert": "alert", "rule": "rule", "from": "sender", "to": "recipient", "subject": "subject"}


class _Listed(msgspec.Struct):
    """What is needed of a line that `quarantine list --json` printed."""

    path: str
    kind: str
    inode: int
    mtime: int
    size: int = 0


def add_selectors(parser: ArgumentParser) -> None:
    """The options that choose messages by what they are."""
    group = parser.add_argument_group("which messages")
    group.add_argument("--kind", choices=KINDS, metavar="KIND", help=f"of this kind: {', '.join(KINDS)}")
    for name, text in (
        ("alert", "whose alert (virus, banned part, bad header) has this"),
        ("rule", "that hit a rule of SpamAssassin with this in its name"),
        ("from", "from this envelope sender"),
        ("to", "to this envelope recipient"),
        ("subject", "with this in the subject"),
    ):
        group.add_argument(f"--{name}", metavar="TEXT", help=text)
    group.add_argument("--score-above", metavar="N", type=_score, help="with a score above that")
    group.add_argument("--score-below", metavar="N", type=_score, help="with a score below that")
    group.add_argument("--older-than", metavar="AGE", type=age, help="there for at least that long")
    group.add_argument("--newer-than", metavar="AGE", type=age, help="there for less than that")
    group.add_argument("--larger-than", metavar="SIZE", type=size, help="larger than that")
    group.add_argument("--filter", metavar="TEXT", default="", help="as in the console")


def selector_of(options: Namespace) -> Selector:
    """The selector that the options make.

    :raises BadRequest: a pattern cannot be read, or a selector is empty text.
    """
    typed = Selector.typed(options.filter)
    terms = list(typed.terms)
    if options.kind:
        terms.append(term("kind", f"re:^{options.kind}$"))
    for name, field in TEXTS.items():
        text = getattr(options, name)
        if text is not None and text.removeprefix("re:") == "":
            raise BadRequest(f"--{name} is empty", hint="leave it out, or give the text to look for")
        if text:
            terms.append(term(field, text))
    given = {
        "above": options.score_above,
        "below": options.score_below,
        "older_than": options.older_than,
        "newer_than": options.newer_than,
        "larger_than": options.larger_than,
    }
    given = {name: value for name, value in given.items() if value is not None}
    return msgspec.structs.replace(typed, terms=tuple(terms), **given)


def newest_first(listing: Listing) -> Iterator[Target]:
    """All messages."""
    for row in sorted(range(len(listing)), key=listing.mtimes.__getitem__, reverse=True):
        yield listing.target(row)


def chosen(
    session: Session, listing: Listing, *, always: bool = False
) -> Iterator[tuple[Target, Header | None]]:
    """What the selectors choose, the newest first; `always`: with what was found in each."""
    host = session.host
    selector = selector_of(session.options)
    return matching(newest_first(listing), selector, host.quarantine.headers, host.now(), always=always)


def named(listing: Listing, words: list[str]) -> tuple[list[Target], list[str]]:
    """The messages that words name, each once, and the words that name none; `-` stands for standard input.

    :raises BadRequest: standard input cannot be understood.
    """
    found: dict[str, Target] = {}
    missing: list[str] = []
    given: list[str | Target] = []
    for word in words:
        given += _read(sys.stdin.buffer.read(INPUT_LIMIT)) if word == "-" else [word]
    names = _Names(listing)
    for one in given:
        target = one if isinstance(one, Target) else names.find(one)
        if target is None:
            missing.append(str(one))
        else:
            found.setdefault(target.path, target)
    return list(found.values()), missing


def one_named(session: Session, word: str) -> Target:
    """The message that a word names.

    :raises Missing: there is none.
    """
    found, missing = named(session.host.quarantine.read(), [word])
    if missing or len(found) != 1:
        raise Missing(
            f"There is no {visible(word[:100])} in the quarantine",
            hint="see what is: mailtui quarantine list",
        )
    return found[0]


class _Names:
    """Paths, names of files and mail_ids, made of a listing when they are first asked for."""

    def __init__(self, listing: Listing) -> None:
        self._listing = listing
        self._rows: dict[str, int] = {}

    def find(self, word: str) -> Target | None:
        """The message; None: there is none of that name."""
        row = self._listing.row_of(word)
        if row is None and not self._rows:
            self._rows = {name: row for row in range(len(self._listing)) for name in self._called(row)}
        row = self._rows.get(word) if row is None else row
        return None if row is None else self._listing.target(row)

    def _called(self, row: int) -> tuple[str, str]:
        name = self._listing.path(row).rpartition("/")[2]
        return name, name.partition("-")[2].removesuffix(".gz")


def _read(content: bytes) -> list[str | Target]:
    """Names between white space, or JSON lines."""
    found: list[str | Target] = []
    decode = msgspec.json.Decoder(_Listed).decode
    for number, line in enumerate(content.splitlines(), 1):
        if not line.lstrip().startswith(b"{"):
            found += line.decode("utf-8", "surrogateescape").split()
            continue
        try:
            one = decode(line)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise BadRequest(
                f"Line {number} of standard input is not a message: {error}",
                hint="it takes names, or the lines of `mailtui quarantine list --json`",
            ) from error
        found.append(Target(one.path, one.kind, one.inode, one.mtime, one.size))
    return found


def _score(text: str) -> float:
    try:
        return float(text)
    except ValueError as error:
        raise ArgumentTypeError(f"{text!r} is no number") from error
