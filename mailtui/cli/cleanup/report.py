"""What a cleanup would do, as text: how much of each kind goes, by which rule, and when the next file does."""

from backends.quarantine.cleanup import Report
from backends.quarantine.run import KindPlan
from backends.text import age_text, messages_text, size_text
from mailtui.cli.output import Output
from mailtui.cli.table import Column, print_table

COLUMNS = (
    Column("kind"),
    Column("files", right=True),
    Column("size", right=True),
    Column("oldest", right=True),
    Column("kept for", right=True),
    Column("too old", right=True),
    Column("for room", right=True),
    Column("going", right=True),
    Column("next"),
)


def show(out: Output, report: Report, now: float) -> None:
    """Print what would go; `now` in epoch seconds."""
    if report.folder:
        total, size = sum(one.count for one in report.kinds), sum(one.size for one in report.kinds)
        out.line(
            f"{report.folder}: {report.count:,} of {files_text(total)} would go, "
            f"{size_text(report.size)} of {size_text(size)}"
        )
        print_table(out, COLUMNS, (_cells(one, now) for one in report.kinds))
    else:
        out.line("amavis keeps no quarantine")
    for count, text in (
        (report.kept, "kept until `mailtui quarantine keep --not`, stay"),
        (report.young, "younger than ten minutes, stay whatever the rule"),
        (report.ahead, "dated in the future, stay"),
        (report.foreign.count, f"not amavis's, stay: {', '.join(report.foreign.first)}"),
        (report.trash.count, f"in the trash for their time, would go, {size_text(report.trash.size)}"),
    ):
        if count:
            out.fitted(f"{files_text(count)} {text}")
    if work := report.work.folders:
        out.line(f"{work:,} leftover work folders of amavis would go, {size_text(report.work.size)}")
    if report.queue_trash:
        out.line(f"{messages_text(report.queue_trash)} in the queue's trash would go")


def files_text(count: int) -> str:
    return "1 file" if count == 1 else f"{count:,} files"


def _cells(one: KindPlan, now: float) -> list[str]:
    return [
        one.kind,
        f"{one.count:,}",
        size_text(one.size),
        age_text(max(0.0, now - one.oldest)),
        "ever" if one.keep is None else age_text(one.keep),
        f"{one.aged:,}",
        f"{one.going - one.aged:,}",
        size_text(one.going_size),
        "-" if one.next is None else f"in {age_text(max(0.0, one.next - now))}",
    ]
