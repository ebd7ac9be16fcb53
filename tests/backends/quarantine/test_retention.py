from array import array
from math import inf

from hypothesis import given
from hypothesis import strategies as st

from backends.quarantine.names import KINDS
from backends.quarantine.retention import YOUNGEST, Files, Policy, Room, by_age, by_room, going, policy
from backends.quarantine.settings import KeepSettings, QuarantineSettings, Reserve

NOW = 1_700_000_000.0
DAY = 86400.0
ROOMY = Room(size=100 << 30, free=50 << 30, inodes=1_000_000, free_inodes=500_000)
VIRUS, SPAM, BADH, ARCHIVE = map(KINDS.index, ("virus", "spam", "badh", "archive"))
FOREVER: tuple[float | None, ...] = (None,) * len(KINDS)


def files(*rows: tuple[int, float, int]) -> Files:
    """Files of a kind, an age in days, and a size."""
    return Files(
        bytes(kind for kind, _, _ in rows),
        array("d", [NOW - days * DAY for _, days, _ in rows]).tobytes(),
        array("q", [size for _, _, size in rows]).tobytes(),
    )


def gone(rules: Policy, found: Files, room: Room = ROOMY) -> list[tuple[int, int]]:
    """How many of which kind go."""
    before = by_age(rules, NOW)
    counts, *_ = going([found], by_room(rules, [found], room, before, NOW))
    return [(kind, count) for kind, count in enumerate(counts) if count]


def test_settings_become_a_policy() -> None:
    settings = QuarantineSettings(
        keep=KeepSettings(virus="90d"), max_size="2GiB", min_free="5%", order=("spam", "virus"), max_delete=9
    )
    rules = policy(settings)
    assert rules.keep[VIRUS] == 90 * DAY
    assert rules.keep[ARCHIVE] is None
    assert rules.order == (SPAM, VIRUS)
    assert (rules.max_size, rules.min_free, rules.max_delete) == (2 << 30, Reserve(part=0.05), 9)
    assert rules.needs_room
    assert not policy(QuarantineSettings()).needs_room


def test_each_kind_has_an_age_of_its_own() -> None:
    rules = policy(QuarantineSettings(keep=KeepSettings(virus="30d", spam="14d")))
    found = files((VIRUS, 31, 1), (VIRUS, 29, 1), (SPAM, 15, 1), (SPAM, 13, 1), (ARCHIVE, 9999, 1))
    assert gone(rules, found) == [(VIRUS, 1), (SPAM, 1)]


def test_the_youngest_are_never_deleted() -> None:
    rules = Policy(keep=(0.0,) * len(KINDS), order=(SPAM,), max_size=1)
    found = files((SPAM, (YOUNGEST - 1) / DAY, 10), (SPAM, (YOUNGEST + 1) / DAY, 10))
    assert gone(rules, found) == [(SPAM, 1)]


def test_files_from_the_future_stay() -> None:
    rules = policy(QuarantineSettings(max_size="1"))
    assert gone(rules, files((SPAM, -400, 100), (SPAM, -1, 100))) == []
    assert by_age(rules, 0.0)[SPAM] < 0  # a clock that was set back to 1970


def test_too_large_the_oldest_go_kind_after_kind() -> None:
    rules = Policy(keep=FOREVER, order=(SPAM, VIRUS), max_size=250)
    found = files(
        *((SPAM, day, 100) for day in (1, 2)), *((VIRUS, day, 100) for day in (7, 8)), (BADH, 9, 100)
    )
    assert gone(rules, found) == [(VIRUS, 1), (SPAM, 2)]
    before = by_room(rules, [found], ROOMY, by_age(rules, NOW), NOW)
    assert NOW - 8 * DAY < before[VIRUS] < NOW - 7 * DAY
    assert before[BADH] == -inf


def test_a_kind_without_a_place_in_the_order_stays() -> None:
    rules = Policy(keep=FOREVER, order=(SPAM,), max_size=1)
    assert gone(rules, files((ARCHIVE, 400, 100), (SPAM, 1, 100))) == [(SPAM, 1)]


def test_what_goes_by_age_counts_as_room() -> None:
    rules = Policy(keep=(*FOREVER[:SPAM], 10 * DAY, *FOREVER[SPAM + 1 :]), order=(BADH,), max_size=100)
    assert gone(rules, files((SPAM, 11, 500), (BADH, 20, 100))) == [(SPAM, 1)]


def test_space_to_be_left_free_counts_in_blocks() -> None:
    rules = Policy(keep=FOREVER, order=(SPAM,), min_free=Reserve(part=0.1))
    full = Room(size=100_000_000, free=10_000_000 - 8192, inodes=0, free_inodes=0)
    assert gone(rules, files(*((SPAM, day, 10) for day in range(1, 9))), full) == [(SPAM, 2)]
    bytes_only = Policy(keep=FOREVER, order=(SPAM,), min_free=Reserve(size=10_000_000))
    assert gone(bytes_only, files(*((SPAM, day, 5000) for day in range(1, 9))), full) == [(SPAM, 1)]


def test_inodes_to_be_left_free() -> None:
    rules = Policy(keep=FOREVER, order=(SPAM,), min_free=Reserve(part=0.1))
    full = Room(size=100, free=90, inodes=1000, free_inodes=97)
    assert gone(rules, files(*((SPAM, day, 0) for day in range(1, 9))), full) == [(SPAM, 3)]


@given(
    st.lists(st.tuples(st.integers(0, 7), st.floats(-5, 100), st.integers(0, 1 << 40)), max_size=60),
    st.integers(0, 1 << 41),
)
def test_what_is_left_fits_unless_it_may_not_go(rows: list[tuple[int, float, int]], limit: int) -> None:
    rules = Policy(keep=FOREVER, order=tuple(range(len(KINDS))), max_size=limit)
    found = files(*rows)
    before = by_room(rules, [found], ROOMY, by_age(rules, NOW), NOW)
    _, sizes, _ = going([found], before)
    left = sum(size for _, _, size in rows) - sum(sizes)
    old = [size for _, days, size in rows if NOW - days * DAY < NOW - YOUNGEST]
    if limit and sum(sizes) < sum(old):
        assert left <= limit
    if not limit:
        assert sum(sizes) == 0
