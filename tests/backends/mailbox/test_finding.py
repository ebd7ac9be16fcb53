"""Bytes looked for by the C library."""

from hypothesis import given
from hypothesis import strategies as st

from backends.mailbox.finding import places


@given(st.lists(st.sampled_from([b"From ", b"From", b" ", b"F", b"\n", b"\0", b"x" * 70])).map(b"".join))
def test_it_finds_what_python_finds(data: bytes) -> None:
    found, at = [], data.find(b"From ")
    while at >= 0:
        found.append(at)
        at = data.find(b"From ", at + 1)
    assert places(data, b"From ") == found
