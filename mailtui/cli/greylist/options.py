"""Which triplets a command is about: filters, a triplet as three words, or triplets on standard input."""

import sys
from argparse import ArgumentParser, Namespace, _ActionsContainer

import msgspec

from backends.errors import BadRequest
from backends.greylist.values import DAY, STATES, VOID, Filter, Key
from mailtui.cli.parser import age

FILTERS = """
SELECTORS

  Sender and recipient are looked for anywhere, regardless of case. A client
  is a whole address, or what addresses begin with: 192.0.2. or 2001:db8:.
  States: waiting (refused now), ready (let in as soon as it comes), never
  (has not come back for long: see --never-after), passed. Of several filters
  all must hold. Ages are 90 (seconds), 45m, 2h30m, 3d, 1w.
"""
INPUT_LIMIT = 1 << 28


def add_filters(parser: ArgumentParser) -> None:
    """The options that choose triplets by what they are."""
    group = parser.add_argument_group("which triplets")
    group.add_argument("--client", metavar="ADDRESS", default="", help="of this client, or of its network")
    group.add_argument("--sender", metavar="TEXT", default="", help=f"from this sender ({VOID}: bounces)")
    group.add_argument("--domain", metavar="DOMAIN", default="", help="from a sender of this very domain")
    group.add_argument("--recipient", metavar="TEXT", default="", help="to this recipient")
    group.add_argument("--state", metavar="STATE", choices=STATES, help=f"in this state: {', '.join(STATES)}")
    group.add_argument("--older-than", metavar="AGE", type=age, help="first seen at least that long ago")
    add_never_after(group)


def add_never_after(parser: _ActionsContainer) -> None:
    parser.add_argument(
        "--never-after",
        metavar="AGE",
        type=_span,
        default=DAY,
        help="take a client that has not come back for that long not to come any more (1d)",
    )


def filter_of(options: Namespace) -> Filter:
    return Filter(
        client=options.client,
        sender=options.sender,
        recipient=options.recipient,
        domain=options.domain,
        state=options.state,
        older_than=options.older_than,
    )


def keys_of(words: list[str]) -> tuple[Key, ...]:
    """The triplets that words name: three for one, or `-` for standard input.

    :raises BadRequest: they name none.
    """
    if words == ["-"]:
        return _read(sys.stdin.buffer.read(INPUT_LIMIT))
    if len(words) % 3:
        raise BadRequest(
            "A triplet is three words: client, sender, recipient",
            hint=f"for example 192.0.2.1 ann@example.org bob@example.net; {VOID} is the empty sender",
        )
    return tuple(Key(*words[at : at + 3]) for at in range(0, len(words), 3))


def _read(content: bytes) -> tuple[Key, ...]:
    decode = msgspec.json.Decoder(Key).decode
    found = []
    for place, line in enumerate(content.splitlines(), 1):
        if not line.strip():
            continue
        try:
            found.append(decode(line))
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise BadRequest(
                f"Line {place} of standard input is no triplet: {error}",
                hint="it takes the lines of `mailtui greylist list --json`",
            ) from error
    return tuple(found)


def _span(text: str) -> int:
    return int(age(text))
