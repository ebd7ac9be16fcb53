"""What is computed of scores beside the same in plain Python, slowly."""

from collections import Counter
from math import ceil

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backends.errors import BadRequest
from backends.scores import course, histogram, near, percentiles, rules, whatif
from backends.scores.store import UNKNOWN, Store
from backends.scores.summary import summary
from backends.scores.tally import KINDS, tally
from backends.scores.told import Ruled
from tests.backends.scores.making import MESSAGES, SCORES, START, Made, rows, scored, store

ALL = (0.0, float(UNKNOWN))
LEVELS = st.integers(-110_000, 110_000).map(lambda number: number / 1000)


def kind(one: Made) -> int:
    return 1 if one.category in {"SPAM", "SPAMMY"} else 2 if one.category in {"BANNED", "INFECTED"} else 0


def smallest(values: list[int], share: float) -> int | None:
    values = sorted(values)
    return values[max(1, ceil(share * len(values) - 1e-9)) - 1] if values else None


@settings(deadline=None, max_examples=40)
@given(MESSAGES, st.sampled_from(histogram.WIDTHS), st.integers(-30, 10), st.integers(1, 40))
def test_every_message_is_in_one_bucket(messages: list[Made], width: float, low: int, across: int) -> None:
    found = histogram.histogram(tally([rows(messages)]), low, low + across, width)
    step = round(width * 1000)
    first = round(found.low * 1000)
    expected = [[0, 0, 0] for _ in found.counts]
    below = above = 0
    for one in messages:
        if one.score is None:
            continue
        place = (one.score - first) // step
        if place < 0:
            below += 1
        elif place >= len(expected):
            above += 1
        else:
            expected[place][kind(one)] += 1
    assert [list(one) for one in found.counts] == expected
    assert (found.below, found.above) == (below, above)
    assert found.low <= low
    assert found.high >= low + across - 1e-6


@settings(deadline=None, max_examples=40)
@given(MESSAGES, LEVELS, LEVELS)
def test_a_moved_threshold_counts_and_lists_the_same_messages(
    messages: list[Made], was: float, at: float
) -> None:
    there = store(messages)
    found = whatif.moved(tally([rows(messages)]), "tag2", was, at)
    low, high = sorted((round(was * 1000), round(at * 1000)))
    changed = [n for n, one in enumerate(messages) if one.score is not None and low <= one.score < high]
    assert found.count == len(changed)
    assert found.ham == sum(kind(messages[number]) == 0 for number in changed)
    assert found.over == sum(one.score is not None and one.score >= round(was * 1000) for one in messages)
    assert found.scored == sum(one.score is not None for one in messages)
    assert whatif.rows_between(there, *found.between, *ALL).tolist() == changed[::-1]


@settings(deadline=None, max_examples=40)
@given(MESSAGES, st.floats(0, 1))
def test_percentiles(messages: list[Made], share: float) -> None:
    found = tally([rows(messages)])
    for kinds in ((0,), (1,), (2,), (0, 1, 2)):
        expected = smallest([m.score for m in messages if m.score is not None and kind(m) in kinds], share)
        assert found.percentile(share, kinds) == (None if expected is None else expected / 1000)


@settings(deadline=None, max_examples=40)
@given(st.lists(MESSAGES, max_size=4))
def test_blocks_add_up(parts: list[list[Made]]) -> None:
    whole = [one for part in parts for one in part]
    assert percentiles.spreads(tally(map(rows, parts))) == percentiles.spreads(tally([rows(whole)]))
    assert sum(one.count for one in percentiles.spreads(tally([rows(whole)]))[1:]) == len(whole)


@settings(deadline=None, max_examples=40)
@given(MESSAGES, LEVELS, st.integers(1, 5))
def test_the_doubtful_are_the_nearest(messages: list[Made], level: float, most: int) -> None:
    at = round(level * 1000)
    found = [
        (abs(one.score - at), -number)
        for number, one in enumerate(messages)
        if one.score is not None and kind(one) != 2 and abs(one.score - at) <= 1000
    ]
    expected = [-number for _, number in sorted(found)][:most]
    assert near.doubtful(store(messages), level, *ALL, most=most).tolist() == expected


@settings(deadline=None, max_examples=40)
@given(MESSAGES, st.integers(1, 30))
def test_the_course(messages: list[Made], slots: int) -> None:
    found = summary(store(messages), START, START + 7200, slots=slots).course
    inside = [one for one in messages if one.time < 7200]
    assert len(found.slots) == slots
    assert found.whole.count == len(inside)
    assert sum(slot.count for slot in found.slots) == len(inside)
    for number, slot in enumerate(found.slots):
        own = [one for one in inside if int(one.time // (7200 / slots)) == number]
        assert (slot.count, slot.spam, slot.virus) == (
            len(own),
            sum(kind(one) == 1 for one in own),
            sum(kind(one) == 2 for one in own),
        )
        took = [one.took for one in own if one.took is not None]
        assert slot.most == max(took, default=None)
        for share, shown in ((0.5, slot.p50), (0.95, slot.p95)):
            assert shown == pytest.approx(smallest(took, share), rel=0.01) if took else shown is None


@settings(deadline=None, max_examples=40)
@given(st.lists(st.tuples(st.booleans(), st.dictionaries(st.sampled_from("ABCD"), st.integers(-50, 50)))))
def test_rules(made: list[tuple[bool, dict[str, int]]]) -> None:
    messages = [Ruled(START, spam, None, tuple(scores.items())) for spam, scores in made]
    found = {one.name: one for one in rules.tallied(messages)}
    hits = Counter(name for _, scores in made for name in scores)
    assert {name: one.count for name, one in found.items()} == hits
    for name, one in found.items():
        gave = [(spam, scores[name]) for spam, scores in made if name in scores]
        assert one.spam == sum(spam for spam, _ in gave)
        assert one.spam_added == sum(score for spam, score in gave if spam and score > 0)
        assert one.ham_taken == sum(score for spam, score in gave if not spam and score < 0)
        assert one.sum == sum(score for _, score in gave)
    sums = [abs(one.sum) for one in rules.tallied(messages)]
    assert sums == sorted(sums, reverse=True)
    assert rules.tallied(rules.compacted(messages)) == rules.tallied(messages)
    counts = [one.count for one in rules.tallied(messages, order="count")]
    assert counts == sorted(counts, reverse=True)


@settings(deadline=None, max_examples=40)
@given(st.lists(SCORES, max_size=30), st.integers(4, 200))
def test_the_span_shows_the_thresholds(scores: list[int | None], buckets: int) -> None:
    found = tally([rows([Made(score=score) for score in scores])])
    low, high, width = histogram.span(found, buckets, None, (6.31, 6.31))
    assert low <= 6.31 < high
    assert len(histogram.histogram(found, low, high, width).counts) == buckets


def test_the_test_message_for_spam_filters_does_not_widen_what_is_shown() -> None:
    few = tally([rows(scored(-1.0, 0.4, 999.0, 1001.2))])
    low, high, width = histogram.span(few, 72, None, (6.31,))
    assert low < -1
    assert high < 50
    assert width <= 1
    found = histogram.histogram(few, low, high, width)
    assert (sum(map(sum, found.counts)), found.above) == (2, 2)


@pytest.mark.parametrize("kill", [999.0, 1e6, 1e300, float("inf"), -1e9])
def test_a_threshold_out_of_reach_does_not_hide_the_scores(kill: float) -> None:
    found = tally([rows(scored(-1.0, 0.4, 7.0))])
    low, high, _ = histogram.span(found, 72, None, (6.31, kill))
    assert low < -1 < 7 < high < 100
    over = 3 if kill < 0 else 0
    assert whatif.moved(found, "kill", kill, kill).over == over
    assert whatif.moved(found, "kill", kill, 5.0).count == (2 if kill < 0 else 1)


def test_nothing() -> None:
    found = summary(Store())
    assert found.tally.total() == 0
    assert found.tally.extremes() is None
    assert found.course.whole.p50 is None
    assert percentiles.spreads(found.tally)[0].p50 is None
    low, high, width = histogram.span(found.tally, 70, None, (6.31,))
    assert not any(map(any, histogram.histogram(found.tally, low, high, width).counts))
    assert whatif.moved(found.tally, "kill", 6.31, 0).count == 0


def test_one_message_and_all_the_same() -> None:
    for many in (1, 1000):
        found = summary(store(scored(*[3.5] * many)))
        spread = percentiles.spreads(found.tally)[0]
        assert (spread.p50, spread.p99, spread.least, spread.most) == (3.5, 3.5, 3.5, 3.5)
        low, high, width = histogram.span(found.tally, 70, None, (6.31,))
        counts = histogram.histogram(found.tally, low, high, width).counts
        assert [one for one in counts if any(one)] == [(many, 0, 0)]
        assert whatif.moved(found.tally, "tag2", 6.31, 3.5).count == many
        assert whatif.moved(found.tally, "tag2", 6.31, 3.501).count == 0


def test_a_score_on_the_level_is_over_it() -> None:
    found = tally([rows(scored(6.309, 6.31, 6.311))])
    assert whatif.moved(found, "tag2", 6.31, 6.31).over == 2
    assert whatif.moved(found, "tag2", 6.31, 6.311).count == 1


def test_many_move_and_the_latest_are_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(whatif, "MOST", 3)
    assert whatif.rows_between(store(scored(*[5.5] * 10)), 5, 6, *ALL).tolist() == [9, 8, 7]


@pytest.mark.parametrize(
    "text", ["", "tag2", "tag2=", "tag2=x", "tag2=nan", "tag2=inf", "kill=1001", "tag=2", "x=1"]
)
def test_no_threshold(text: str) -> None:
    with pytest.raises(BadRequest):
        whatif.parse_level(text)


def test_a_threshold() -> None:
    assert whatif.parse_level("tag2=5.0") == ("tag2", 5.0)


@settings(deadline=None, max_examples=40)
@given(st.lists(st.integers(0, UNKNOWN - 1), min_size=1, max_size=50))
def test_times_are_told_to_within_a_hundredth(times: list[int]) -> None:
    took = np.array(times, np.int64)
    back = [course._least(step) for step in course._step(took).tolist()]
    assert max(course._step(took)) < course._STEPS
    assert all(abs(one - other) <= other / 100 for one, other in zip(back, times, strict=True))


def test_kinds_have_names() -> None:
    assert KINDS == ("ham", "spam", "virus")
