"""What we read of a source beside what the real postmap(1) and postalias(1) put into a table."""

from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from backends.maps.lines import Entry, entries, quote, read
from tests.support.maps import Tables, why_not

PIECES = [
    *(b"a", b"B", b"key", b"Key", b"value", b" ", b"\t", b"\r", b"\v", b"\n", b"\n", b"#", b'"', b"\\", b":"),
    *(
        b"\0",
        b"@",
        b".",
        "ä".encode(),
        "Ä".encode(),
        b"\xff",
        b"root: x\n",
        b"k v\n",
        b",",
        b";",
        b"|",
        b"[",
        b"(",
    ),
]
SOURCES = st.lists(st.sampled_from(PIECES), max_size=40).map(b"".join)
REAL = settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def taken(found: Iterable[Entry]) -> set[bytes]:
    """Keys and values as `postmap -s` prints them: folded, the first of each key."""
    first: dict[bytes, bytes] = {}
    for one in found:
        if one.key and one.value and one.problem in {"", "nul"}:
            first.setdefault(one.key.decode().casefold().encode(), one.value)
    return {key + b"\t" + value for key, value in first.items()}


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Tables:
    if reason := why_not():
        pytest.skip(reason)
    return Tables(tmp_path_factory.mktemp("lines"))


def in_table(tables: Tables, source: bytes, tool: str) -> set[bytes]:
    path: Path = tables.etc / "source"
    path.write_bytes(source)
    built = tables.run(tool, f"hash:{path}")
    assert built.returncode == 0, built.stderr
    return set(filter(None, tables.run("postmap", "-s", f"hash:{path}").stdout.split(b"\n")))


@REAL
@given(SOURCES)
@example(b"A@b.C  one\n  cont\n# c\n more\n\nkey only\nbare\nend noeol")
@example(b'"quo ted"@x val\nquo"ted x"@y val\nback\\ slash v\nend\\')
@example(b"n\0ul v\n leading ws\n")
@example(b"  lead x\n y\nk v\n")
@example(b"k\n v\n")
def test_postmap_takes_what_we_read(shared: Tables, source: bytes) -> None:
    assert taken(entries(source)) == in_table(shared, source, "postmap")


NAMES = st.sampled_from(
    ["root", "Bob", '"a b"', "x+y", "|cmd", "owner-l", "a.b", "root", "user@dom", '"q\\"x"', "ä"]
)
VALUES = st.sampled_from(["x", "a, b", ":include:/x", '"|cmd x"', "a@b", "", "a\n  b", "a,\n# c\n\tb"])
ALIASES = st.lists(
    st.builds(
        "{}{}{}{}\n".format, NAMES, st.sampled_from([":", " :", ""]), st.sampled_from([" ", "\t", ""]), VALUES
    )
)


@REAL
@given(ALIASES.map("".join).map(str.encode))
@example(b"  lead x\nroot: a\nbad line\n:include: x\n\tmore y\n")
@example(b"root: a\nRoot: b\n")
def test_postalias_takes_the_keys_that_we_read(shared: Tables, source: bytes) -> None:
    ours = {line.partition(b"\t")[0] for line in taken(entries(source, alias=True))}
    theirs = {line.partition(b"\t")[0] for line in in_table(shared, source, "postalias")}
    assert ours == theirs - {b"@", b"YP_LAST_MODIFIED", b"YP_MASTER_NAME"}


@given(st.binary())
def test_any_bytes_are_read_and_every_entry_stands_where_it_says(source: bytes) -> None:
    at = 0
    for one in entries(source):
        assert at <= one.start < one.end <= len(source)
        assert source[: one.start].count(b"\n") + 1 == one.line
        at = one.end


@given(st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\0\n"), min_size=1))
def test_a_quoted_alias_is_read_as_what_was_quoted(name: str) -> None:
    key = name.encode()
    if key.strip(b" \t\v\f\r") == key:
        assert read(quote(key, alias=True) + b" x", alias=True) == (key, b"x", "")
