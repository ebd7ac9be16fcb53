"""gld's password for its database: made once, in a file of its own that only root reads."""

import secrets
import stat
from collections.abc import Callable
from pathlib import Path

from backends.apply.edit.assignments import assignments
from backends.errors import BadRequest, Failed, NotPermitted
from backends.files import read_bounded, replace

PASSWORD_FILE = Path("/etc/mailtui/greylist.password")
GLD_CONF = Path("/etc/gld.conf")
LIMIT = 4096


def read_password(path: Path = PASSWORD_FILE) -> str | None:
    """The password, or None where there is none yet.

    :raises BadRequest: the file holds none, or others may read it.
    :raises NotPermitted: it cannot be read.
    """
    try:
        text = read_bounded(path, LIMIT).decode("ascii", "replace")
    except FileNotFoundError:
        return None
    except OSError as error:
        raise NotPermitted(f"{path} cannot be read: {error.strerror}", hint="run mailtui as root") from error
    if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise BadRequest(
            f"Others than root may read {path}", hint=f"change the password in it, and chmod 600 {path}"
        )
    password = text.removesuffix("\n")
    if not password or not password.isprintable() or "\ufffd" in password or password != password.strip():
        raise BadRequest(
            f"{path} holds no password", hint="one line of plain characters, without blanks at its ends"
        )
    return password


def make_password(path: Path = PASSWORD_FILE, password: str = "") -> str:
    """A new password, or this one, written down.

    :raises NoSpace: there is no room for it.
    """
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o755)
    password = password or secrets.token_urlsafe(24)
    replace(path, f"{password}\n".encode(), mode=0o600)
    return password


def adopted(user: str, pristine: Callable[[str, bytes], bool], path: Path = GLD_CONF) -> str | None:
    """The password in a gld.conf that somebody has set up for that user already; None where nobody has."""
    try:
        content = read_bounded(path, LIMIT << 4)
    except (OSError, Failed):
        return None
    said = assignments(content)
    if pristine(str(path), content) or said.get("SQLUSER") != user:
        return None
    return said.get("SQLPASSWD") or None
