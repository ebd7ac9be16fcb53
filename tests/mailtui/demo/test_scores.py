"""The simulated scores: the same each time, and as amavis would have written them."""

import numpy as np

from backends.journal import Journal
from backends.scores.line import parse
from backends.scores.store import NO_SCORE
from mailtui.demo.quarantine import DemoQuarantine
from mailtui.demo.quarantined import population
from mailtui.demo.scored import log_line
from mailtui.demo.scores import DemoBayes, DemoScores

NOON = 1795435200.0
QUARANTINED = 684
MESSAGE = b"Subject: x\n\nbody\n"


def scores(now: float = NOON, seed: int = 1) -> DemoScores:
    return DemoScores(seed, NOON, QUARANTINED, lambda: now)


def test_the_same_seed_gives_the_same_messages() -> None:
    one, other = scores().read().store, scores().read().store
    assert len(one) == len(other) > 20_000
    assert (one.row(7) == other.row(7)).all()
    assert one.row(7) != scores(seed=2).read().store.row(7)


def test_more_come_as_the_clock_goes_on() -> None:
    before, later = scores().read().store, scores(NOON + 3600).read().store
    assert len(later) > len(before)
    assert (later.row(len(before) - 1) == before.row(len(before) - 1)).all()
    assert before.span[1] <= NOON < later.span[1]


def test_its_log_lines_are_amavis_s() -> None:
    subject = scores()
    reading = subject.read()
    for row, one in subject.messages(reading, range(0, len(reading.store), 97)):
        text = log_line(one).split("]: ", 1)[1].split(") ", 1)[1]
        read = parse(text.encode("utf-8", "surrogateescape"), one.time, one.am_id)
        assert read is not None
        assert (read.category, read.score, read.mail_id, read.size, read.took, read.blocked) == (
            one.category, one.score, one.mail_id, one.size, one.took, one.blocked,
        )  # fmt: skip
        assert read.quarantine == one.quarantine
        stored = reading.store.row(row)[0]
        assert stored["score"] == (NO_SCORE if one.score is None else round(one.score * 1000))


def test_rules_make_up_the_score() -> None:
    for one in scores().rules().messages[:500]:
        if one.source == "mailbox" and one.score is not None:
            assert round(sum(score for _, score in one.rules), 3) == one.score


def test_what_was_quarantined_is_in_the_demo_s_quarantine() -> None:
    subject = scores()
    reading = subject.read()
    quarantine = DemoQuarantine(1, QUARANTINED, lambda: NOON, Journal())
    listing = quarantine.read()
    kept = [row for row, one in subject.messages(reading) if one.quarantine]
    assert len(kept) > 100
    for row in kept[::10]:
        found = subject.show(reading, row)
        place = listing.row_of(found.copy)
        assert place is not None
        (header,) = quarantine.headers([listing.target(place)])
        assert header.rules == found.rules
        assert header.sender == found.message.sender
    assert len(population(1, QUARANTINED, NOON)) > len(kept)


def test_there_is_something_to_see() -> None:
    rows = scores().read().store.row
    found = np.concatenate([rows(row) for row in range(0, 20_000, 7)])
    assert 0.08 < np.mean(found["score"] >= 6310) < 0.2
    assert (found["score"] == NO_SCORE).any()


def test_bayes_learns_once_and_forgets() -> None:
    subject = DemoBayes(NOON, Journal())
    before = subject.state()
    assert [subject.learn(as_, MESSAGE).new for as_ in ("spam", "spam", "ham", "forget", "forget")] == [
        True, False, True, True, False,
    ]  # fmt: skip
    subject.learn("spam", MESSAGE)
    assert subject.state().spam == before.spam + 1
