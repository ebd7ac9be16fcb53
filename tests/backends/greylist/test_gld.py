"""Beside the real gld: its decisions are the foretold ones, its numbers ours, and a release is let in by it."""

import time

import pytest

from backends.greylist.conf import parse_conf
from backends.greylist.plan import Allow, Purge, Release
from backends.greylist.values import Decision, Filter, Key
from tests.backends.greylist.conftest import ROWS, Make
from tests.support.gld import PrivateGld
from tests.support.mariadb import PrivateMariaDB

BOB = "bob@example.test"
ASKED = (
    ("192.0.2.50", "ann@example.org"),
    ("192.0.2.50", ""),
    ("192.0.2.50", 'it\'s;"quoted"@example.org'),
    ("192.0.2.50", "back\\slash@example.org"),
    ("192.0.2.50", "per\\%cent\\n\\x@example.org"),
    ("192.0.2.50", "even\\\\"),
    ("192.0.2.50", "odd\\"),
    ("192.0.2.50", "no-domain"),
    ("192.0.2.50", "two@signs@listed.example"),
    ("192.0.2.50", "anybody@listed.example"),
    ("192.0.2.50", "UPPER@Listed.Example"),
    ("192.0.2.50", "é@example.org"),
    ("192.0.2.50", "\N{SNOWMAN}@example.org"),
    ("192.0.2.50", "x" * 250 + "@example.org"),
    ("198.51.100.3", "ann@example.org"),
    ("203.0.113.9", "ann@example.org"),
    ("2001:db8::25", "ann@example.org"),
    ("2001:db8:1111:2222:3333:4444:5555:6666", "ann@example.org"),
)
LISTED = ("@listed.example", "198.51.100", "203.0.113.9", "2001:db8::25", "2001:db8:1111:2222:3333:4444:55")
SETTINGS = (
    (),
    ("LIGHTGREY=1", "MINTIME=1"),
    ("WHITELIST=0", "MESSAGE=451 later"),
    ("TRAINING=1",),
    ("MXGREY=1",),
)


@pytest.mark.parametrize("settings", SETTINGS)
@pytest.mark.parametrize("err_accept", [0, 1])
def test_it_decides_as_foretold(
    make: Make, server: PrivateMariaDB, settings: tuple[str, ...], err_accept: int
) -> None:
    lines = (*settings, f"ERRACCEPT={err_accept}")
    with PrivateGld(server, *lines) as gld:
        adapter = make(settings=(*lines, f"PORT={gld.port}"))
        for mail in LISTED:
            server.client(f"INSERT INTO gld.whitelist VALUES ('{mail}', '')")
        for _ in range(2):
            for client, sender in ASKED:
                foretold = adapter.check(client, sender, BOB)
                assert answer_of(foretold) == gld.ask(client, sender, BOB), (client, sender, foretold)
        if "MINTIME=1" in settings:
            time.sleep(2.1)
            assert adapter.check("192.0.2.77", "ann@example.org", BOB).passes
            assert adapter.ask("192.0.2.77", "ann@example.org", BOB) == "dunno"


def answer_of(decision: Decision) -> str:
    return "" if decision.action.startswith("the connection") else decision.action


def test_what_is_foretold_of_the_triplet_it_then_stores(make: Make, server: PrivateMariaDB) -> None:
    with PrivateGld(server) as gld:
        adapter = make()
        before = time.time()
        decision = adapter.check("192.0.2.50", "ann@example.org", BOB)
        assert decision.until is not None
        assert 0 <= decision.until - before - 60 <= 2
        gld.ask("192.0.2.50", "ann@example.org", BOB)
        (row,) = adapter.page(Filter(state="waiting")).rows
        assert row.key == Key("192.0.2.50", "ann@example.org", BOB)
        assert abs(row.first + 61 - decision.until) <= 1
        known = adapter.check("192.0.2.50", "ann@example.org", BOB)
        assert (known.until, known.steps[-1].decides) == (row.first + 61, True)


def test_a_released_triplet_is_let_in_and_a_shut_one_is_not(make: Make, server: PrivateMariaDB) -> None:
    with PrivateGld(server, "MINTIME=600") as gld:
        adapter = make(settings=("MINTIME=600",))
        request = ("192.0.2.50", "ann@example.org", BOB)
        assert gld.ask(*request).startswith("defer_if_permit")
        released = adapter.carry_out(adapter.plan(Release((Key(*request),))))
        adapter.undo(released.undo)
        assert gld.ask(*request).startswith("defer_if_permit")
        adapter.carry_out(adapter.plan(Release((Key(*request),))))
        assert gld.ask(*request) == "dunno"
        (row,) = adapter.page(Filter()).rows
        assert row.n == 2


def test_the_whitelist_lets_in_what_does_not_wait_yet(make: Make, server: PrivateMariaDB) -> None:
    with PrivateGld(server) as gld:
        adapter = make()
        for mail, client, sender in (
            ("@listed.example", "192.0.2.60", "ann@listed.example"),
            ("ann@other.example", "192.0.2.61", "ann@other.example"),
            ("198.51.100", "198.51.100.8", "x@example.org"),
            ("203.0.113.4", "203.0.113.4", "x@example.org"),
            ("2001:db8::1", "2001:db8::1", "x@example.org"),
        ):
            assert adapter.check(client, sender, BOB).passes is False
            assert adapter.carry_out(adapter.plan(Allow(mail))).done == 1
            assert adapter.check(client, sender, BOB).passes
            assert gld.ask(client, sender, BOB) == "dunno"
        assert adapter.page(Filter()).rows == ()


def test_a_row_with_first_0_and_a_short_column_are_refused_for_ever(
    make: Make, server: PrivateMariaDB
) -> None:
    with PrivateGld(server, "MINTIME=0") as gld:
        adapter = make(ip=16, settings=("MINTIME=0",))
        server.client(f"INSERT INTO gld.greylist VALUES ('192.0.2.1', 'zero@example.org', '{BOB}', 0, 0, 1)")
        long = ("2001:db8:1111:2222:3333:4444:5555:6666", "ann@example.org", BOB)
        for request in (("192.0.2.1", "zero@example.org", BOB), long):
            assert adapter.check(*request).forever
            for _ in range(2):
                assert gld.ask(*request).startswith("defer_if_permit")
                time.sleep(1.1)


def test_its_own_numbers_are_ours(make: Make, server: PrivateMariaDB) -> None:
    with PrivateGld(server) as gld:
        adapter = make(*ROWS)
        days = int(time.time() // 86400) - 1
        for option, one_hit in (("-C", False), ("-K", True)):
            count = adapter.plan(Purge(int(time.time()) - 86400 * days, one_hit=one_hit)).count
            assert f"I would clean {count} entries" in gld.run(option, str(days))
        assert f"in the database         : {adapter.count(Filter())}\n" in gld.run("-i")


def test_settings_are_read_as_it_reads_them(make: Make, server: PrivateMariaDB) -> None:
    make()
    for text, message in (
        (b"MESSAGE=one\nMESSAGE=two\n", "two"),
        (b"MESSAGE=cut off at the en", "cut off at the e"),
        (b" MESSAGE=indented\n", "Greylisted"),
        (b"#MESSAGE=commented\n", "Greylisted"),
        (b"MESSAGE =blank\n", "Greylisted"),
        (b"MESSAGE=with = sign \n", "with = sign"),
    ):
        with PrivateGld(server) as gld:
            gld.config.write_bytes(gld.config.read_bytes() + text)
            gld.restart()
            assert parse_conf(gld.config.read_bytes()).message.strip() == message
            assert gld.ask("192.0.2.50", f"{message[:9]}@example.org", BOB) == f"defer_if_permit {message}"
