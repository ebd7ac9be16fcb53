"""What an import did or would do: as it goes on, as text, and as a line for the mail log."""

import time
from collections.abc import Sequence
from pathlib import Path

import msgspec

from backends.mailbox.importing import Done, Plan
from backends.text import bytes_text, messages_text, visible
from mailtui.cli.output import Output
from mailtui.cli.table import Column, print_table

COLUMNS = (
    Column("folder"),
    Column("messages", right=True),
    Column("new", right=True),
    Column("size", right=True),
    Column("came", right=True),
    Column("from"),
)
BAR = 20
PAUSE = 0.1
"""Seconds between two looks of the bar."""


class Mailbox(msgspec.Struct, frozen=True, kw_only=True):
    """One mbox: how many messages are in it, how many of them were not in the Maildir, how many came; sizes in bytes."""

    path: str
    folder: str
    messages: int
    new: int
    size: int
    imported: int
    imported_size: int
    truncated: bool
    error: str


class Report(msgspec.Struct, kw_only=True):
    """What was done, or with `dry_run` would be. `skipped`: files that are no mailboxes; `shown`: what Dovecot counts."""

    maildir: str
    dry_run: bool
    mailboxes: list[Mailbox] = []
    skipped: list[str] = []
    shown: dict[str, int] = {}
    errors: list[str] = []
    interrupted: int = 0


class Progress:
    """A bar on a terminal, elsewhere nothing."""

    def __init__(self, out: Output) -> None:
        self._out = out
        self._doing = ""
        self._last = 0.0

    def step(self, doing: str, path: Path) -> None:
        """What is begun."""
        self._doing, self._last = f"{doing} {visible(path.name)}", 0.0

    def glance(self, done: int, whole: int) -> None:
        now = time.monotonic()
        if not self._doing or now - self._last < PAUSE or not whole:
            return
        self._last = now
        full = done * BAR // whole
        bar = ("#" if self._out.plain else "█") * full + ("." if self._out.plain else "░") * (BAR - full)
        self._out.passing(
            f"{bar} {done * 100 // whole:3} %  {bytes_text(done)} of {bytes_text(whole)}  {self._doing}"
        )

    def end(self) -> None:
        """Nothing more is under way."""
        self._doing = ""


def row_of(plan: Plan, done: Done) -> Mailbox:
    return Mailbox(
        path=visible(str(plan.path)),
        folder="/".join(plan.steps) or "INBOX",
        messages=len(plan.index),
        new=len(plan.rows),
        size=plan.size,
        imported=len(done.keys),
        imported_size=done.size,
        truncated=plan.short,
        error=done.error,
    )


def asked(plans: Sequence[Plan], maildir: str) -> str:
    """What somebody has to say yes to."""
    new, size = sum(len(plan.rows) for plan in plans), sum(plan.size for plan in plans)
    return f"Import {messages_text(new)}, {bytes_text(size)}, into {maildir}? Type yes: "


def show(out: Output, report: Report) -> None:
    """Print it."""
    rows = report.mailboxes
    new, came = sum(one.new for one in rows), sum(one.imported for one in rows)
    size = sum(one.size for one in rows) if report.dry_run else sum(one.imported_size for one in rows)
    if report.interrupted and not rows:
        out.line(f"{report.maildir}: stopped while reading, nothing was written")
    elif report.dry_run:
        out.line(f"{report.maildir}: {messages_text(new)} would come, {bytes_text(size)}")
    else:
        out.line(f"{report.maildir}: {came:,} of {messages_text(new)} came, {bytes_text(size)}")
    if rows:
        print_table(out, COLUMNS, map(_cells, rows))
    for one in rows:
        if one.truncated:
            out.fitted(f"▲ {one.path} ends before its last message does: it was cut off")
    for folder, count in report.shown.items():
        out.line(f"Dovecot shows {messages_text(count)} in {folder}")
    if report.skipped:
        out.fitted(
            f"not mailboxes, left out: {', '.join(report.skipped[:5])}{', …' if len(report.skipped) > 5 else ''}"
        )


def summary(report: Report) -> str:
    """One line for the mail log."""
    rows = report.mailboxes
    parts = [
        f"imported={sum(one.imported for one in rows)} size={sum(one.imported_size for one in rows)}",
        f"mailboxes={len(rows)} maildir={report.maildir}",
    ]
    if report.interrupted:
        parts.append(f"signal={report.interrupted}")
    errors = [*report.errors, *(one.error for one in rows if one.error)]
    if errors:
        parts.append(f"errors={'; '.join(errors)}")
    return " ".join(parts)


def _cells(one: Mailbox) -> list[str]:
    return [
        one.folder,
        f"{one.messages:,}",
        f"{one.new:,}",
        bytes_text(one.size),
        f"{one.imported:,}",
        one.path,
    ]
