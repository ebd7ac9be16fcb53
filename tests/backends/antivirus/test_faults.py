"""A clamd that does not do as it should: each its own error, in bounded time, and the status still tells the rest."""

import os
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from backends.antivirus.adapter import ClamAntivirus
from backends.antivirus.clamd import Clamd
from backends.antivirus.conf import Where
from backends.errors import BackendError, Missing, NotAnswering, NotPermitted, ParseFailed
from backends.runner import LocalRunner
from tests.support.clamav import EICAR, EICAR_NDB, PrivateClamd, why_not

PATIENCE = 1.0


@contextmanager
def listening(path: Path, behave: Callable[[socket.socket], None]) -> Iterator[Path]:
    """Somebody on a socket file who does with each connection what the test says."""
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
        server.listen()
        server.settimeout(0.1)
        stop = threading.Event()

        def serve() -> None:
            while not stop.is_set():
                try:
                    connection, _ = server.accept()
                except TimeoutError:
                    continue
                threading.Thread(target=attended, args=(connection,), daemon=True).start()

        def attended(connection: socket.socket) -> None:
            with connection:
                try:
                    behave(connection)
                except OSError:
                    return

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield path
        finally:
            stop.set()
            thread.join()


def antivirus(folder: Path, path: Path) -> ClamAntivirus:
    (folder / "signatures").mkdir(exist_ok=True)
    (folder / "signatures" / "eicar.ndb").write_text(EICAR_NDB)
    conf = folder / "clamd.conf"
    conf.write_text(f"LocalSocket {path}\nDatabaseDirectory {folder / 'signatures'}\nMaxScanTime 1000\n")
    return ClamAntivirus(
        LocalRunner(),
        clamd_conf=conf,
        freshclam_conf=folder / "freshclam.conf",
        patience=PATIENCE,
        record=lambda *_, **__: None,
    )


def failure(ask: Callable[[], object]) -> tuple[BackendError, float]:
    """The error, and how long it took to come."""
    started = time.monotonic()
    with pytest.raises(BackendError) as caught:
        ask()
    assert caught.value.hint
    return caught.value, time.monotonic() - started


def drip(connection: socket.socket) -> None:
    """Answer one byte at a time, without an end."""
    while True:
        connection.sendall(b"P")
        time.sleep(0.1)


def silent(connection: socket.socket) -> None:
    connection.recv(100)
    time.sleep(5)


def garbage(connection: socket.socket) -> None:
    connection.recv(100)
    connection.sendall(b"220 mail ESMTP \x1b[2J\xff\r\n")


def flood(connection: socket.socket) -> None:
    while True:
        connection.sendall(b"x" * 65536)


def closed(connection: socket.socket) -> None:
    connection.recv(10)


@pytest.mark.parametrize(
    ("behave", "kind"),
    [
        (drip, NotAnswering),
        (silent, NotAnswering),
        (garbage, ParseFailed),
        (flood, ParseFailed),
        (closed, ParseFailed),
    ],
)
def test_what_answers_badly_is_told_in_time(
    behave: Callable[[socket.socket], None], kind: type[BackendError], tmp_path: Path
) -> None:
    with listening(tmp_path / "socket", behave) as path:
        error, seconds = failure(lambda: Clamd(Where(socket=str(path)), PATIENCE).ask("PING", "PONG$"))
        assert isinstance(error, kind), error
        assert seconds < PATIENCE + 1
        assert "\x1b" not in str(error)
        status = antivirus(tmp_path, path).status()
        assert (status.daemon.answers, status.findings[0].state) == (False, "bad")
        assert [one.name for one in status.databases] == ["eicar.ndb"]


@pytest.mark.parametrize("behave", [drip, silent])
def test_a_scan_is_bounded_too(
    behave: Callable[[socket.socket], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backends.antivirus.scanning.TRANSFER", 1.0)
    with listening(tmp_path / "socket", behave) as path:
        error, seconds = failure(lambda: antivirus(tmp_path, path).scan("it", [bytes(1 << 20)] * 40))
        assert isinstance(error, NotAnswering | ParseFailed)
        assert seconds < 4


def test_commands_that_are_not_permitted_mean_that_it_is_up(tmp_path: Path) -> None:
    def careful(connection: socket.socket) -> None:
        said = connection.recv(100)
        connection.sendall(b"PONG\0" if said == b"zPING\0" else b"COMMAND UNAVAILABLE\0")

    with listening(tmp_path / "socket", careful) as path:
        status = antivirus(tmp_path, path).status()
        assert (status.daemon.answers, status.daemon.withheld) == (True, ("VERSION", "STATS"))
        assert {one.name: one.state for one in status.findings}["load"] == "note"
    with listening(
        tmp_path / "other", lambda connection: connection.sendall(b"COMMAND UNAVAILABLE\0")
    ) as path:
        assert antivirus(tmp_path, path).status().daemon.answers


def test_nobody_there(tmp_path: Path) -> None:
    error, _ = failure(lambda: antivirus(tmp_path, tmp_path / "socket").scan("it", [b"x"]))
    assert isinstance(error, Missing)
    assert error.exit_code == 3
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(tmp_path / "socket"))
    error, _ = failure(lambda: antivirus(tmp_path, tmp_path / "socket").scan("it", [b"x"]))
    assert isinstance(error, NotAnswering)
    assert "refused" in str(error)
    none = tmp_path / "none.conf"
    none.write_text("# nothing\n")
    error, _ = failure(lambda: ClamAntivirus(LocalRunner(), clamd_conf=none).selftest(lambda _: None))
    assert "LocalSocket" in str(error)
    status = ClamAntivirus(LocalRunner(), clamd_conf=tmp_path / "not there", freshclam_conf=none).status()
    assert "apt install clamav-daemon" in status.findings[0].hint + status.daemon.hint


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to become somebody else")
def test_a_socket_without_rights(tmp_path: Path) -> None:
    with listening(tmp_path / "socket", silent) as path:
        path.chmod(0o600)
        for folder in (tmp_path, *tmp_path.parents[:3]):
            folder.chmod(0o755)
        reading, writing = os.pipe()
        if not (child := os.fork()):
            os.setresuid(65534, 65534, 65534)
            try:
                Clamd(Where(socket=str(path)), PATIENCE).ask("PING", "PONG$")
            except NotPermitted as error:
                os.write(writing, f"{error}; {error.hint}".encode())
            finally:
                os._exit(0)
        os.close(writing)
        os.waitpid(child, 0)
        assert b"not open to this user; run mailtui as root" in os.read(reading, 1000)
        os.close(reading)


@pytest.mark.real
@pytest.mark.skipif(bool(why_not()), reason=why_not())
def test_the_real_one_hung_full_and_stopped() -> None:
    with PrivateClamd() as clamd:
        antivirus = clamd.antivirus(patience=PATIENCE)
        with clamd.hung():
            started = time.monotonic()
            status = antivirus.status()
            assert time.monotonic() - started < 2 * PATIENCE + 1
            assert not status.daemon.answers
            assert "did not answer in time" in status.findings[0].said
            assert clamd.process is not None
            assert f"process {clamd.process.pid} runs" in status.findings[0].said
            crowd = [socket.socket(socket.AF_UNIX) for _ in range(300)]
            for one in crowd:
                one.setblocking(False)
                one.connect_ex(str(clamd.socket))
            error, seconds = failure(lambda: antivirus.scan("it", [EICAR]))
            assert isinstance(error, NotAnswering)
            assert seconds < PATIENCE + 1
            for one in crowd:
                one.close()
        assert antivirus.scan("it", [EICAR]).verdict == "infected"
        clamd.stop()
        status = antivirus.status()
        assert (status.daemon.answers, status.daemon.pid) == (False, None)
        assert [one.name for one in status.databases] == ["eicar.ndb"]


@pytest.mark.real
@pytest.mark.skipif(bool(why_not()), reason=why_not())
def test_the_real_one_crashes_while_it_is_streamed_to() -> None:
    with PrivateClamd() as clamd:

        def content() -> Iterator[bytes]:
            yield b"x" * 1000
            assert clamd.process is not None
            clamd.process.kill()
            clamd.process.wait()
            for _ in range(20):
                yield bytes(1 << 18)

        error, seconds = failure(lambda: clamd.antivirus().scan("it", content()))
        assert isinstance(error, NotAnswering | ParseFailed)
        assert seconds < 5
        clamd.process = None


def test_an_empty_chunk_does_not_end_a_stream(tmp_path: Path) -> None:
    got = bytearray()

    def collect(connection: socket.socket) -> None:
        while not got.endswith(struct.pack(">I", 0)) or len(got) < 20:
            got.extend(connection.recv(1000))
        connection.sendall(b"stream: OK\0")

    with listening(tmp_path / "socket", collect) as path:
        assert antivirus(tmp_path, path).scan("it", [b"", b"abc", b"", b"d"]).verdict == "clean"
    assert bytes(got) == b"zINSTREAM\0" + b"\0\0\0\3abc" + b"\0\0\0\1d" + bytes(4)
