"""What MariaDB's errors mean here, and what to do: by number, for texts are translated and change."""

from backends.errors import (
    BackendError,
    BadRequest,
    Failed,
    Missing,
    NoSpace,
    NotAnswering,
    NotPermitted,
    Refused,
)
from backends.greylist.access import Access
from backends.text import visible

STOPPED = frozenset({2000, 2002, 2003, 2005, 2006, 2013, 2055, 1053, 1077, 1927, 0})
BUSY = frozenset({1040, 1203, 1205, 1213, 1226, 1969, 1317})
REFUSED_LOGIN = frozenset({1044, 1045, 1130, 1698, 1820, 1862, 4151})
REVOKED = frozenset({1142, 1143, 1227, 1370})
READ_ONLY = frozenset({1036, 1290, 1792, 1836})
CRASHED = frozenset({*range(120, 160), 1030, 1034, 1035, 1194, 1195, 1459, 1877})
NO_ROOM = frozenset({28, 1021, 1114})
NOT_THERE = frozenset({1049, 1146, 1932})
UNFIT_TEXT = frozenset({1267, 1271, 1366, 1406, 3854})
BROKEN_TLS = frozenset({2026, 3159})


def explained(number: int, text: str, access: Access) -> BackendError:
    """The error for a number of MariaDB's (0: of pymysql's own)."""
    what = visible(text)[:300]
    place = f"the database {access.where}"
    for numbers, kind, said, hint in _MEANINGS:
        if number in numbers:
            return kind(
                f"{said.format(place=place)}: {what}", hint=hint.format(database=visible(access.database))
            )
    return Failed(
        f"{place[0].upper()}{place[1:]} failed ({number}): {what}", hint="see: journalctl -u mariadb"
    )


_MEANINGS: tuple[tuple[frozenset[int], type[BackendError], str, str], ...] = (
    (BROKEN_TLS, NotPermitted, "No TLS with {place}", "its certificate must be one that this system trusts"),
    (STOPPED, NotAnswering, "There is no answer from {place}", "systemctl status mariadb; then try again"),
    (
        BUSY,
        NotAnswering,
        "A lock or the load holds up {place}",
        "see who holds it: mariadb -e 'SHOW FULL PROCESSLIST'",
    ),
    (
        REFUSED_LOGIN,
        NotPermitted,
        "gld's own account is not let into {place}",
        "compare SQLUSER and SQLPASSWD in /etc/gld.conf with the account: mailtui --apply sets both",
    ),
    (
        REVOKED,
        NotPermitted,
        "The account may not do this in {place}",
        "mariadb -e 'GRANT SELECT, INSERT, UPDATE, DELETE ON {database}.* TO …'; reading needs SELECT only",
    ),
    (
        READ_ONLY,
        Refused,
        "Nothing can be written to {place}",
        "it is a replica, or set to read_only: act on the server that gld writes to",
    ),
    (
        CRASHED,
        Failed,
        "A table is damaged in {place}",
        "as the database's root: REPAIR TABLE {database}.greylist, {database}.whitelist",
    ),
    (NO_ROOM, NoSpace, "There is no room left for {place}", "free space on the file system of the database"),
    (
        NOT_THERE,
        Missing,
        "Something is not there in {place}",
        "mailtui greylist doctor tells what; mailtui --apply makes it",
    ),
    (
        UNFIT_TEXT,
        BadRequest,
        "The text cannot be in {place}",
        "it is too long, or has characters that the table's character set has not",
    ),
)
