"""A line in the mail log for what was done to the greylist: who did what, to how many rows and which."""

import os
import pwd
import syslog

from backends.greylist.plan import Outcome, Plan

NAMED = 5


def user() -> str:
    """Who is acting: the user behind sudo, or the one running this."""
    if behind := os.environ.get("SUDO_USER"):
        return behind
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return str(os.getuid())


def write(outcome: Outcome, plan: Plan | None) -> None:
    """Tell syslog(3), facility mail; the first rows acted on are named, their texts quoted."""
    names = [] if plan is None else [*(str(row.key) for row in plan.rows), *(row.mail for row in plan.listed)]
    named = " ".join(f"{name!a}" for name in names[:NAMED]) + (" ..." if len(names) > NAMED else "")
    number = f", undo {outcome.undo}" if outcome.undo is not None else ""
    syslog.openlog("mailtui", syslog.LOG_PID, syslog.LOG_MAIL)
    syslog.syslog(
        syslog.LOG_INFO,
        f"user={user()} action=greylist-{outcome.action} done={outcome.done} asked={outcome.asked}{number}: {named}"[
            :900
        ],
    )
