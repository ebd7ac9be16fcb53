"""What is asked of a machine: parsers with hostile text, and real sockets, files and programs."""

import os
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backends.apply.told import ComponentDrift, Drift, FileDrift, State
from backends.health import local
from backends.health.asking import Asking
from backends.health.facts import Reason, Setup, Tables, Unit
from backends.health.gather import certificates, clock, disks, dns, dovecot, maps, policy, ports, units
from backends.health.gather import queue as queues
from backends.health.gather.setup import inet, setup
from backends.health.units import with_units
from backends.maps.values import About, Finding, Table
from backends.queue.message import Message, Recipient
from backends.runner import LocalRunner

if TYPE_CHECKING:
    from backends.host import Host
    from backends.host.maps import Maps

NOW = 1_795_435_200.0
MASTER = """\
smtp       inet  n       -       y       -       -       smtpd
465        inet  n       -       y       -       -       smtpd -o smtpd_tls_wrappermode=yes
127.0.0.1:10025 inet n   -       y       -       20      smtpd
pickup     unix  n       -       y       60      1       pickup
qmqp       inet  n       -       y       -       -       qmqpd
"""
DOVECOT_23 = """\
# 2.3.19.1: /etc/dovecot/dovecot.conf
protocols = imap
service imap-login {
  inet_listener imap {
    port = 0
  }
}
ssl_cert = </etc/ssl/certs/x.pem
"""
DOVECOT_24 = "protocols = imap pop3\nssl_server {\n  cert_file = /etc/ssl/x.pem\n}\n"


@contextmanager
def server(greeting: bytes | None, *, hold: float = 0.0) -> Iterator[int]:
    """A port that says so to everybody; None: nothing at all."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        held: list[socket.socket] = []

        def serve() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                held.append(connection)
                if greeting is not None:
                    time.sleep(hold)
                    connection.sendall(greeting)
                    connection.close()

        threading.Thread(target=serve, daemon=True).start()
        yield int(listener.getsockname()[1])
        listener.shutdown(socket.SHUT_RDWR)
        for connection in held:
            connection.close()


def test_the_ports_that_the_configuration_has() -> None:
    setup = Setup(
        {
            "content_filter": "scan:[127.0.0.1]:10024",
            "smtpd_recipient_restrictions": "permit_mynetworks, check_policy_service inet:127.0.0.1:2525",
        },
        tuple(inet(MASTER)),
    )
    found = [(place.service, place.port, place.tls) for place in ports.of_postfix(setup)]
    assert found == [
        ("postfix", 25, False),
        ("postfix", 465, True),
        ("postfix", 10025, False),
        ("amavis", 10024, False),
    ]
    assert ports.policy_port(setup) == 2525
    assert (
        ports.policy_port(
            Setup({"smtpd_recipient_restrictions": "check_policy_service inet:192.168.1.1:2525"})
        )
        is None
    )
    before = Setup({"smtp/inet/smtpd_proxy_filter": "127.0.0.1:10024"})
    assert [place.port for place in ports.of_postfix(before)] == [10024]
    assert list(ports.of_postfix(Setup({"content_filter": "smtp-amavis:[192.168.1.1]:10024"}))) == []


def test_dovecots_ports_and_certificate() -> None:
    old, new = dovecot.parse(DOVECOT_23), dovecot.parse(DOVECOT_24)
    assert [place.port for place in ports.of_dovecot(old)] == [993]
    assert [place.port for place in ports.of_dovecot(new)] == [143, 993, 110, 995]
    assert list(certificates.of_dovecot(old)) == ["/etc/ssl/certs/x.pem"]
    assert list(certificates.of_dovecot(new)) == ["/etc/ssl/x.pem"]


@pytest.mark.parametrize(
    ("greeting", "right", "error"),
    [
        (b"220 mx ESMTP\r\n", True, ""),
        (b"\x1b[31mgarbage\xff\0\r\n", False, ""),
        (b"", False, "without a word"),
        (b"x" * 100_000, False, ""),
    ],
)
def test_a_port_is_asked(greeting: bytes, right: bool, error: str) -> None:
    with server(greeting) as port:
        found = ports.probe(ports.Place("postfix", port, "smtp"), 0.5)
    assert (found.right, error in found.error, found.silent) == (right, True, False)
    assert "\x1b" not in found.said
    assert len(found.said) <= 200


def test_a_port_that_says_nothing_or_is_closed() -> None:
    with server(None) as port:
        began = time.monotonic()
        assert ports.probe(ports.Place("postfix", port, "smtp"), 0.2).silent
        assert policy.probe(port, 0.2).silent
        assert time.monotonic() - began < 2
    assert "refused" in ports.probe(ports.Place("postfix", port, "smtp"), 0.2).error
    assert "refused" in policy.probe(port, 0.2).error


def test_ports_side_by_side() -> None:
    with server(None) as one, server(b"220 x\r\n") as other:
        places = [ports.Place("a", one, "smtp"), ports.Place("b", other, "smtp")]
        found = ports.ports(places, Asking(2))
    assert [port.right for port in found] == [False, True]


def test_units() -> None:
    said = (
        "Id=clamav-daemon.service\nLoadState=loaded\nActiveState=failed\nResult=exit-code\nNRestarts=4\n"
        "UnitFileState=enabled\nStateChangeTimestamp=@1795430000\n\nId=no.service\nLoadState=not-found\n"
    )
    found = units.parse(said, NOW)
    assert list(found) == ["clamav-daemon"]
    assert found["clamav-daemon"] == Unit("failed", "exit-code", 4, True, 1795430000.0)


@given(st.text())
def test_units_of_any_text(said: str) -> None:
    units.parse(said, NOW)


def messages(count: int, reason: str) -> Iterator[Message]:
    for number in range(count):
        yield Message(
            queue_name="deferred",
            queue_id=f"A{number:06}",
            arrival_time=int(NOW) - 600,
            message_size=1,
            sender="a@b",
            recipients=(Recipient("c@d", reason),),
        )


@pytest.mark.parametrize(
    ("reason", "fault"),
    [
        ("connect to 127.0.0.1[127.0.0.1]:10024: Connection refused", "filter"),
        ("host 127.0.0.1[127.0.0.1] said: 451 4.5.0 id=1, virus_scan FAILED: x", "scanner"),
        ("host mx.example[1.2.3.4] said: 452 4.3.1 Insufficient system storage", ""),
        (
            "Host or domain name not found. Name service error for name=x type=MX: Host not found, try again",
            "dns",
        ),
        ("Connection timed out", ""),
    ],
)
def test_why_mail_waits(reason: str, fault: str) -> None:
    found = queues.read(messages(9, reason), NOW, time.monotonic() + 9)
    assert found.faults == ({fault: 9} if fault else {})
    assert (found.count("deferred"), found.recent, found.oldest, found.whole) == (9, 9, NOW - 600, True)
    assert found.reasons[0].count == 9


def test_whose_mail_waits_is_counted_for_the_commonest_reason() -> None:
    def waiting(number: int, reason: str, sender: str, to: str) -> Message:
        return Message(
            queue_name="deferred",
            queue_id=f"A{number:06}",
            arrival_time=int(NOW) - 600,
            message_size=1,
            sender=sender,
            recipients=(Recipient(f"x@{to}", reason),),
        )

    mail = [waiting(number, "timed out", "news@a.example", "Slow.example") for number in range(6)]
    mail += [waiting(6, "timed out", "\x1b[31mx@b.example", "other.example")]
    mail += [waiting(number, "full", "bob@a.example", "full.example") for number in range(10, 16)]
    found = queues.read((one for one in mail), NOW, time.monotonic() + 9)
    assert found.domains == (Reason("slow.example", 6),)
    assert found.senders == (Reason("news@a.example", 6),)
    strange = queues.read((one for one in mail[6:7]), NOW, time.monotonic() + 9)
    assert strange.senders == (Reason("^[[31mx@b.example", 1),)


def test_a_queue_is_read_for_a_time_and_counted_whole(tmp_path: Path) -> None:
    found = queues.read(messages(100_000, "x"), NOW, time.monotonic() - 1)
    assert (found.read, found.whole) == (64, False)
    for name in queues.NAMES:
        (tmp_path / name).mkdir()
    (tmp_path / "deferred" / "A").mkdir()
    (tmp_path / "deferred" / "A" / "A0001").touch()
    (tmp_path / "deferred" / "B0001").touch()
    (tmp_path / "hold" / "C0001").touch()
    assert queues.counts(tmp_path) == {"deferred": 2, "hold": 1}
    assert queues.counts(tmp_path / "no") is None


def test_name_servers(tmp_path: Path) -> None:
    conf = tmp_path / "resolv.conf"
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as dead,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as alive,
    ):
        for one in (dead, alive):
            one.bind(("127.0.0.1", 0))

        def answer() -> None:
            for code in (0, 2, 5):
                said, who = alive.recvfrom(512)
                alive.sendto(said[:2] + bytes((0x81, 0x80 | code)) + said[4:], who)

        threading.Thread(target=answer, daemon=True).start()
        port = alive.getsockname()[1]
        assert [dns.ask("127.0.0.1", port).error for _ in range(3)] == ["", "it answers SERVFAIL", ""]
        conf.write_text("nameserver 127.0.0.1\nsearch x\nnameserver 127.0.0.1\n")
        found = dns.resolvers(Asking(2), str(tmp_path), conf=conf, port=dead.getsockname()[1])
    assert [one.error for one in found.servers] == ["no answer"]
    assert dns.ask("not an address").error
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/resolv.conf").write_text("nameserver 10.0.0.1\n")
    assert dns._copy(conf.read_bytes(), str(tmp_path)).endswith("etc/resolv.conf")


def test_file_systems(tmp_path: Path) -> None:
    (volume, *_) = disks.disks({"spool": str(tmp_path), "log": str(tmp_path), "no": "/no/such"})
    assert list(volume.folders) == ["spool", "log"]
    assert 0 < volume.free < volume.size
    assert set(disks.folders(str(tmp_path), "/no/such")) >= {"spool", "log"}


def test_the_clock_is_read_and_not_set() -> None:
    before = time.time()
    found = clock.clock()
    assert isinstance(found.synchronised, bool)
    assert abs(time.time() - before) < 5


def test_certificates(tmp_path: Path) -> None:
    path = tmp_path / "x.pem"
    make = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-days",
        "10",
        "-subj",
        "/CN=x",
        "-keyout",
    ]
    subprocess.run([*make, tmp_path / "key", "-out", path], check=True, capture_output=True)
    (tmp_path / "link").symlink_to(path)
    (tmp_path / "other").write_text("no certificate")
    found = certificates.certificates(
        LocalRunner(), [str(tmp_path / "link")], [str(tmp_path / "other"), str(tmp_path / "none")], None
    )
    assert found[0].expires is not None
    assert abs(found[0].expires - time.time() - 10 * 86400) < 3600
    assert [one.error for one in found[1:]] == ["it holds no certificate", "No such file or directory"]
    assert [one.services for one in found] == [("postfix",), ("dovecot",), ("dovecot",)]


def test_services_of_this_machine() -> None:
    found = units.processes()
    assert [one.name for one in found.services] == ["postfix", "gld", "amavis", "clamd", "dovecot", "mariadb"]
    told = with_units(found, {"clamav-daemon": Unit("failed", "exit-code", 4, True, 5.0)})
    clamd = told.services[3]
    assert (clamd.unit, clamd.process_unit, clamd.restarts, clamd.since) == (
        "clamav-daemon",
        "clamav-daemon",
        4,
        5.0,
    )


def test_the_unit_of_postfix_is_the_one_that_has_its_processes() -> None:
    found = units.processes()
    old = {
        "postfix@-": Unit("active", "success", 0, True, 9.0),
        "postfix": Unit("active", "success", 0, True, 10.0),
    }
    new = {
        "postfix@-": Unit("inactive", "success", 0, None, None),
        "postfix": Unit("active", "success", 0, True, 8.0),
    }
    assert [with_units(found, one).services[0].process_unit for one in (old, new)] == [
        "postfix@-",
        "postfix",
    ]
    assert with_units(found, new).services[0].unit == "postfix"


class Linted:
    """Tables of which this is found."""

    def __init__(self, *found: Finding, tables: tuple[Table, ...] = ()) -> None:
        self._found, self._tables = list(found), tables

    def check(self, each: Callable[[About], None], *_: object) -> list[Finding]:
        for table in self._tables:
            each(About(table))
        return self._found


def test_of_tables_that_are_closed_to_this_user_nothing_is_told(tmp_path: Path) -> None:
    names = {name: Table(f"hash:{tmp_path / name}", "hash", str(tmp_path / name), ()) for name in ("a", "b")}
    (tmp_path / "a").touch()
    found = Linted(
        Finding(names["a"].name, "bad", "x\x1b[31m", ""),
        Finding(names["b"].name, "bad", "no source", ""),
        Finding("hash:/c", "note", "unused", ""),
        tables=tuple(names.values()),
    )
    both = (f"{names['a'].name}: x^[[31m", f"{names['b'].name}: no source")
    assert maps.tables(cast("Maps", found), lambda _: True) == Tables(both, ("hash:/c: unused",))
    assert maps.tables(cast("Maps", found), lambda _: False) == Tables(
        both[1:], ("hash:/c: unused",), (names["a"].name,)
    )


def test_a_part_an_index_or_a_folder_closes_a_table(tmp_path: Path) -> None:
    def closed(*tables: Table, kept: str = "") -> tuple[str, ...]:
        found = maps.tables(cast("Maps", Linted(tables=tables)), lambda path: path.name != kept)
        return found.closed

    for name in ("a", "a.db", "b"):
        (tmp_path / name).touch()
    one = Table(f"hash:{tmp_path}/a", "hash", f"{tmp_path}/a", ())
    both = Table("unionmap:{a, b}", "unionmap", "", (), (one, Table("texthash:b", "texthash", "/b", ())))
    assert closed(one, both) == ()
    assert closed(one, both, kept="a.db") == (one.name, both.name)
    assert closed(Table("unix:passwd.byname", "unix", "", ()), kept=tmp_path.name) == ()
    inside = Table("texthash:c", "texthash", f"{tmp_path}/closed/c", ())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Path, "stat", refused)
        assert closed(inside) == (inside.name,)


def refused(path: Path) -> None:
    raise PermissionError(13, "Permission denied", str(path))


def test_what_postfix_writes_itself_and_no_path_have_tables_not_looked_at_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    names = {
        "smtp_tls_session_cache_database": f"btree:{tmp_path}/scache",
        "address_verify_map": f"btree:{tmp_path}/verify",
        "local_recipient_maps": "proxy:unix:passwd.byname",
        "virtual_alias_maps": f"unionmap:{{texthash:{tmp_path}/part, static:all}}",
    }
    before = maps.marks(Setup(names))
    for name in ("scache.db", "verify.db", "anything"):
        (tmp_path / name).touch()
    assert maps.marks(Setup(names)) == before
    (tmp_path / "part").touch()
    assert maps.marks(Setup(names)) != before


def test_tables_are_looked_at_again_when_a_file_or_a_setting_is_another(tmp_path: Path) -> None:
    source = tmp_path / "virtual"
    settings = Setup({"virtual_alias_maps": f"hash:{source}"})
    before = maps.marks(settings)
    assert before == maps.marks(settings)
    source.write_text("a b\n")
    written = maps.marks(settings)
    (tmp_path / "virtual.db").write_text("x")
    built = maps.marks(settings)
    source.chmod(0o600)
    marks = [
        before,
        written,
        built,
        maps.marks(settings),
        maps.marks(Setup(dict(settings.parameters) | {"x": "y"})),
    ]
    assert len(set(marks)) == 5


def test_drift_is_dated_by_the_first_file_that_was_changed_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    states: dict[str, State] = {
        "a": "changed in the reference",
        "b": "conflict",
        "c": "rights changed here",
        "d": "missing",
        "e": "conflict",
    }
    for name in "abc":
        (tmp_path / name).touch()
        time.sleep(0.02)
    os.utime(tmp_path / "b", (0, 0))  # which its ctime tells
    files = tuple(FileDrift(str(tmp_path / name), state) for name, state in states.items())
    found = Drift(NOW, "bookworm", "post-queue", (ComponentDrift("x", "x", files),))
    host = SimpleNamespace(config=SimpleNamespace(drift=lambda: found))
    monkeypatch.setattr(local, "SITE_FILE", tmp_path)
    told = local.LocalSources(cast("Host", host), LocalRunner()).questions()["drift"]()
    assert len(told.files) == 5
    assert told.since == (tmp_path / "c").stat().st_ctime


def test_a_parameter_that_nothing_uses(tmp_path: Path) -> None:
    if shutil.which("postconf", path="/usr/sbin") is None:
        pytest.skip("there is no postconf")
    (tmp_path / "main.cf").write_text("compatibility_level = 3.6\nsmtpd_tls_certfile = /x\n")
    (tmp_path / "master.cf").write_text(
        "smtp inet n - y - - smtpd\n  -o content_filter=scan:[127.0.0.1]:10024\n"
    )
    found = setup(LocalRunner(), ("-c", str(tmp_path)), timeout=30)
    assert found.unused == (f"{tmp_path}/main.cf: unused parameter: smtpd_tls_certfile=/x",)
    assert found.listening == (("smtp", "smtpd"),)
    assert [place.port for place in ports.of_postfix(found)] == [25, 10024]
