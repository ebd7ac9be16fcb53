"""The quick way against the slow one, over lines made of usual and of broken pieces."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.backends.scores.reading import line_by_line, rows_of
from tests.backends.scores.test_line import GOLDEN

STAMPS = (
    "2026-11-22T11:10:22.562822+00:00",
    "2026-11-22T23:59:59.000001-05:30",
    "Nov 22 11:10:22",
    "Feb 29 00:00:00",
    "2026-11-22T11:10:22Z",
    "2026-11-22T11:60:22.562822+00:00",
    "2026-11-22T25:10:22.562822+00:00",
    "Nov 31 11:10:22",
)
HOSTS = ("mx1", "mx2.example.org", "h", "::1", "a" * 60)
TAGS = (
    "amavis[1585]",
    "amavis[1]",
    "amavis[12345678]",
    "amavis[123456789012]",
    "amavis[]",
    "amavis",
    "xamavis[1]",
    "postfix/smtpd[7]",
)
IDS = ("(01585-01)", "(01585-01-2)", "(1)", "()", "((1))", "(01585 01)", "(" + "1" * 39 + ")")
VERBS = ("Passed", "Blocked", "passed")
CATEGORIES = (
    "CLEAN",
    "SPAM",
    "SPAMMY",
    "OTHER",
    "MTA-BLOCKED",
    "OVERSIZED",
    "BAD-HEADER-2",
    "BAD-HEADER-12",
    "BAD-HEADER",
    "UNCHECKED",
    "UNCHECKED-ENCRYPTED",
    "INFECTED (Eicar)",
    "BANNED (a,.exe,{x}.exe)",
    "BANNED (a) {RelayedInbound}, b)",
    "HAM",
)
ACTIONS = (
    "{RelayedInbound}",
    "{DiscardedInbound,Quarantined}",
    "{RelayedTaggedOutbound,Archived,Quarantined,RelayedInternal}",
    "{}",
    "{Relayed-}",
    "{RelayedInbound",
    "",
)
ADDRESSES = (
    "<a@example.org> -> <b@example.test>",
    "<> -> <b@example.test>,<c@example.test>",
    '<"> -> <y>, Hits: 9, size: 1, 1 ms"@x> -> <b@example.test>',
    "",
)
IDENTIFIERS = (
    ", Message-ID: <1@example.org>, mail_id: S7umGqOWg0-6",
    "",
    ", Message-ID: <a, Hits: 9, size: 1, 2 ms>",
    ", quarantine: e/spam-x.gz, Queue-ID: 1D7D3242683",
)
NUMBERS = st.one_of(
    st.sampled_from(
        [
            "-",
            "0",
            "-0",
            "-1",
            "5.1",
            "6.31",
            "1001.197",
            "999",
            "2.1..6.9",
            "inf",
            "nan",
            "1e9",
            "5.",
            ".5",
            "--1",
            "1.2.3",
            "",
            "9" * 30,
            "12345678.1",
        ]
    ),
    st.floats(-50, 2000).map(lambda value: f"{value:.3f}".rstrip("0").rstrip(".")),
    st.floats(allow_nan=True, allow_infinity=True).map(str),
)
SIZES = st.one_of(
    st.integers(0, 1 << 40).map(lambda size: f", size: {size}"),
    st.sampled_from(["", ", size: ", ", size: x", ", size: 1.5"]),
)
QUEUED = (
    ", queued_as: 87BBD242673",
    "",
    ", queued_as: a/b",
    ", dkim_sd=20230601:gmail.com",
    ', Subject: "x, Hits: 9, size: 1, 1 ms"',
    ", queued_as: ",
)
TOOK = st.one_of(
    st.integers(0, 1 << 40).map(lambda took: f", {took} ms"),
    st.sampled_from(["", ", ms", " 5 ms", ", 5 ms ", ", 5 ms, 6 ms"]),
)


@st.composite
def lines(draw: st.DrawFn) -> bytes:
    """A line: each piece usual most of the time."""

    def one(pieces: tuple[str, ...]) -> str:
        return pieces[0] if draw(st.integers(0, 4)) else draw(st.sampled_from(pieces))

    text = (
        f"{one(STAMPS)} {one(HOSTS)} {one(TAGS)}: {one(IDS)} {one(VERBS)} {draw(st.sampled_from(CATEGORIES))}"
    )
    text += f" {one(ACTIONS)}, [10.0.0.1]:25 {one(ADDRESSES)}{one(IDENTIFIERS)}, Hits: {draw(NUMBERS)}{draw(SIZES)}{one(QUEUED)}{draw(TOOK)}"
    line = text.encode()
    if not draw(st.integers(0, 5)):
        at = draw(st.integers(0, len(line)))
        line = (
            line[:at] + draw(st.binary(max_size=4)).replace(b"\n", b"") + line[at + draw(st.integers(0, 3)) :]
        )
    return line.replace(b"...", b"..") + b"\n"


@settings(max_examples=400, deadline=None)
@given(st.lists(lines(), max_size=6))
def test_any_lines_are_read_as_one_by_one(found: list[bytes]) -> None:
    content = b"".join(found)
    assert rows_of(content).tolist() == line_by_line(content).tolist()


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=400), st.integers(0, 5))
def test_any_bytes(content: bytes, repeated: int) -> None:
    golden = (GOLDEN / "categories.log").read_bytes()
    rows = rows_of(content * repeated + b"\n" + golden)
    assert len(rows) >= len(rows_of(golden))


@pytest.mark.parametrize("size", [1 << 18, 300_000])
def test_blocks_do_not_matter(size: int) -> None:
    """Whole, and cut into blocks at all kinds of places: lines that are cut, and lines that syslog has split."""
    content = (
        b"".join(
            (GOLDEN / f"{name}.log").read_bytes() for name in ("split", "fields", "hostile", "categories")
        )
        * 60
    )
    whole, parts = rows_of(content), rows_of(content, size=size)
    assert len(whole) == 60 * (6 + 17 + 6 + 26)
    assert np.array_equal(whole, parts)


def test_a_line_of_ten_megabytes_is_left_out() -> None:
    golden = (GOLDEN / "categories.log").read_bytes()
    long = b"2026-11-22T11:10:22.562822+00:00 mx1 amavis[1]: (1-1) Passed CLEAN {" + b"x{" * (5 << 20) + b"\n"
    assert len(rows_of(golden + long + golden)) == 2 * len(rows_of(golden))
    assert len(rows_of(golden + long[: 1 << 20] + b"\n" + golden)) == 2 * len(rows_of(golden))
