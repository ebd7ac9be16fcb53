"""Pages, filters and numbers on the real database, of every engine and character set that gld works with."""

from threading import Event

import pytest

from backends.errors import BadRequest, Refused
from backends.greylist import regions
from backends.greylist.access import Access
from backends.greylist.adapter import MariaGreylist
from backends.greylist.connection import Database
from backends.greylist.matching import matches
from backends.greylist.schema import tables
from backends.greylist.values import STATES, Filter, Key, Rules, Triplet
from tests.backends.greylist.conftest import ROWS, Make, insert
from tests.support.mariadb import PrivateMariaDB

NOW = 90_000
HOSTILE = (
    "it's@example.org",
    'a"b@example.org',
    "back\\slash@example.org",
    "100%@example.org",
    "under_score@example.org",
    "pipe|pipe@example.org",
    "nul\0nul@example.org",
    "\x1b[31mred@example.org",
    "é€@example.org",
    "-- ; DROP TABLE greylist@example.org",
    "%s@example.org",
)
KINDS = [("InnoDB", "latin1"), ("InnoDB", "utf8mb4"), ("MyISAM", "latin1"), ("Aria", "latin1")]


def walked(adapter: MariaGreylist, wanted: Filter, limit: int, *, backwards: bool = False) -> list[Triplet]:
    """All pages one after the other, in the order of the key."""
    found: list[Triplet] = []
    after: Key | None = None
    while True:
        page = adapter.page(wanted, after, limit=limit, backwards=backwards)
        assert len(page.rows) == limit or not page.more
        found = [*page.rows, *found] if backwards else [*found, *page.rows]
        if not page.more:
            return found
        after = page.rows[0 if backwards else -1].key


@pytest.mark.parametrize(("engine", "charset"), KINDS)
def test_pages_follow_one_another_in_both_directions(make: Make, engine: str, charset: str) -> None:
    rows = [
        Triplet(f"192.0.2.{a}", f"{b}@example.org", f"{c}@example.test", 1000 + c, 2000, 1)
        for a in (1, 10, 2)
        for b in "abc"
        for c in range(4)
    ]
    adapter = make(*rows, engine=engine, charset=charset)
    for limit in (1, 5, 36, 100):
        forwards = walked(adapter, Filter(), limit)
        assert sorted(forwards, key=str) == sorted(rows, key=str)
        assert walked(adapter, Filter(), limit, backwards=True) == forwards
    scanned = Filter(sender="b@")
    assert walked(adapter, scanned, 5) == walked(adapter, scanned, 5, backwards=True)
    assert len(walked(adapter, scanned, 5)) == 12
    about = adapter.about()
    assert (about.engine, about.charset, about.schema) == (engine, charset, "debian")


@pytest.mark.parametrize(("engine", "charset"), KINDS)
def test_a_client_with_many_triplets(make: Make, engine: str, charset: str) -> None:
    rows = [
        Triplet(f"192.0.2.{last}", f"{number:05}@example.org", "bob@example.test", 1000, 2000, 1)
        for last, count in ((1, 3), (2, 2050), (3, 3))
        for number in range(count)
    ]
    adapter = make(*rows, engine=engine, charset=charset)
    assert walked(adapter, Filter(), 100) == rows
    assert walked(adapter, Filter(), 100, backwards=True) == rows


@pytest.mark.parametrize(("engine", "charset"), KINDS)
def test_hostile_text_is_found_as_it_is_and_finds_nothing_else(
    make: Make, server: PrivateMariaDB, engine: str, charset: str
) -> None:
    rows = [Triplet("192.0.2.1", sender, "bob@example.test", 1000, 1000, 1) for sender in HOSTILE]
    adapter = make(*rows, engine=engine, charset=charset)
    assert {row.sender for row in adapter.page(Filter()).rows} == set(HOSTILE)
    for sender in HOSTILE:
        for text in (sender, sender[:6]):
            assert [row.sender for row in adapter.page(Filter(sender=text)).rows] == [sender]
        assert adapter.count(Filter(sender=sender)) == 1
        for client in (sender, "%", "_", "192_0"):
            assert adapter.page(Filter(client=client)).rows == ()
    assert server.client("SELECT COUNT(*) FROM gld.greylist").stdout == f"{len(HOSTILE)}\n"


def test_filters_find_what_they_would_find_in_memory(make: Make) -> None:
    rows = (
        *ROWS,
        Triplet("192.0.2.20", "new@example.org", "bob@example.test", NOW - 30, NOW - 30, 1),
        Triplet("192.0.2.21", "some@example.org", "bob@example.test", NOW - 61, NOW - 61, 1),
        Triplet("192.0.2.22", "day@example.org", "bob@example.test", NOW - 86399, NOW, 1),
        Triplet("192.0.2.23", "zero@example.org", "bob@example.test", 0, 0, 1),
        Triplet("192.0.2.24", "future@example.org", "bob@example.test", NOW + 600, NOW + 600, 1),
    )
    adapter = make(*rows, clock=lambda: NOW + 0.5)
    filters = [Filter(state=state) for state in STATES] + [
        Filter(client="192.0.2.1"),
        Filter(client="192.0.2."),
        Filter(client="2001:db8:"),
        Filter(sender="ANN@"),
        Filter(sender="ann@", recipient="carla"),
        Filter(client="192.", state="waiting"),
        Filter(older_than=NOW - 1500),
        Filter(client="203.0.113.", sender="x"),
    ]
    for wanted in filters:
        expected = {row for row in rows if matches(wanted, row, Rules(), NOW)}
        assert set(adapter.page(wanted).rows) == expected, wanted
        assert adapter.count(wanted) == len(expected), wanted
    assert [len({row for row in rows if matches(one, row, Rules(), NOW)}) for one in filters[:4]] == [
        2,
        2,
        4,
        2,
    ]


def test_a_search_can_be_stopped_and_tells_how_far_it_is(make: Make) -> None:
    adapter = make(*ROWS)
    told: list[float] = []
    adapter.page(Filter(sender="nobody"), progress=told.append)
    adapter.count(Filter(sender="nobody"), progress=told.append)
    assert told[-1] == 1.0
    stop = Event()
    stop.set()
    for search in (adapter.page, adapter.count):
        with pytest.raises(Refused, match="Stopped"):
            search(Filter(sender="nobody"), stop=stop)
    with pytest.raises(Refused, match="Stopped"):
        adapter.stats(lambda _part: None, stop=stop)


def test_bytes_that_are_no_characters_are_refused(make: Make) -> None:
    adapter = make(*ROWS)
    with pytest.raises(BadRequest):
        adapter.page(Filter(sender="\udcff"))
    with pytest.raises(BadRequest):
        adapter.page(Filter(client="1" * 300))


@pytest.mark.parametrize(
    "collation", ["latin1_swedish_ci", "utf8mb4_unicode_ci", "utf8mb4_general_ci", "latin1_bin"]
)
def test_regions_hold_every_row_once(make: Make, server: PrivateMariaDB, collation: str) -> None:
    adapter = make()
    charset = collation.partition("_")[0]
    server.client(f"ALTER TABLE gld.greylist CONVERT TO CHARACTER SET {charset} COLLATE {collation}")
    ips = [f"{a}.{b}.{c}.7" for a in (1, 10, 19, 192, 203, 77) for b in (0, 2, 25) for c in range(6)]
    ips += ["::1", "2001:db8::1", "2001:db8:0:1::2", "fe80::1", "unknown", " odd", "10.0.0.0"]
    insert(server, *(Triplet(ip, "a@example.org", "b@example.test", 1, 1, 1) for ip in ips))
    server.client("ANALYZE TABLE gld.greylist")
    database = Database(lambda: Access("localhost", "root", "", "gld", str(server.socket)))
    with database.session() as session:
        found = [*regions.regions(session, collation, limit=5)]
        assert len(found) > 10
        assert found[0].low is None
        assert found[-1].high is None
        counted = [
            int(
                session.rows(
                    f"SELECT COUNT(*) FROM greylist WHERE {one.condition.text}", one.condition.values
                )[0][0]
            )
            for one in found
        ]
        assert sum(counted) == len(ips)
        assert tables(session)["greylist"].columns[0].collation == collation
    database.close()
    assert adapter.count(Filter()) == len(ips)


def test_the_upstream_table_is_recognised(make: Make) -> None:
    assert make(*ROWS[:2], ip=16).about().schema == "upstream"
    assert make(ip=20).about().schema == "other"
