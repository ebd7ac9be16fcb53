"""What gld's account may do in its database."""

import re

from backends.greylist.connection import Session

RIGHTS = ("SELECT", "INSERT", "UPDATE", "DELETE")
"""Those that gld needs."""


def lacking(session: Session, database: str) -> tuple[str, ...]:
    """The rights of gld's that the account has not."""
    granted: set[str] = set()
    for (line,) in session.rows("SHOW GRANTS FOR CURRENT_USER"):
        found = re.match(r"GRANT (.+?) ON (\S+) TO ", line)
        if not found:
            continue
        place = found[2].replace("`", "").replace("\\", "")
        if place in {"*.*", f"{database}.*"} or place.startswith(f"{database}."):
            granted |= {word.strip() for word in found[1].split(",")}
    if "ALL PRIVILEGES" in granted:
        return ()
    return tuple(right for right in RIGHTS if right not in granted)
