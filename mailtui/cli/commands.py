"""Every command in one table: its name, what the help says in a line, and the module that carries it out.

A module has `configure(parser, name)`, which adds its options, and `run(session)`, which gives the exit code. It is
imported when its command is named.
"""

from collections.abc import Mapping
from typing import NamedTuple

_APPLY = "mailtui.cli.apply"
_QUEUE = "mailtui.cli.queue"
_QUEUE_DESCRIPTION = """
See and change the mail queue: each command is the headless twin of what the console does.
"""
_QUEUE_EXAMPLES = """
EXAMPLES

  mailtui queue list --group reason
  mailtui queue list --domain gmail.com --older-than 2h
  mailtui queue shape --parents
  mailtui queue hold --sender re:^bounce- --dry-run
  mailtui queue delete --reason 'user unknown' --older-than 1d
  mailtui queue undo
  mailtui queue list --json --larger-than 10M | mailtui queue hold -
"""


class Command(NamedTuple):
    """One that does something."""

    module: str
    text: str


class Group(NamedTuple):
    """One that has commands of its own."""

    text: str
    description: str
    examples: str
    commands: Mapping[str, Command]


COMMANDS: Mapping[str, Command | Group] = {
    "queue": Group(
        "see and change the mail queue",
        _QUEUE_DESCRIPTION,
        _QUEUE_EXAMPLES,
        {
            "list": Command(f"{_QUEUE}.listing", "the queued messages, or groups of them"),
            "show": Command(f"{_QUEUE}.show", "one message: why it waits, headers, body"),
            "shape": Command(f"{_QUEUE}.shape", "domains by age, as qshape counts them"),
            "hold": Command(f"{_QUEUE}.act", "keep messages from being delivered"),
            "release": Command(f"{_QUEUE}.act", "let held messages go"),
            "requeue": Command(f"{_QUEUE}.act", "have messages rewritten and filtered again"),
            "delete": Command(f"{_QUEUE}.act", "delete messages; can be undone for a time"),
            "expire": Command(f"{_QUEUE}.act", "return messages to their senders now"),
            "flush": Command(f"{_QUEUE}.flush", "try delivery now"),
            "undo": Command(f"{_QUEUE}.undo", "bring a deletion back, on hold"),
        },
    ),
    "history": Command(f"{_APPLY}.history", "checkpoints of what `mailtui --apply` changed"),
    "rollback": Command(f"{_APPLY}.rollback", "bring all files back to a checkpoint"),
    "confirm": Command(f"{_APPLY}.confirm", "keep what was applied with --confirm-within"),
    "cleanup": Command(
        "mailtui.cli.cleanup.command", "delete what has been kept long enough; for cron and timers"
    ),
    "completion": Command("mailtui.cli.completion", "print a completion script for a shell"),
}
