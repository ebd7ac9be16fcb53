"""Rows of a store, made of plain values."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from hypothesis import strategies as st

from backends.maillog.verdict import CATEGORIES
from backends.scores.store import HIGHEST, NO_SCORE, ROW, UNKNOWN, Rows, Store

START = 1_700_000_000


class Made(NamedTuple):
    """One message: seconds behind START, score in thousandths (None: it has none), scan time in ms (None: not known)."""

    time: int = 0
    score: int | None = 0
    category: str = "CLEAN"
    took: int | None = 100


def rows(messages: Sequence[Made]) -> Rows:
    """The rows of these messages."""
    found = np.zeros(len(messages), ROW)
    for number, one in enumerate(messages):
        found[number]["time"] = START + one.time
        found[number]["score"] = NO_SCORE if one.score is None else one.score
        found[number]["category"] = CATEGORIES.index(one.category)
        found[number]["took"] = UNKNOWN if one.took is None else one.took
        found[number]["size"] = UNKNOWN
    return found


def store(messages: Sequence[Made]) -> Store:
    """A store of these messages."""
    return Store.of(rows(messages))


def scored(*scores: float, category: str = "CLEAN") -> list[Made]:
    """Messages with these scores, one a second."""
    return [Made(time, round(score * 1000), category) for time, score in enumerate(scores)]


SCORES = st.one_of(
    st.none(),
    st.integers(-20_000, 30_000),
    st.sampled_from([0, 6310, 6309, 6311, 5000, -100_000, 100_000, 100_001, -100_001, HIGHEST, -HIGHEST]),
)
MESSAGES = st.lists(
    st.builds(
        Made,
        st.integers(0, 7200),
        SCORES,
        st.sampled_from(CATEGORIES),
        st.one_of(st.none(), st.integers(0, 5000), st.integers(0, UNKNOWN - 1)),
    ),
    max_size=60,
)
