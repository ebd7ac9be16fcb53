"""Questions asked side by side, each in a thread that is waited for a bounded time only."""

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from queue import Empty, SimpleQueue
from threading import Event
from typing import Any

from backends.errors import BackendError, Failed, NotAnswering
from backends.text import visible

PATIENCE = 2.0  # s
LATER = 0.6
"""What comes later is asked when so much of the time is left."""
GLANCE = 0.1  # s between two looks whether it is to be stopped
Question = Callable[[], Any]


class Answer:
    """What came of a question: a value, or a BackendError; and how long it took, in seconds."""

    __slots__ = ("name", "outcome", "seconds")

    def __init__(self, name: str, outcome: Any, seconds: float) -> None:
        self.name, self.outcome, self.seconds = name, outcome, seconds


class Asking:
    """Asks; a question that hangs is not asked again until it has ended, however often it is wanted."""

    def __init__(self, patience: float = PATIENCE) -> None:
        self._patience = patience
        self._under_way: dict[str, threading.Thread] = {}
        self._lock = threading.Lock()

    def ask(
        self,
        questions: Mapping[str, Question],
        stop: Event | None = None,
        later: frozenset[str] = frozenset(),
    ) -> Iterator[Answer]:
        """The answers as they come; those that are missing after the patience last, as NotAnswering.

        The ones in `later` are asked when the others have answered, or have had some of the time.
        """
        answers: SimpleQueue[Answer] = SimpleQueue()
        began = time.monotonic()
        waiting, held = set(questions), later & questions.keys()
        for name in questions.keys() - held:
            self._start(name, questions[name], answers)
        while waiting and not (stop is not None and stop.is_set()):
            left = began + self._patience - time.monotonic()
            if left <= 0:
                break
            if held and (waiting == held or left < self._patience * LATER):
                for name in held:
                    self._start(name, questions[name], answers)
                held = frozenset()
            try:
                answer = answers.get(timeout=min(left, GLANCE))
            except Empty:
                continue
            waiting.discard(answer.name)
            yield answer
        for name in sorted(waiting):
            yield Answer(name, silent(self._patience), time.monotonic() - began)

    def _start(self, name: str, question: Question, answers: "SimpleQueue[Answer]") -> None:
        with self._lock:
            before = self._under_way.get(name)
            if before is not None and before.is_alive():
                return
            thread = threading.Thread(
                target=_answered, args=(name, question, answers), name=f"health-{name}", daemon=True
            )
            self._under_way[name] = thread
        thread.start()


def silent(seconds: float) -> NotAnswering:
    """What is told of a question without an answer."""
    return NotAnswering(
        f"did not answer in {seconds:g} s", hint="look whether it hangs, and at the load of the machine"
    )


def _answered(name: str, question: Question, answers: "SimpleQueue[Answer]") -> None:
    began = time.monotonic()
    try:
        outcome = question()
    except BackendError as error:
        outcome = error
    except Exception as error:  # noqa: BLE001 - one check that fails must not take the others along
        outcome = Failed(
            f"looking failed: {type(error).__name__}: {visible(str(error))[:200]}",
            hint="please report it; the other checks are not touched by it",
        )
    answers.put(Answer(name, outcome, time.monotonic() - began))
