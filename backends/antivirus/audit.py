"""A line in the mail log for each act: who had what done."""

import os
import pwd
import syslog


def write(text: str, well: bool) -> None:
    """Tell syslog(3), facility mail: as a warning where it did not go well."""
    syslog.openlog("mailtui", syslog.LOG_PID, syslog.LOG_MAIL)
    syslog.syslog(syslog.LOG_INFO if well else syslog.LOG_WARNING, f"user={_user()} {text}")


def _user() -> str:
    """The user behind sudo, or the one running this."""
    if behind := os.environ.get("SUDO_USER"):
        return behind
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return str(os.getuid())
