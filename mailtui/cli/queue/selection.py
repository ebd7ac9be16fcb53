"""Which messages a command is about: selectors, queue IDs as words, or IDs on standard input."""

import sys
from argparse import ArgumentParser, Namespace

import msgspec

from backends.errors import BadRequest
from backends.queue.message import QUEUES, checked_ids
from backends.queue.plan import Target
from backends.queue.select import Selector
from mailtui.cli.parser import age, size

SELECTORS = """
SELECTORS

  Plain text is looked for anywhere in the field, regardless of case; after
  `re:` stands a regular expression. Of several selectors all must match.
  Ages are 90 (seconds), 45m, 2h30m, 3d, 1w; sizes are 1500, 10k, 1.5M.
"""
INPUT_LIMIT = 1 << 30


class _Listed(msgspec.Struct):
    """What is needed of a line that `queue list --json` or `postqueue -j` printed."""

    queue_id: str
    sender: str
    arrival_time: int
    message_size: int = 0


def add_selectors(parser: ArgumentParser) -> None:
    """The options that choose messages by what they are."""
    group = parser.add_argument_group("which messages")
    for name, metavar, text in (
        ("queue", "NAME", "in this queue: maildrop, incoming, active, deferred, hold"),
        ("sender", "TEXT", "from this envelope sender (MAILER-DAEMON: bounces)"),
        ("recipient", "TEXT", "to this recipient"),
        ("domain", "TEXT", "to a recipient in this domain"),
        ("reason", "TEXT", "delayed for this reason"),
    ):
        group.add_argument(f"--{name}", metavar=metavar, help=text)
    group.add_argument("--older-than", metavar="AGE", type=age, help="in the queue for at least that long")
    group.add_argument("--larger-than", metavar="SIZE", type=size, help="larger than that")


def selector_of(options: Namespace) -> Selector:
    """The selector that the options make.

    :raises BadRequest: a pattern cannot be read, or a selector is empty text.
    """
    given = {name: getattr(options, name) for name in ("queue", "sender", "recipient", "domain", "reason")}
    for name, text in given.items():
        if text is not None and text.removeprefix("re:") == "":
            raise BadRequest(f"--{name} is empty", hint="leave it out, or give the text to look for")
    selector = Selector.of(**given, older_than=options.older_than, larger_than=options.larger_than)
    if given["queue"] is not None and not any(map(selector.terms[0].found_in, QUEUES)):
        raise BadRequest(f"There is no queue {given['queue']!r}", hint=f"queues are {', '.join(QUEUES)}")
    return selector


def targets_of(words: list[str]) -> list[Target]:
    """The messages that queue IDs name, each once; `-` stands for standard input.

    A bare ID gives a target without sender, arrival time and size.

    :raises BadRequest: one is not a queue ID.
    """
    found: dict[str, Target] = {}
    for word in words:
        for target in _read(sys.stdin.buffer.read(INPUT_LIMIT)) if word == "-" else _bare([word]):
            found.setdefault(target.queue_id, target)
    return list(found.values())


def is_bare(target: Target) -> bool:
    """Whether nothing but the ID is known of it."""
    return not target.arrival_time


def _bare(ids: list[str]) -> list[Target]:
    return [Target(queue_id, "", 0) for queue_id in checked_ids(ids)]


def _read(content: bytes) -> list[Target]:
    """Targets of IDs between white space, or of JSON lines."""
    if b"{" not in content:
        return _bare(content.decode("utf-8", "surrogateescape").split())
    decode = msgspec.json.Decoder(_Listed).decode
    found: list[Target] = []
    for number, line in enumerate(content.splitlines(), 1):
        if not line.lstrip().startswith(b"{"):
            found += _bare(line.decode("utf-8", "surrogateescape").split())
            continue
        try:
            one = decode(line)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise BadRequest(
                f"Line {number} of standard input is not a message: {error}",
                hint="it takes queue IDs, or the lines of `mailtui queue list --json`",
            ) from error
        checked_ids([one.queue_id])
        found.append(Target(one.queue_id, one.sender, one.arrival_time, one.message_size))
    return found
