"""The adapter on a private MariaDB with gld's own tables; the clock is the real one."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from backends.greylist.adapter import MariaGreylist
from backends.greylist.trash import Trash
from backends.greylist.values import Triplet
from backends.journal import Journal
from backends.outcome import Outcome
from tests.support import gld
from tests.support.mariadb import PrivateMariaDB

Make = Callable[..., MariaGreylist]
ROWS = (
    Triplet("192.0.2.1", "ann@example.org", "bob@example.test", 1000, 2000, 7),
    Triplet("192.0.2.1", "eve@example.net", "bob@example.test", 1000, 1000, 1),
    Triplet("192.0.2.10", "ann@example.org", "carla@example.test", 1500, 1500, 1),
    Triplet("198.51.100.7", "void@void", "bob@example.test", 1600, 1700, 2),
    Triplet("2001:db8::25", "ann@Example.ORG", "bob@example.test", 1700, 1700, 1),
)


@pytest.fixture(scope="session")
def server() -> Iterator[PrivateMariaDB]:
    if reason := gld.why_not():
        pytest.skip(reason)
    with PrivateMariaDB() as server:
        yield server


@pytest.fixture
def outcomes() -> list[Outcome]:
    return []


@pytest.fixture
def make(server: PrivateMariaDB, tmp_path: Path, outcomes: list[Outcome]) -> Iterator[Make]:
    """Make gld's database anew, with these rows, and the adapter on it; `settings` are lines of gld.conf."""
    made: list[MariaGreylist] = []

    def build(
        *rows: Triplet,
        engine: str = "InnoDB",
        charset: str = "latin1",
        ip: int = 45,
        settings: tuple[str, ...] = (),
        clock: Callable[[], float] = time.time,
        account: str = gld.ACCOUNT,
    ) -> MariaGreylist:
        gld.make_database(server, engine=engine, charset=charset, ip=ip)
        insert(server, *rows)
        conf = tmp_path / "gld.conf"
        login = (f"SQLUSER={account}", f"SQLPASSWD={gld.PASSWORD}", "SQLDB=gld", "SQLHOST=localhost")
        conf.write_text("".join(f"{line}\n" for line in (*login, *settings)))
        conf.chmod(0o640)
        adapter = MariaGreylist(
            Journal(),
            conf=conf,
            unix_socket=str(server.socket),
            trash=Trash(tmp_path / "trash"),
            clock=clock,
            record=lambda outcome, _plan: outcomes.append(outcome),
        )
        made.append(adapter)
        return adapter

    yield build
    for adapter in made:
        adapter.close()


def insert(server: PrivateMariaDB, *rows: Triplet) -> None:
    """Put rows into gld's table, byte for byte."""
    for row in rows:
        texts = (
            f"CONVERT(0x{text.encode().hex() or '20'} USING utf8mb4)"
            for text in (row.ip, row.sender, row.recipient)
        )
        server.client(
            f"INSERT INTO gld.greylist VALUES ({', '.join(texts)}, {row.first}, {row.last}, {row.n})"
        )


def stored(server: PrivateMariaDB) -> str:
    """All rows as the server has them."""
    return server.client(
        "SELECT HEX(ip), HEX(sender), HEX(recipient), first, last, n FROM gld.greylist"
    ).stdout
