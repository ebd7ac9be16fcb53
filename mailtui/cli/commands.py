"""Every command in one table: its name, what the help says in a line, and the module that carries it out.

A module has `configure(parser, name)`, which adds its options, and `run(session)`, which gives the exit code. It is
imported when its command is named.
"""

from collections.abc import Mapping
from typing import NamedTuple

_APPLY = "mailtui.cli.apply"
_AV = "mailtui.cli.av"
_AV_DESCRIPTION = """
See whether the virus scanner works and what it knows: clamd, its signatures on disk and in memory, freshclam. Without
a command of its own it is `mailtui av status`.
"""
_AV_EXAMPLES = """
EXAMPLES

  mailtui av
  mailtui av databases
  mailtui av update
  mailtui av scan invoice.doc
  mailtui av scan --quarantined eixTQBTbFfJ3
  mailtui av scan --queued 3F2A1166135
  mailtui av selftest
"""
_GREYLIST = "mailtui.cli.greylist"
_GREYLIST_DESCRIPTION = """
See and change gld's greylist: is this mail waiting, since when, when is it let in, and let it in now.
"""
_GREYLIST_EXAMPLES = """
EXAMPLES

  mailtui greylist list --sender ann@example.org
  mailtui greylist check --client 192.0.2.1 --from ann@example.org --to bob@example.net
  mailtui greylist release 192.0.2.1 ann@example.org bob@example.net
  mailtui greylist never --never-after 12h
  mailtui greylist purge --older-than 90d --dry-run
  mailtui greylist whitelist add @example.org --comment 'ticket 4711'
  mailtui greylist doctor
"""
_MAPS = "mailtui.cli.maps"
_MAPS_DESCRIPTION = """
See, ask and change Postfix's lookup tables: which ones the configuration uses, what is wrong with them, and what they
answer. A table is named as in main.cf (hash:/etc/postfix/virtual), by its path, or by the last part of that.
"""
_MAPS_EXAMPLES = """
EXAMPLES

  mailtui maps
  mailtui maps lint
  mailtui maps lookup ann+lists@example.org
  mailtui maps set virtual ann@example.org ann
  mailtui maps edit transport
  mailtui maps rebuild
  mailtui maps undo
"""
_QUEUE = "mailtui.cli.queue"
_QUARANTINE = "mailtui.cli.quarantine"
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
_QUARANTINE_DESCRIPTION = """
See what amavis has quarantined, and release, delete or keep it: each command is the headless twin of what the console
does. A message is named by its path in the quarantine, by its file's name, or by its mail_id.
"""
_QUARANTINE_EXAMPLES = """
EXAMPLES

  mailtui quarantine stats
  mailtui quarantine list --kind spam --score-above 10 --newer-than 1d
  mailtui quarantine list --filter 'to:alice invoice !kind:virus'
  mailtui quarantine show e/spam-eixTQBTbFfJ3.gz
  mailtui quarantine release eixTQBTbFfJ3
  mailtui quarantine delete --kind spam --older-than 7d
  mailtui quarantine undo
"""
_MAILBOX = "mailtui.cli.mailbox"
_MAILBOX_DESCRIPTION = """
Take mailboxes of the mbox format over into Maildirs.
"""
_MAILBOX_EXAMPLES = """
EXAMPLES

  mailtui mailbox import /var/mail/alice --user alice --dry-run
  mailtui mailbox import -R ~/mail --folder Old
"""


class Command(NamedTuple):
    """One that does something; `reads`: it changes nothing, and opens no file that its arguments name."""

    module: str
    text: str
    reads: bool = False


class Group(NamedTuple):
    """One that has commands of its own; `default` is the one that is meant where none is named."""

    text: str
    description: str
    examples: str
    commands: Mapping[str, Command]
    default: str = ""
    """The command that is meant where none is named; empty: one must be."""


COMMANDS: Mapping[str, Command | Group] = {
    "health": Command(
        "mailtui.cli.health.command",
        "what is wrong, since when, and what mends it; for monitoring as well",
        reads=True,
    ),
    "queue": Group(
        "see and change the mail queue",
        _QUEUE_DESCRIPTION,
        _QUEUE_EXAMPLES,
        {
            "list": Command(f"{_QUEUE}.listing", "the queued messages, or groups of them", reads=True),
            "show": Command(f"{_QUEUE}.show", "one message: why it waits, headers, body", reads=True),
            "shape": Command(f"{_QUEUE}.shape", "domains by age, as qshape counts them", reads=True),
            "hold": Command(f"{_QUEUE}.act", "keep messages from being delivered"),
            "release": Command(f"{_QUEUE}.act", "let held messages go"),
            "requeue": Command(f"{_QUEUE}.act", "have messages rewritten and filtered again"),
            "delete": Command(f"{_QUEUE}.act", "delete messages; can be undone for a time"),
            "expire": Command(f"{_QUEUE}.act", "return messages to their senders now"),
            "flush": Command(f"{_QUEUE}.flush", "try delivery now"),
            "undo": Command(f"{_QUEUE}.undo", "bring a deletion back, on hold"),
        },
    ),
    "greylist": Group(
        "see and change gld's greylist",
        _GREYLIST_DESCRIPTION,
        _GREYLIST_EXAMPLES,
        {
            "list": Command(f"{_GREYLIST}.listing", "triplets: waiting, since when, let in when", reads=True),
            "stats": Command(
                f"{_GREYLIST}.stats", "how many wait, passed, never came back; top lists", reads=True
            ),
            "never": Command(f"{_GREYLIST}.stats", "who never came back, by domain and network", reads=True),
            "pools": Command(f"{_GREYLIST}.stats", "senders that try from several addresses", reads=True),
            "check": Command(f"{_GREYLIST}.check", "what gld would decide, and why"),
            "release": Command(f"{_GREYLIST}.act", "let triplets in as soon as they come back"),
            "delete": Command(f"{_GREYLIST}.act", "forget triplets; can be undone for a time"),
            "purge": Command(f"{_GREYLIST}.purge", "forget what nobody has used for long"),
            "whitelist": Command(f"{_GREYLIST}.whitelist", "what is let in without waiting"),
            "doctor": Command(f"{_GREYLIST}.doctor", "what is wrong, and what to do"),
            "undo": Command(f"{_GREYLIST}.undo", "take an act back"),
        },
    ),
    "quarantine": Group(
        "see, release, delete and keep quarantined mail",
        _QUARANTINE_DESCRIPTION,
        _QUARANTINE_EXAMPLES,
        {
            "list": Command(
                f"{_QUARANTINE}.listing", "the quarantined messages, and what was found in them", reads=True
            ),
            "show": Command(
                f"{_QUARANTINE}.show", "one message: verdict, headers, attachments, text", reads=True
            ),
            "release": Command(
                f"{_QUARANTINE}.act", "deliver messages after all; can have them learnt as ham"
            ),
            "delete": Command(f"{_QUARANTINE}.act", "delete messages; can be undone for 24 hours"),
            "keep": Command(f"{_QUARANTINE}.act", "have `mailtui cleanup` leave messages"),
            "learn": Command(f"{_QUARANTINE}.learn", "teach SpamAssassin that messages are spam, or ham"),
            "undo": Command(f"{_QUARANTINE}.undo", "bring a deletion back"),
            "stats": Command(
                f"{_QUARANTINE}.stats", "kinds by age and size, and until when there is room", reads=True
            ),
            "export": Command(f"{_QUARANTINE}.export", "write a message into an .eml file"),
        },
    ),
    "av": Group(
        "see the virus scanner, fetch signatures, scan",
        _AV_DESCRIPTION,
        _AV_EXAMPLES,
        {
            "status": Command(
                f"{_AV}.status", "clamd, signatures and freshclam, and what is wrong with them", reads=True
            ),
            "databases": Command(
                f"{_AV}.databases", "signatures on disk, and whether clamd has them in memory", reads=True
            ),
            "update": Command(f"{_AV}.update", "fetch signatures now, and wait until clamd has loaded them"),
            "scan": Command(f"{_AV}.scan", "scan files, quarantined or queued messages"),
            "selftest": Command(f"{_AV}.selftest", "whether the EICAR test virus is found"),
            "caught": Command(f"{_AV}.caught", "which signatures have caught mail, and how much", reads=True),
        },
        default="status",
    ),
    "maps": Group(
        "see, ask and change the lookup tables",
        _MAPS_DESCRIPTION,
        _MAPS_EXAMPLES,
        {
            "list": Command(f"{_MAPS}.listing", "every table that the configuration uses", reads=True),
            "lint": Command(f"{_MAPS}.lint", "what is wrong with them, and what to do", reads=True),
            "show": Command(f"{_MAPS}.show", "one table and its entries", reads=True),
            "lookup": Command(f"{_MAPS}.lookup", "a key looked up as Postfix does, step by step", reads=True),
            "set": Command(f"{_MAPS}.act", "give a key its value; can be undone"),
            "remove": Command(f"{_MAPS}.act", "remove a key; can be undone"),
            "edit": Command(f"{_MAPS}.edit", "a table in an editor, checked before it counts"),
            "rebuild": Command(f"{_MAPS}.rebuild", "build what is missing or stale"),
            "undo": Command(f"{_MAPS}.undo", "take a change back"),
        },
        default="list",
    ),
    "scores": Command(
        "mailtui.cli.scores.command",
        "the histogram of spam scores, and what another threshold would change",
        reads=True,
    ),
    "mailbox": Group(
        "take mboxes over into Maildirs",
        _MAILBOX_DESCRIPTION,
        _MAILBOX_EXAMPLES,
        {"import": Command(f"{_MAILBOX}.importing", "mbox to Maildir; a second run adds nothing")},
    ),
    "history": Command(f"{_APPLY}.history", "checkpoints of what `mailtui --apply` changed", reads=True),
    "rollback": Command(f"{_APPLY}.rollback", "bring all files back to a checkpoint"),
    "confirm": Command(f"{_APPLY}.confirm", "keep what was applied with --confirm-within"),
    "cleanup": Command(
        "mailtui.cli.cleanup.command", "delete what has been kept long enough; for cron and timers"
    ),
    "journal": Command(
        "mailtui.cli.journal", "who changed what with mailtui, and what came of it", reads=True
    ),
    "completion": Command("mailtui.cli.completion", "print a completion script for a shell"),
}
