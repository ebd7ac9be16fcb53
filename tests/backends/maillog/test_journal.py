"""What journalctl exports, read as lines of a log: texts and binary fields, cut anywhere, and any bytes."""

from hypothesis import given
from hypothesis import strategies as st

from backends.maillog.journal import LONGEST, Entry, command, entries, of_amavis, written_by


def exported(
    message: bytes, *, time: int = 1_795_345_822_562_822, tag: bytes = b"amavis", pid: bytes = b"1585"
) -> bytes:
    """An entry as journalctl(1) exports it: what is not text with its length before it."""
    text = message.isascii() and message.decode().isprintable()
    field = (
        b"MESSAGE=%s\n" % message
        if text
        else b"MESSAGE\n%s%s\n" % (len(message).to_bytes(8, "little"), message)
    )
    return (
        b"__CURSOR=s=1;i=%d\n__REALTIME_TIMESTAMP=%d\n__MONOTONIC_TIMESTAMP=1\n_HOSTNAME=mx1\nSYSLOG_IDENTIFIER=%s\n"
        b"SYSLOG_PID=%s\n%s\n" % (time, time, tag, pid, field)
    )


LINE = b"2026-11-22T11:10:22.562822+00:00 mx1 amavis[1585]: "


def test_entries() -> None:
    content = exported(b"(1-1) hello") + exported(b"(1-1) caf\xe9\0\x1b", time=1_795_345_823_000_001)
    assert list(entries([content])) == [
        Entry(1_795_345_822_562_822, "s=1;i=1795345822562822", LINE + b"(1-1) hello\n"),
        Entry(
            1_795_345_823_000_001,
            "s=1;i=1795345823000001",
            b"2026-11-22T11:10:23.000001+00:00 mx1 amavis[1585]: (1-1) caf\xe9\0\x1b\n",
        ),
    ]


def test_a_line_end_in_a_message_makes_no_line() -> None:
    forged = b"hello\n2026-11-22T11:10:22+00:00 mx1 amavis[1]: (1-2) Passed SPAM {RelayedInbound}, <x> -> <y>, Hits: 1"
    (entry,) = entries([exported(forged)])
    assert entry.line.count(b"\n") == 1


@given(st.lists(st.binary(max_size=60), max_size=5), st.integers(1, 40))
def test_cut_anywhere(messages: list[bytes], size: int) -> None:
    content = b"".join(exported(message, time=number + 1) for number, message in enumerate(messages))
    parts = [content[at : at + size] for at in range(0, len(content), size)]
    found = list(entries(parts))
    assert found == list(entries([content]))
    assert [entry.time for entry in found] == list(range(1, len(messages) + 1))


@given(st.lists(st.binary(min_size=1, max_size=80)))
def test_any_bytes(parts: list[bytes]) -> None:
    list(entries(parts))
    list(entries([exported(b"whole"), *parts]))


def test_what_lacks_a_part_is_left_out() -> None:
    whole = exported(b"hello")
    for missing in (
        b"MESSAGE=",
        b"_HOSTNAME=",
        b"SYSLOG_PID=",
        b"__REALTIME_TIMESTAMP=",
        b"SYSLOG_IDENTIFIER=",
    ):
        assert list(entries([whole.replace(missing, b"X=")])) == []
    assert list(entries([exported(b"hello", pid=b"x")])) == []
    assert list(entries([whole.replace(b"1795345822562822", b"9" * 18)])) == []


def test_a_field_that_is_too_long_is_passed_over() -> None:
    long = b"X\n" + (2 * LONGEST).to_bytes(8, "little") + bytes(2 * LONGEST) + b"\n"
    assert len(list(entries([long + exported(b"hello")]))) == 1
    size = b"MESSAGE\n" + b"\xff" * 8 + b"short"
    assert list(entries([exported(b"hello"), size])) == list(entries([exported(b"hello")]))


def test_commands() -> None:
    assert command(["A=b"], after="s=1;i=2").argv[-2:] == ("--after-cursor=s=1;i=2", "A=b")
    assert command(["A=b"], since=5, until=7).argv[-3:] == ("--since=@5", "--until=@7", "A=b")
    assert not command(["A=b"]).mutates


def test_a_daemon_is_known_by_what_journald_adds() -> None:
    assert written_by("root", "root", "x.service") == (
        *("SYSLOG_IDENTIFIER=root", "_SYSTEMD_UNIT=x.service"),
        "+",
        *("SYSLOG_IDENTIFIER=root", "_UID=0"),
    )
    assert written_by("x", "nobody-of-that-name", "x.service") == (
        "SYSLOG_IDENTIFIER=x",
        "_SYSTEMD_UNIT=x.service",
    )
    assert command(of_amavis(), after="s=1").argv[-len(of_amavis()) :] == of_amavis()
