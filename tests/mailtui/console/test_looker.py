"""Views made in threads: the first screen before the rest, and nothing of a wish that was superseded."""

from collections.abc import Callable

import pytest

from backends.errors import BackendError
from backends.queue.listing.snapshot import QueueSnapshot
from mailtui.panes.listed.looker import Looker, Make, Viewed
from mailtui.panes.queue.reading import Reading
from mailtui.panes.queue.view import SCREENFUL, View, Wish, look
from tests.backends.queue.making import NOW, message, store_of


@pytest.fixture
def reading() -> Reading:
    """Two hundred messages, every second from bob."""
    names = ("ann", "bob")
    store = store_of(message(f"A{i:06}", sender=f"{names[i % 2]}@example.org") for i in range(2 * SCREENFUL))
    return Reading(QueueSnapshot(store, float(NOW)))


def making(reading: Reading, wish: Wish, last: View | None) -> Make[View]:
    return lambda stop, early: look(reading, wish, float(NOW), last, stop=stop, early=early)


def looked(reading: Reading, wish: Wish, last: View | None) -> list[Viewed]:
    told: list[Viewed] = []
    Looker[View](lambda work: work(), told.append).look(making(reading, wish, last))
    return told


def whole(reading: Reading) -> View:
    view = looked(reading, Wish(), None)[-1].result
    assert isinstance(view, View)
    return view


def views(told: list[Viewed]) -> list[View]:
    return [one.result for one in told if isinstance(one.result, View)]


def test_without_a_view_before_there_is_one_step(reading: Reading) -> None:
    (view,) = views(looked(reading, Wish(), None))
    assert not view.partial
    assert len(view.rows) == 2 * SCREENFUL


def test_a_filter_shows_a_screen_then_all_rows_then_groups(reading: Reading) -> None:
    steps = views(looked(reading, Wish(filter="from:bob"), whole(reading)))
    assert [(step.partial, len(step.rows)) for step in steps] == [
        (True, SCREENFUL),
        (True, SCREENFUL),
        (False, SCREENFUL),
    ]
    assert {step.wish.filter for step in steps} == {"from:bob"}


def test_a_sort_shows_no_screen_of_its_own(reading: Reading) -> None:
    steps = views(looked(reading, Wish(sort="id", reverse=False), whole(reading)))
    assert [step.partial for step in steps] == [True, False]


def test_a_wrong_filter_is_told_once_as_an_error(reading: Reading) -> None:
    (told,) = looked(reading, Wish(filter="re:("), None)
    assert isinstance(told.result, BackendError)


def test_the_wish_of_before_is_let_go(reading: Reading) -> None:
    waiting: list[Callable[[], None]] = []
    told: list[Viewed] = []
    looker = Looker[View](waiting.append, told.append)
    looker.look(making(reading, Wish(), None))
    looker.look(making(reading, Wish(sort="id"), None))
    for work in waiting:
        work()
    finished = [one for one in told if isinstance(one.result, View) and not one.result.partial]
    assert [one.generation for one in finished] == [looker.generation] == [2]
