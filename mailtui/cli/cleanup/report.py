"""What a cleanup did or would do: as text, and as a line for the mail log."""

import msgspec

from backends.quarantine.run import KindPlan
from backends.quarantine.trash import Emptied
from backends.quarantine.tree import Noted
from backends.quarantine.work import Leftover
from backends.text import messages_text, size_text, time_text
from mailtui.cli.output import Output
from mailtui.cli.table import Column, print_table

COLUMNS = (
    Column("kind"),
    Column("files", right=True),
    Column("size", right=True),
    Column("oldest"),
    Column("go", right=True),
    Column("size", right=True),
)


class Report(msgspec.Struct, kw_only=True):
    """What was done, or with `dry_run` would be; sizes in bytes. `undo`: the number of the run that can be undone."""

    folder: str = ""
    dry_run: bool = False
    kinds: tuple[KindPlan, ...] = ()
    deleted: dict[str, int] = {}
    count: int = 0
    size: int = 0
    undo: int | None = None
    trash: Emptied = msgspec.field(default_factory=Emptied)
    work: Leftover = msgspec.field(default_factory=Leftover)
    queue_trash: int = 0
    ahead: int = 0
    kept: int = 0
    foreign: Noted = msgspec.field(default_factory=Noted)
    left: Noted = msgspec.field(default_factory=Noted)
    errors: list[str] = []
    interrupted: int = 0


def show(out: Output, report: Report) -> None:
    """Print what would go."""
    if report.folder:
        total, size = sum(one.count for one in report.kinds), sum(one.size for one in report.kinds)
        out.line(
            f"{report.folder}: {report.count:,} of {files_text(total)} would go, "
            f"{size_text(report.size)} of {size_text(size)}"
        )
        print_table(out, COLUMNS, map(_cells, report.kinds))
    else:
        out.line("amavis keeps no quarantine")
    for count, text in (
        (report.foreign.count, f"not amavis's, stay: {', '.join(report.foreign.first)}"),
        (report.ahead, "dated in the future, stay"),
        (report.kept, "kept by `mailtui quarantine keep`, stay"),
        (report.trash.count, f"in the trash for their time, would go, {size_text(report.trash.size)}"),
    ):
        if count:
            out.fitted(f"{files_text(count)} {text}")
    if work := report.work.folders:
        out.line(f"{work:,} leftover work folders of amavis would go, {size_text(report.work.size)}")
    if report.queue_trash:
        out.line(f"{messages_text(report.queue_trash)} in the queue's trash would go")


def summary(report: Report) -> str:
    """One line for the mail log."""
    kinds = ",".join(f"{kind}:{count}" for kind, count in report.deleted.items())
    parts = [f"deleted={report.count} size={report.size}"]
    for name, value in (
        ("kinds", kinds),
        ("undo", report.undo),
        ("left", report.left.count + report.work.left.count),
        ("trash", report.trash.count),
        ("work", report.work.folders),
        ("queue", report.queue_trash),
        ("signal", report.interrupted),
        ("folder", report.folder),
        ("errors", "; ".join(report.errors)),
    ):
        if value:
            parts.append(f"{name}={value}")
    return " ".join(parts)


def files_text(count: int) -> str:
    return "1 file" if count == 1 else f"{count:,} files"


def _cells(one: KindPlan) -> list[str]:
    return [
        one.kind,
        f"{one.count:,}",
        size_text(one.size),
        "-" if one.oldest is None else time_text(one.oldest),
        f"{one.going:,}",
        size_text(one.going_size),
    ]
