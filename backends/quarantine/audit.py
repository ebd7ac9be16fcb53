"""A line in the mail log for each cleanup and each act: who had what done."""

import os
import pwd
import syslog


def user() -> str:
    """Who is acting: the user behind sudo, or the one running this."""
    if behind := os.environ.get("SUDO_USER"):
        return behind
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return str(os.getuid())


def write(text: str, *, well: bool, action: str = "cleanup") -> None:
    """Tell syslog(3), facility mail: as a warning where not all went well."""
    syslog.openlog("mailtui", syslog.LOG_PID, syslog.LOG_MAIL)
    syslog.syslog(syslog.LOG_INFO if well else syslog.LOG_WARNING, f"user={user()} action={action} {text}")
