"""gld's table with five million triplets: pages, statistics and a purge, beside the server's and gld's own.

A small server is all this takes: InnoDB in latin1, as the reference makes it, all of it in memory.
"""

import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from importlib import import_module
from itertools import cycle, islice
from pathlib import Path
from statistics import median
from typing import Any

from backends.greylist.adapter import MariaGreylist
from backends.greylist.plan import Purge
from backends.greylist.stats_values import Part
from backends.greylist.trash import Trash
from backends.greylist.values import Filter, Key
from backends.journal import Journal
from tests.bench.measure import Bench, Row, Skip, pairs, seconds
from tests.support import gld
from tests.support.mariadb import PrivateMariaDB
from tests.support.postfix import wait_until

Rows = tuple[tuple[Any, ...], ...]

DAY = 86400
SLOWEST_ANSWER = 0.2  # s
BULK = "SET unique_checks = 0, foreign_key_checks = 0"  # an empty table is filled without an undo log
OLD = 54  # days; a fifth of the triplets was not used since
RESTORE = "INSERT IGNORE INTO greylist SELECT * FROM spare; ANALYZE TABLE greylist"
WRITE_ALL = (
    "SET GLOBAL innodb_max_dirty_pages_pct = 0, innodb_io_capacity_max = 40000, innodb_io_capacity = 20000"
)
AS_BEFORE = (
    "SET GLOBAL innodb_max_dirty_pages_pct = 90, innodb_io_capacity = 200, innodb_io_capacity_max = 2000"
)
UNWRITTEN = "SELECT variable_value FROM information_schema.global_status WHERE variable_name = 'Innodb_buffer_pool_pages_dirty'"
FEW = 1000  # pages
FIRST_PAGE = 0.05  # s
MEMORY = 50.0  # MB
ROUNDS = 200
WIDE = "SELECT ip, sender, recipient, first, last, n FROM greylist ORDER BY ip, sender, recipient LIMIT 100"


def greylist(bench: Bench) -> Iterator[Row]:
    """All rows, one server.

    :raises Skip: there can be none here.
    """
    if reason := gld.why_not():
        raise Skip(reason)
    with _server(bench) as (server, count):
        million = f"{count / 1e6:g} million"
        adapter = _adapter(bench, server)
        import_module("pymysql")
        cold = _timed(lambda: adapter.page(Filter()))
        yield Row(f"connecting, first page of {million}", cold, FIRST_PAGE, "s", "50 ms", 1.0)
        _totals(adapter)  # so that the table is in memory
        with _raw(server) as ask:
            first = _medians(lambda: adapter.page(Filter()), lambda: (ask("SELECT 1"), ask(WIDE)))
            yield Row("first page", *first, "s", "SELECT 1, and 100 rows by the key", 1.5)
            walk = _walk(adapter)
            unseen, again = _medians(lambda: next(walk), lambda: adapter.page(Filter()))
            turn = cycle([*islice(walk, 20)])
            deeper = _medians(lambda: adapter.page(Filter(), next(turn)), lambda: adapter.page(Filter()))
            note = f"both read before; one that was not: {unseen / again:.2f}"
            yield Row("any next page", *deeper, "s", "the first page", 1.2, note)
        client = ["mariadb", "--no-defaults", f"--socket={server.socket}", "gld", "-e"]
        both = pairs(
            lambda: _timed(lambda: _totals(adapter)),
            lambda: seconds([*client, "SELECT COUNT(*), SUM(n > 1) FROM greylist"]),
            bench.rounds,
        )
        told: list[float] = []
        began = time.perf_counter()
        adapter.stats(lambda _part: told.append(time.perf_counter() - began), ["totals"])
        note = f"first numbers after {told[0] * 1000:.0f} ms"
        yield Row("totals of all of them", *both, "s", "COUNT(*), SUM(n > 1)", 1.3, note)
        adapter.close()
        yield _pane(bench, server)
        yield from _purges(bench, server)


def _pane(bench: Bench, server: PrivateMariaDB) -> Row:
    """A console of its own in which the pane is opened, gone to the end and back, and each view looked at."""
    argv = [
        sys.executable,
        "-m",
        "tests.bench.greylist_pane",
        str(bench.folder / "gld.conf"),
        str(server.socket),
    ]
    ran = subprocess.run(argv, capture_output=True, check=True, timeout=1800)
    opened, most = map(float, ran.stdout.split())
    note = f"{opened:.0f} MB when all is counted"
    return Row("memory of the pane", most, MEMORY, "MB", "50 MB above the empty console", 1.0, note)


def _purges(bench: Bench, server: PrivateMariaDB) -> Iterator[Row]:
    """The same fifth of the rows goes again and again; gld is asked about new clients all the while."""
    before = int(time.time()) - OLD * DAY
    _sql(server, f"CREATE TABLE spare AS SELECT * FROM greylist WHERE last < {before}")
    ours, theirs = [], []
    slowest: list[float] = []
    slowest_of_gld = 0.0
    with gld.PrivateGld(server) as running:
        adapter = _adapter(bench, server, running.config)
        for _ in range(bench.size(3, 1)):
            _at_rest(server)
            with _asking(running) as answers:
                theirs.append(_timed(partial(running.run, "-c", str(OLD), timeout=1200)))
            slowest_of_gld = max(slowest_of_gld, *answers)
            _sql(server, RESTORE)
            _at_rest(server)
            plan = adapter.plan(Purge(before))
            with _asking(running) as answers:
                ours.append(_timed(partial(adapter.carry_out, plan)))
            slowest.append(max(answers))
            _sql(server, RESTORE)
        adapter.close()
    yield Row(
        f"purge of {plan.count:,}",
        median(ours),
        median(theirs),
        "s",
        "gld -c, one statement",
        2.0,
        "all of it kept for the undo",
    )
    note = f"beside gld -c {slowest_of_gld:.2f} s; in the best round {min(slowest):.2f} s"
    yield Row("gld's slowest answer meanwhile", max(slowest), SLOWEST_ANSWER, "s", "200 ms", 1.0, note)


def _at_rest(server: PrivateMariaDB) -> None:
    """All that was changed is on disk, as on a host that does nothing but mail.

    The rows put back fill InnoDB's redo log, and everybody waits for its pages then, whoever changes something.

    :raises TimeoutError: not after some minutes.
    """
    _sql(server, WRITE_ALL)
    with _raw(server) as ask:
        wait_until("all pages on disk", lambda: int(ask(UNWRITTEN)[0][0]) < FEW, timeout=300)
    _sql(server, AS_BEFORE)


@contextmanager
def _server(bench: Bench) -> Iterator[tuple[PrivateMariaDB, int]]:
    count = bench.size(5_000_000, 20_000)
    rows = bench.folder / "greylist.tsv"
    _write(rows, count)
    with PrivateMariaDB() as server:
        server.client(
            f"SET GLOBAL innodb_buffer_pool_size = {bench.size(5 << 30, 64 << 20)};"
            f"SET GLOBAL innodb_log_file_size = {bench.size(1 << 30, 96 << 20)}; SET GLOBAL local_infile = 1"
        )
        gld.make_database(server)
        _sql(
            server,
            f"{BULK}; LOAD DATA LOCAL INFILE '{rows}' IGNORE INTO TABLE greylist; ANALYZE TABLE greylist",
        )
        rows.unlink()
        yield server, count


def _write(path: Path, count: int) -> None:
    """Addresses of busy networks and of many others; two fifths have passed; spread over 75 days."""
    chance, now = random.Random(3), int(time.time())
    draw = chance.random
    rows = []
    for number in range(count):
        if draw() > 0.2:
            ip = f"{192 + int(draw() ** 3 * 20)}.{int(draw() ** 2 * 255)}.{int(draw() * 255)}.{int(draw() * 255)}"
        else:
            ip = f"203.0.113.{int(draw() ** 3 * 254)}"
        first = now - int(draw() * 75 * DAY)
        passed = draw() > 0.6
        last = min(now, first + int(draw() * 30 * DAY)) if passed else first
        row = f"{ip}\tuser{number}@example{int(draw() * 3000)}.org\trcpt{int(draw() * 5000)}@example.test"
        rows.append(f"{row}\t{first}\t{last}\t{2 + int(draw() * 40) if passed else 1}\n")
    rows.sort()
    with path.open("w") as file:
        file.writelines(rows)


def _sql(server: PrivateMariaDB, statements: str) -> None:
    argv = [
        "mariadb",
        "--no-defaults",
        f"--socket={server.socket}",
        "--local-infile=1",
        "gld",
        "-e",
        statements,
    ]
    subprocess.run(argv, check=True, capture_output=True, timeout=1800)


def _adapter(bench: Bench, server: PrivateMariaDB, conf: Path | None = None) -> MariaGreylist:
    if conf is None:
        conf = bench.folder / "gld.conf"
        conf.write_text(f"SQLUSER={gld.ACCOUNT}\nSQLPASSWD={gld.PASSWORD}\nSQLDB=gld\n")
    return MariaGreylist(
        Journal(),
        conf=conf,
        unix_socket=str(server.socket),
        trash=Trash(bench.folder / "greylist-trash"),
        record=lambda _outcome, _plan: None,
    )


@contextmanager
def _raw(server: PrivateMariaDB) -> Iterator[Callable[[str], Rows]]:
    """Statements over one connection of the same library."""
    import pymysql

    connection = pymysql.connect(
        unix_socket=str(server.socket), user="root", database="gld", charset="utf8mb4"
    )
    cursor = connection.cursor()

    def ask(statement: str) -> Rows:
        cursor.execute(statement)
        return cursor.fetchall()

    try:
        yield ask
    finally:
        connection.close()


def _walk(adapter: MariaGreylist) -> Iterator[Key]:
    """The keys that page after page begins behind, from somewhere in the middle, over and over."""
    after = middle = adapter.page(Filter(client="203.0.113.7")).rows[0].key
    while True:
        yield after
        page = adapter.page(Filter(), after)
        after = page.rows[-1].key if page.more else middle


def _medians(ours: Callable[[], object], peer: Callable[[], object]) -> tuple[float, float]:
    ours(), peer()
    both = [(_timed(ours), _timed(peer)) for _ in range(ROUNDS)]
    return median(one for one, _ in both), median(other for _, other in both)


def _totals(adapter: MariaGreylist) -> None:
    told: list[Part] = []
    adapter.stats(told.append, ["totals"])
    assert told[-1].done == 1.0


def _timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


@contextmanager
def _asking(running: gld.PrivateGld) -> Iterator[list[float]]:
    """gld is asked about somebody new all the while, by a process of its own; how long each answer took."""
    taken = [0.0]
    argv = [sys.executable, "-m", "tests.bench.asking", str(running.port)]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as asking:
        yield taken
        taken += map(float, asking.communicate(timeout=120)[0].split())
