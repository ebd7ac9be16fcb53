"""What sshd's ForceCommand lets people have: the console that changes nothing, or a command that only reads."""

import shlex
from collections.abc import Sequence

from backends.errors import BadRequest, Refused
from mailtui.cli.commands import COMMANDS, Group
from mailtui.cli.parser import FORCED

ASKED = "SSH_ORIGINAL_COMMAND"
LONGEST = 4096
ALONE = frozenset({"--json", "--plain", "--help", "-h", "--version", "-V"})
FILES = frozenset(
    {"--apply", "--config-dir", "--log", "--prometheus", "--record", "--secrets", "--svg", FORCED}
)
"""Options that name files, show passwords, or do something else."""


def words_of(asked: str) -> list[str]:
    """The words of a command line that is read-only, for what somebody asked sshd(8) for; nothing: the console.

    No shell reads them. They may begin with `mailtui`.

    :raises BadRequest: they are no words.
    :raises Refused: they are none of the commands that only read.
    """
    try:
        words = shlex.split(asked[: LONGEST + 1])
    except ValueError as error:
        raise BadRequest(f"What was asked for cannot be read: {error}", hint="mind the quotes") from error
    if len(asked) > LONGEST or "\0" in asked:
        raise BadRequest("What was asked for is too long", hint="ask for less")
    if words[:1] == ["mailtui"]:
        words = words[1:]
    if writes := next((word for word in words if word.partition("=")[0] in FILES), ""):
        raise Refused(
            f"The option {writes.partition('=')[0]} is not for those who may only read", hint="leave it out"
        )
    if not _reads(words):
        raise Refused(
            f"Here is only what reads: {', '.join(readers())}",
            hint="for example queue list --group reason, or nothing at all for the console",
        )
    return ["--read-only", *words]


def readers() -> list[str]:
    """The commands that only read, by their names."""
    found = []
    for name, row in COMMANDS.items():
        if isinstance(row, Group):
            found += [f"{name} {one}" for one, command in row.commands.items() if command.reads]
        elif row.reads:
            found.append(name)
    return found


def _reads(words: Sequence[str]) -> bool:
    names = [word for word in words[:2] if not word.startswith("-")]
    if not names or words[0] != names[0]:
        return ALONE.issuperset(words)
    row = COMMANDS.get(names[0])
    if not isinstance(row, Group):
        return row is not None and row.reads
    if len(names) == 1:
        only_help = {"--help", "-h"}.issuperset(words[1:]) and len(words) > 1
        return only_help or (
            ALONE.issuperset(words[1:]) and row.default in row.commands and row.commands[row.default].reads
        )
    return names[1] in row.commands and row.commands[names[1]].reads
