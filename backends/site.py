"""What a site has decided: `/etc/mailtui/site.toml`. A file that is not there decides nothing."""

from pathlib import Path

import msgspec

from backends.errors import BadRequest, NotPermitted
from backends.files import read_bounded
from backends.text import parse_age, visible

SITE_FILE = Path("/etc/mailtui/site.toml")
LIMIT = 1 << 20
SHORTEST_UNDO = 60.0  # s
EXAMPLE = """mend it, for example: [queue] and on the next line undo = "24h" """.rstrip()


class QueueSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Table `[queue]`. `undo`: for how long a deletion can be undone, such as 24h or 3d."""

    undo: str = "24h"

    @property
    def kept_for(self) -> float:
        """`undo` in seconds."""
        return parse_age(self.undo)


class Site(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All of the file."""

    queue: QueueSettings = QueueSettings()


def load_site(path: Path = SITE_FILE) -> Site:
    """What the file says, or the defaults where there is none.

    :raises BadRequest: it says something that cannot be meant; the text names the key, the hint has an example.
    :raises NotPermitted: it cannot be read.
    """
    try:
        content = read_bounded(path, LIMIT)
    except FileNotFoundError:
        return Site()
    except OSError as error:
        raise NotPermitted(
            f"{path} cannot be read: {error.strerror}", hint="run mailtui as root, or let this user read it"
        ) from error
    try:
        site = msgspec.toml.decode(content, type=Site)
        if site.queue.kept_for < SHORTEST_UNDO:
            raise BadRequest(f"{site.queue.undo!r} is too short for an undo", hint=EXAMPLE)
    except (msgspec.MsgspecError, UnicodeDecodeError, BadRequest) as error:
        what = str(error).replace("`$.", "`").replace("Object contains", "there is an")
        where = " (queue.undo)" if isinstance(error, BadRequest) else ""
        raise BadRequest(f"{path} cannot be used: {visible(what)[:300]}{where}", hint=EXAMPLE) from error
    return site
