"""A filter as it is typed finds in the database what it finds in memory, whatever texts it holds."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backends.errors import BadRequest
from backends.greylist.matching import matches
from backends.greylist.select import narrowed
from backends.greylist.values import Filter, Rules, Triplet, Word
from tests.backends.greylist.conftest import ROWS, Make

NOW = 100_000
ODD = Triplet("192.0.2.77", "50%_o\\'hara|@example.net", "x\x1b[2J@example.test", 99_990, 99_990, 1)
LINES = (
    "ann",
    "!ann",
    "from:ann to:carla",
    "domain:example.org",
    "!domain:EXAMPLE.org !domain:example.net",
    "client:192.0.2.1",
    "client:192.0.2. !client:192.0.2.10",
    "client:192.0.2. client:198.51.",
    "state:never",
    "!state:passed",
    "older:1d",
    "newer:1m",
    "50%_o",
    "%",
    "_",
    "\\'",
    "|",
    '"o\\\'hara"',
    "192.0.2.7",
    "domain:void",
)


def test_the_database_finds_what_is_found_in_memory(make: Make) -> None:
    rows = (*ROWS, ODD)
    adapter = make(*rows, clock=lambda: NOW)
    whole = Filter(sender="ANN@example.org", recipient="bob@example.test", whole=True)
    for wanted in (*(narrowed(Filter(), line) for line in LINES), whole, Filter(day=0), Filter(day=86400)):
        expected = {row.key for row in rows if matches(wanted, row, Rules(), NOW)}
        assert {row.key for row in adapter.page(wanted).rows} == expected, wanted
        assert adapter.count(wanted) == len(expected)


def test_what_is_typed_narrows_what_was_chosen() -> None:
    chosen = Filter(client="192.0.2.", state="never")
    assert narrowed(chosen, "") == chosen
    found = narrowed(chosen, 'client:192.0.2.7 !"a b" weird:thing older:1d')
    assert (found.client, found.state, found.older_than) == ("192.0.2.", "never", 86400)
    assert found.words == (
        Word("client", "192.0.2.7"),
        Word("", "a b", excluded=True),
        Word("", "weird:thing"),
    )
    assert narrowed(Filter(), "client:192.0.2.").by_key
    with pytest.raises(BadRequest, match="no state") as raised:
        narrowed(Filter(), "state:\x1b[2J")
    assert "\x1b" not in str(raised.value)


@given(st.text(max_size=60))
def test_any_line_is_a_filter_or_a_mistake(line: str) -> None:
    with suppress(BadRequest):
        assert isinstance(narrowed(Filter(), line), Filter)
