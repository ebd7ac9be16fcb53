"""A line in the mail log for what was done: who did what, to how many and which."""

import os
import pwd
import syslog
from collections.abc import Sequence

from backends.outcome import Outcome

NAMED = 10
LONGEST = 900  # characters of a line


def user() -> str:
    """Who is acting: the user behind sudo, or the one running this."""
    if behind := os.environ.get("SUDO_USER"):
        return behind
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return str(os.getuid())


def write(text: str, *, well: bool = True, action: str) -> None:
    """Tell syslog(3), facility mail: as a warning where not all went well."""
    line = f"user={user()} action={action} {text}"
    syslog.openlog("mailtui", syslog.LOG_PID, syslog.LOG_MAIL)
    syslog.syslog(syslog.LOG_INFO if well else syslog.LOG_WARNING, line[:LONGEST])


def outcome(done: Outcome, names: Sequence[str], *, area: str = "") -> None:
    """Tell what came of an act; the first ten of those acted on are named. `area` comes before the act's name."""
    left_out = {one.what for one in done.left_out}
    acted = [name for name in names if name not in left_out]
    named = " ".join(map(_quoted, acted[:NAMED])) + (" ..." if len(acted) > NAMED else "")
    number = f", undo {done.undo}" if done.undo is not None else ""
    write(f"done={done.done} asked={done.asked}{number}: {named}", action=f"{area}{done.action}")


def _quoted(name: str) -> str:
    """A name as one word of a line, whatever is in it."""
    plain = name.isascii() and name.isprintable() and " " not in name
    return name if plain else ascii(name)
