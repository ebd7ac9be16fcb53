"""Whether what is to come finds room: on the file system, and in the quotas."""

from collections.abc import Sequence

from backends.errors import NoSpace, Refused
from backends.mailbox.importing import Plan
from backends.mailbox.maildir import STORAGE, Limit
from backends.mailbox.target import Target
from backends.text import bytes_text, messages_text, visible

FOLDER_FILES = 16
"""Files that a new folder needs beside its messages."""


def must_fit(plans: Sequence[Plan], target: Target, limits: Sequence[Limit]) -> None:
    """
    :raises NoSpace: it does not fit on the file system.
    :raises Refused: it is over a quota.
    """
    size, files = sum(plan.size for plan in plans), sum(len(plan.rows) for plan in plans)
    room, shown = sum(plan.room for plan in plans), visible(str(target.path))
    if not files:
        return
    if room > target.free:
        raise NoSpace(
            f"{bytes_text(room)} are needed for {shown}, {bytes_text(target.free)} are free",
            hint="free space there, or import into a Maildir on another file system",
        )
    if target.free_files is not None and files + FOLDER_FILES * len(plans) > target.free_files:
        raise NoSpace(
            f"{files:,} files are needed for {shown}, {target.free_files:,} can be made",
            hint="delete small files there, or import into a Maildir on another file system",
        )
    for limit in limits:
        more, text = (size, bytes_text) if limit.kind == STORAGE else (files, messages_text)
        if limit.used + more > limit.limit:
            raise Refused(
                f"The quota is {text(limit.limit)}: {text(limit.used)} are used, {text(more)} would come",
                hint="raise the user's quota, or import less",
            )
