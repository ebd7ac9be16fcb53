"""The files of a log: their order, what is no log file, and what cannot be decompressed."""

import gzip
import os
from pathlib import Path

import pytest

from backends.errors import BackendError, Failed, Missing, NotPermitted
from backends.maillog.files import Log, opened, rotated

LINES = b"".join(
    b"2026-11-22T11:10:22+00:00 mx1 line %d of some text\n" % number for number in range(100_000)
)


def whole(path: Path, at: int = 0) -> tuple[bytes, str]:
    """All of a log from a place on, and why it ended too early."""
    with Log(path) as log, log.reader(at) as reader:
        return reader.read(len(LINES) * 2), log.trouble


def test_the_order_of_rotation(tmp_path: Path) -> None:
    names = ["mail.log.10.gz", "mail.log.2.gz", "mail.log.1", "mail.log"]
    for name in (
        *names,
        "mail.log.x",
        "mail.logs",
        "mail.log.2.xz",
        "mail.err",
        "mail.log.1.bak",
        "mail.log~",
    ):
        (tmp_path / name).touch()
    found = rotated(tmp_path / "mail.log")
    assert [path.name for path in found.paths] == names
    assert [path.name for path in found.unread] == ["mail.log.2.xz"]


def test_the_order_of_dates(tmp_path: Path) -> None:
    names = ["mail.log-20261115.gz", "mail.log-20261122", "mail.log-2026112312", "mail.log"]
    for name in names:
        (tmp_path / name).touch()
    assert [path.name for path in rotated(tmp_path / "mail.log").paths] == names


def test_there_is_no_log(tmp_path: Path) -> None:
    assert rotated(tmp_path / "gone" / "mail.log").paths == ()
    with pytest.raises(Missing, match="There is no"):
        Log(tmp_path / "mail.log")


def test_a_log_keeps_its_key(tmp_path: Path) -> None:
    path = tmp_path / "mail.log"
    path.write_bytes(LINES)
    with Log(path) as log:
        key = log.key
    packed = tmp_path / "mail.log.1.gz"
    packed.write_bytes(gzip.compress(LINES + LINES))
    with Log(packed) as log:
        assert log.key == key
        assert log.length() == 2 * len(LINES)


@pytest.mark.parametrize("at", [0, 1, 5_000_000])
def test_plain_and_packed_are_the_same(tmp_path: Path, at: int) -> None:
    (tmp_path / "plain").write_bytes(LINES)
    (tmp_path / "packed").write_bytes(gzip.compress(LINES))
    (tmp_path / "members").write_bytes(gzip.compress(LINES[:100_001]) + gzip.compress(LINES[100_001:]))
    (tmp_path / "padded").write_bytes(gzip.compress(LINES) + bytes(1000))
    for name in ("plain", "packed", "members", "padded"):
        assert whole(tmp_path / name, at) == (LINES[at:], ""), name


def test_a_packed_log_that_is_cut_off(tmp_path: Path) -> None:
    packed = gzip.compress(LINES)
    (tmp_path / "cut").write_bytes(packed[: len(packed) // 2])
    content, trouble = whole(tmp_path / "cut")
    assert LINES.startswith(content)
    assert len(content) > len(LINES) // 4
    assert trouble == "it is cut off: its compressed data do not end"


def test_a_packed_log_that_is_damaged(tmp_path: Path) -> None:
    packed = bytearray(gzip.compress(LINES))
    half = len(packed) // 2
    packed[half : half + 200] = b"\xff" * 200
    (tmp_path / "damaged").write_bytes(packed)
    content, trouble = whole(tmp_path / "damaged")
    assert LINES.startswith(content[:1_000_000])
    assert len(content) > len(LINES) // 4
    assert trouble == "it is damaged: what follows cannot be decompressed"


@pytest.mark.parametrize(
    "content",
    [b"\x1f\x8b", b"\x1f\x8b" + b"\xff" * 1000, gzip.compress(b"")],
    ids=["two bytes", "no method", "empty"],
)
def test_no_gzip_at_all(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "log").write_bytes(content)
    assert whole(tmp_path / "log")[0] == b""


def test_what_is_no_plain_file(tmp_path: Path) -> None:
    (tmp_path / "real").write_bytes(LINES)
    (tmp_path / "link").symlink_to("real")
    os.mkfifo(tmp_path / "pipe")
    for name in ("link", "pipe", "."):
        with pytest.raises(Failed) as raised:
            Log(tmp_path / name)
        assert raised.value.hint
    with Log(tmp_path / "link", follow=True) as log:
        assert log.size == len(LINES)


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to become another user")
def test_no_rights(tmp_path: Path) -> None:
    path = tmp_path / "mail.log"
    path.write_bytes(LINES)
    path.chmod(0o600)
    source, sink = os.pipe()
    child = os.fork()
    if not child:
        try:
            os.setresuid(65534, 65534, 65534)
            Log(path).close()
        except NotPermitted as error:
            os.write(sink, f"{error}: {error.hint}".encode())
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    said = f"{path} cannot be read: Permission denied: run mailtui as root, or add this user to the group adm"
    assert os.read(source, 1000).decode() == said
    os.close(source)
    os.close(sink)


def test_each_log_is_opened_once(tmp_path: Path) -> None:
    """While logrotate copies, renames or compresses, the same lines are there twice."""
    (tmp_path / "mail.log").write_bytes(LINES)
    (tmp_path / "mail.log.1").write_bytes(LINES)
    os.link(tmp_path / "mail.log", tmp_path / "mail.log.2")
    (tmp_path / "mail.log.3.gz").write_bytes(gzip.compress(LINES))
    (tmp_path / "mail.log.4").touch()
    (tmp_path / "mail.log.5").mkdir()
    logs, errors = opened(rotated(tmp_path / "mail.log").paths)
    assert [log.path.name for log in logs] == ["mail.log"]
    assert [type(error) for error in errors] == [Failed]
    for log in logs:
        log.close()


def test_gone_between_listing_and_opening(tmp_path: Path) -> None:
    logs, errors = opened((tmp_path / "mail.log.1",))
    assert (logs, errors) == ([], [])
    logs, errors = opened((tmp_path / "named.log",), follow=True)
    assert logs == []
    assert [type(error) for error in errors] == [Missing]
    assert all(isinstance(error, BackendError) and error.hint for error in errors)
