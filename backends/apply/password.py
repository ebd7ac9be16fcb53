"""gld's password for its database: made once, in a file of its own that only root reads."""

import secrets
import stat
from pathlib import Path

from backends.errors import BadRequest, NotPermitted
from backends.files import read_bounded, replace

PASSWORD_FILE = Path("/etc/mailtui/greylist.password")
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


def make_password(path: Path = PASSWORD_FILE) -> str:
    """A new password, written down.

    :raises NoSpace: there is no room for it.
    """
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o755)
    password = secrets.token_urlsafe(24)
    replace(path, f"{password}\n".encode(), mode=0o600)
    return password
