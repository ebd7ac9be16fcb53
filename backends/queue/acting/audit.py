"""A line in the mail log for what was done to the queue: who did what, to how many messages and which."""

import os
import pwd
import syslog
from collections.abc import Sequence

from backends.queue.plan import Outcome, Target

NAMED = 10


def user() -> str:
    """Who is acting: the user behind sudo, or the one running this."""
    if behind := os.environ.get("SUDO_USER"):
        return behind
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return str(os.getuid())


def write(outcome: Outcome, targets: Sequence[Target]) -> None:
    """Tell syslog(3), facility mail; the first ten queue IDs acted on are named."""
    left_out = {one.queue_id for one in outcome.left_out}
    acted = [target.queue_id for target in targets if target.queue_id not in left_out]
    named = " ".join(acted[:NAMED]) + (" ..." if len(acted) > NAMED else "")
    batch = f", undo {outcome.undo}" if outcome.undo is not None else ""
    syslog.openlog("mailtui", syslog.LOG_PID, syslog.LOG_MAIL)
    syslog.syslog(
        syslog.LOG_INFO,
        f"user={user()} action={outcome.action} done={outcome.done} asked={outcome.asked}{batch}: {named}",
    )
