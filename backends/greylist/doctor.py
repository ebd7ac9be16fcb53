"""What is wrong with a greylist: settings, database, tables, the running gld; each with what to do."""

import stat
from collections.abc import Callable, Iterator
from pathlib import Path

from backends.errors import BackendError
from backends.greylist import listing
from backends.greylist.access import Access
from backends.greylist.conf import GldConf
from backends.greylist.connection import Database, Session, Sql
from backends.greylist.policy import hear, listens
from backends.greylist.rights import RIGHTS, lacking
from backends.greylist.scanning import scan
from backends.greylist.schema import COLUMNS, UPSTREAM, Table, tables
from backends.greylist.values import DAY, Finding
from backends.text import size_text, visible

SKEW = 5.0  # s
STALE_DAYS = 90
INDEX_FROM = 100_000  # rows
KEY_LIMIT = 1000  # bytes of a key, in engines other than InnoDB
DEFAULT_PASSWORDS = ("gld", "mypasswd")


def of_settings(path: Path, conf: GldConf, content: bytes) -> Iterator[Finding]:
    """Findings about gld.conf and what it means; no value of it is told that could be the password."""
    mode = path.stat().st_mode
    if mode & (stat.S_IRWXO | stat.S_IWGRP):
        yield Finding(
            "password file",
            "bad",
            f"{path} has mode {stat.S_IMODE(mode):04o}: others may read the database's password",
            f"change the password, then: chown root:postfix-gld {path}; chmod 640 {path}",
        )
    else:
        yield Finding("password file", "good", f"{path} has mode {stat.S_IMODE(mode):04o}")
    if conf.password in DEFAULT_PASSWORDS:
        hint = "mailtui --apply makes one of its own"
        yield Finding(
            "password", "bad", "the password is the one that everybody knows from the package", hint
        )
    if content and not content.endswith(b"\n"):
        said = "the last line has no end: gld cuts off its last character"
        yield Finding("last line", "bad", said, f"add a line end to {path}")
    yield of_errors(conf)
    if conf.training:
        yield Finding("training", "note", "TRAINING=1: all mail is let in", "set TRAINING=0 to greylist")
    if not conf.loopback:
        hint = "LOOPBACKONLY=1, unless Postfix runs on another machine"
        yield Finding("loopback", "note", "gld listens for the whole network", hint)


def of_errors(conf: GldConf) -> Finding:
    """What ERRACCEPT means."""
    if conf.err_accept:
        return Finding(
            "ERRACCEPT",
            "note",
            "ERRACCEPT=1: while the database is down all mail passes without greylisting, and nobody is told",
            "ERRACCEPT=0 has clients wait meanwhile (451); watch the database then",
        )
    return Finding(
        "ERRACCEPT", "good", "ERRACCEPT=0: while the database is down clients are told to wait (451)"
    )


def of_port(conf: GldConf) -> Finding:
    """Whether gld listens where Postfix asks, and answers."""
    if not listens(conf.port):
        return Finding(
            "gld",
            "bad",
            f"nobody listens on port {conf.port}: Postfix answers every client with 451 4.3.5",
            "systemctl start gld (with an init script: ENABLED=1 in /etc/default/gld, then service gld start)",
        )
    if not hear(conf.port).takes:
        return Finding(
            "gld",
            "bad",
            f"gld does not answer on port {conf.port}: it hangs, or waits for a database that does, and so does mail",
            "see the findings about the database; if it answers: systemctl restart gld",
        )
    return Finding("gld", "good", f"gld answers on port {conf.port}")


def of_database(
    database: Database, access: Access, clock: Callable[[], float], *, thorough: bool = True
) -> Iterator[Finding]:
    """Findings about the server, the account, the tables and their rows."""
    try:
        with database.session() as session:
            yield Finding("login", "good", f"{access.where}, {visible(session.version)[:60]}")
            yield _clock(session, access, clock)
            yield from _rights(session, access)
            found = tables(session)
            yield from _missing(found)
            for table in found.values():
                yield from of_table(session, table)
            if "whitelist" in found and found["whitelist"].is_ours:
                yield _whitelist(session)
        triplets = found.get("greylist")
        if triplets is not None and triplets.engine and triplets.is_ours:
            yield from of_rows(database, triplets, clock(), thorough=thorough)
    except BackendError as error:
        yield Finding("database", "bad", str(error), error.hint)


def of_table(session: Session, table: Table) -> Iterator[Finding]:
    """Whether gld can work with a table."""
    name = f"table {table.name}"
    if not table.engine:
        hint = f"as the database's root: REPAIR TABLE {table.name}"
        yield Finding(name, "bad", f"cannot be opened: {visible(table.comment)[:200]}", hint)
        return
    if not table.is_ours:
        columns = visible(", ".join(column.name for column in table.columns))[:200]
        hint = f"gld inserts by position: it needs {', '.join(COLUMNS[table.name])}, and all but numbers as the key"
        yield Finding(name, "bad", f"is not gld's: it has the columns {columns}", hint)
        return
    good = True
    for finding in (*_of_columns(table, name), *_checked(session, table, name)):
        good = False
        yield finding
    if good:
        yield Finding(
            name,
            "good",
            f"{table.engine}, {table.charset}, about {table.rows:,} rows, {size_text(table.size)}",
        )


def _of_columns(table: Table, name: str) -> Iterator[Finding]:
    if table.name == "greylist" and table.ip_length < 39:
        whose = "as upstream gld makes it, " if table.ip_length == UPSTREAM else ""
        yield Finding(
            name,
            "bad",
            f"an address has {table.ip_length} characters, {whose}too few for IPv6: such clients are refused for ever",
            "with gld stopped: ALTER TABLE greylist MODIFY ip char(45) NOT NULL DEFAULT ''",
        )
    wide = {column.collation for column in table.columns if column.collation.startswith("utf8")}
    if wide:
        yield Finding(
            name,
            "note",
            f"its texts are {', '.join(sorted(wide))}, four times as large as in latin1",
            f"the key would not fit into {KEY_LIMIT} bytes of MyISAM: keep InnoDB, or convert to latin1",
        )


def _checked(session: Session, table: Table, name: str) -> Iterator[Finding]:
    """Tables without transactions may be damaged by a crash."""
    if table.transactional:
        return
    sql = (
        "CHECK TABLE greylist FAST QUICK" if table.name == "greylist" else "CHECK TABLE whitelist FAST QUICK"
    )
    said = [str(row[3]) for row in session.rows(sql) if str(row[2]).lower() in {"error", "warning", "status"}]
    if said and said[-1] not in {"OK", "Table is already up to date"}:
        hint = f"as the database's root: REPAIR TABLE {table.name}"
        yield Finding(name, "bad", f"{table.engine}: {visible(said[0])[:200]}", hint)


def _missing(found: dict[str, Table]) -> Iterator[Finding]:
    for name in COLUMNS:
        if name not in found:
            yield Finding(
                f"table {name}",
                "bad",
                "is not there: gld answers every request with an error",
                "mailtui --apply makes it; Debian's tables.mysql fails where utf8mb4 is the default (error 1071)",
            )


def _clock(session: Session, access: Access, clock: Callable[[], float]) -> Finding:
    before = clock()
    ((there,),) = session.rows("SELECT UNIX_TIMESTAMP(NOW(6))")
    apart = float(there) - (before + clock()) / 2
    if abs(apart) <= SKEW:
        return Finding("clocks", "good", f"the database's clock is {abs(apart):.1f} s off this machine's")
    ahead = "ahead of" if apart > 0 else "behind"
    return Finding(
        "clocks",
        "bad",
        f"the clock of the database on {visible(access.host)} is {abs(apart):,.0f} s {ahead} this machine's: "
        "`gld -c` goes by it, gld itself by this one",
        "synchronise both: timedatectl set-ntp true",
    )


def _rights(session: Session, access: Access) -> Iterator[Finding]:
    missing = lacking(session, access.database)
    if missing:
        hint = f"GRANT {', '.join(RIGHTS)} ON {visible(access.database)}.* TO its account"
        said = f"gld's account may not {', '.join(missing)}: it fails without telling"
        yield Finding("rights", "bad", said, hint)
    else:
        yield Finding("rights", "good", f"gld's account may {', '.join(RIGHTS)}")


def _whitelist(session: Session) -> Finding:
    rows = listing.read(session)
    bad = [row for row in rows if row.problem.startswith("never")]
    shipped = sum(row.shipped for row in rows)
    said = f"{len(rows):,} rows, {shipped} of them as Debian ships them (of 2006)"
    if bad:
        named = visible(", ".join(row.mail for row in bad[:5]))[:200]
        hint = "see why: mailtui greylist whitelist list"
        return Finding("whitelist", "note", f"{said}; {len(bad):,} can never match: {named}", hint)
    return Finding("whitelist", "good", said)


def of_rows(database: Database, table: Table, now: float, *, thorough: bool) -> Iterator[Finding]:
    """Rows that hold mail up for ever, rows that nobody needs any more, and what an index would cost."""
    if thorough:
        select = Sql(
            "SELECT COUNT(*), COUNT(CASE WHEN first = 0 THEN 1 END), COUNT(CASE WHEN first > %s THEN 1 END),"
            " COUNT(CASE WHEN last < %s THEN 1 END)",
            (int(now) + DAY, int(now) - STALE_DAYS * DAY),
        )
        total = zero = ahead = stale = 0
        for part in scan(database, table, select):
            a, b, c, d = part.rows[0]
            total, zero, ahead, stale = total + a, zero + b, ahead + c, stale + d
        if zero or ahead:
            said = f"{zero:,} triplets with `first` 0, {ahead:,} of a day to come: gld refuses them until then, or for ever"
            yield Finding("times", "bad", said, "delete them; they come again with the right time")
        if stale > total // 4 and stale > 1000:
            said = f"{stale:,} of {total:,} triplets were not used for {STALE_DAYS} days"
            hint = f"mailtui greylist purge --older-than {STALE_DAYS}d; gld clears nothing by itself"
            yield Finding("size", "note", said, hint)
        else:
            yield Finding(
                "size", "good", f"{total:,} triplets, {stale:,} of them not used for {STALE_DAYS} days"
            )
    if table.rows < INDEX_FROM:
        return
    per_row = 4 + (table.size // max(table.rows, 1) if table.transactional else 6)
    yield Finding(
        "index",
        "note",
        "there is none on `last`, so that `gld -c` locks the table while it looks at all of it; mailtui purge does not",
        f"not needed; CREATE INDEX mailtui_last ON greylist (last) would take about {size_text(per_row * table.rows)}"
        " and make each hit and each deletion slower",
    )
