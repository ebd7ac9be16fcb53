"""The simulated mail system: queues, time, and what postsuper(1) and postqueue(1) do to messages.

Its state depends on the seed, the seconds since the start and the acts done, not on how often it was looked at:
things happen at whole seconds, in an order of their own, when `advance` reaches them.
"""

from collections.abc import Iterable
from heapq import heapify, heappop, heappush
from random import Random
from threading import RLock

from backends.queue.message import NULL_SENDER
from mailtui.demo.arrival import (
    ARRIVAL_RATE,
    HOSTILE_NUMBER,
    new_mail,
    next_arrival,
    queue_id,
    starting_queue,
)
from mailtui.demo.chance import draw, share
from mailtui.demo.mail import LIFETIME, NEVER, Mail, backoff
from mailtui.demo.population import HOME
from mailtui.demo.trouble import DELIVERS, TIMEOUT

SHOWQ_ORDER = ("maildrop", "active", "incoming", "deferred", "hold")
POSTSUPER_DEFAULT = ("hold", "incoming", "active", "deferred")
FLUSH_RATE = 200  # messages a second that the queue manager takes in
RECEIVED_HEADER = 115
EVENTS_AT_ONCE = 50_000  # about half a second of work


class Simulation:
    """A mail system of `messages` queued messages at `start` (epoch seconds); every method is safe in threads."""

    def __init__(self, seed: int, messages: int, start: int) -> None:
        self.seed = seed
        self.start = self.time = start
        self.over = set[str]()  # names of troubles that were mended
        self.lock = RLock()
        self._queues: dict[str, dict[str, Mail]] = {name: {} for name in SHOWQ_ORDER}
        self._events: list[tuple[int, int, Mail]] = []
        for mail in starting_queue(seed, messages, start):
            self._queues[mail.queue][mail.queue_id] = mail
            if mail.queue != "hold":
                self._events.append((mail.due, mail.number, mail))
        heapify(self._events)
        self._number = self._serial = messages
        self._rng = Random(seed + 1)  # noqa: S311 - has to repeat
        self._arrives = start + self._rng.expovariate(ARRIVAL_RATE)

    def advance(self, now: float) -> None:
        """Let happen what happens up to `now` (epoch seconds); an earlier time than before changes nothing.

        After a jump of many hours the rest is left to the next calls, so that none takes long.
        """
        with self.lock:
            for _ in range(EVENTS_AT_ONCE):
                due = self._events[0][0] if self._events else NEVER
                if min(due, self._arrives) > int(now):
                    self.time = max(self.time, int(now))
                    break
                if self._arrives <= due:
                    self.time = int(self._arrives)
                    mail, self._arrives = next_arrival(self._next_number(), self._rng, self._arrives)
                    self._put(mail, "incoming", mail.due)
                else:
                    self.time, _, mail = heappop(self._events)
                    if mail.due == self.time:
                        self._happen(mail)

    def listing(self) -> list[bytes]:
        """The lines of `postqueue -j`."""
        with self.lock:
            return [mail.encoded or mail.line() for queue in self._queues.values() for mail in queue.values()]

    def find(self, name: str, queues: Iterable[str] = SHOWQ_ORDER) -> Mail | None:
        """The message of a queue ID, in one of those queues."""
        return next((mail for queue in queues if (mail := self._queues[queue].get(name))), None)

    def deferred(self) -> dict[str, Mail]:
        """The deferred messages by queue ID."""
        with self.lock:
            return dict(self._queues["deferred"])

    def names(self, queues: Iterable[str]) -> list[str]:
        """All queue IDs of some queues."""
        return [name for queue in queues for name in self._queues[queue]]

    def hold(self, name: str) -> bool:
        """Whether the message was put on hold."""
        mail = self.find(name, ("incoming", "active", "deferred"))
        if mail is not None:
            self._put(mail, "hold", NEVER)
        return mail is not None

    def release(self, name: str) -> bool:
        """Whether the message was released; it is tried with the next second."""
        mail = self.find(name, ("hold",))
        if mail is not None:
            self._put(mail, "deferred", self.time + 1)
        return mail is not None

    def requeue(self, name: str) -> bool:
        """Whether the message goes through the filters again; it comes back under another queue ID."""
        mail = self.find(name, POSTSUPER_DEFAULT)
        if mail is not None:
            mail.failure = None
            self._put(mail, "maildrop", self.time + 1)
        return mail is not None

    def expire(self, name: str) -> bool:
        """Whether the message was marked for return with its next failed attempt; false when it already was."""
        mail = self.find(name, POSTSUPER_DEFAULT)
        if mail is None or mail.expired:
            return False
        mail.expired, mail.encoded = True, b""
        return True

    def delete(self, name: str) -> Mail | None:
        """The message, taken out of its queue."""
        mail = self.find(name, POSTSUPER_DEFAULT)
        if mail is not None:
            self._remove(mail)
        return mail

    def restore(self, mail: Mail) -> None:
        """Link a deleted message back on hold; its delay reasons went with its defer log."""
        mail.failure = None
        self._put(mail, "hold", NEVER)

    def flush(self, mails: Iterable[Mail]) -> None:
        """Try the deferred ones among those messages now, as fast as the queue manager takes them in."""
        deferred = (mail for mail in mails if mail.queue == "deferred")
        for place, mail in enumerate(deferred):
            self._put(mail, "deferred", self.time + 1 + place // FLUSH_RATE)

    def _happen(self, mail: Mail) -> None:
        match mail.queue:
            case "maildrop":
                self._remove(mail)
                mail.number = self._next_number()
                mail.queue_id = queue_id(mail.number, Random(mail.number))  # noqa: S311 - has to repeat
                mail.size += RECEIVED_HEADER
                mail.attempts, mail.expired = 0, False
                self._put(mail, "incoming", self.time + 1)
            case "incoming" | "deferred":
                mail.attempts += 1
                mail.failure = None
                spread = draw("takes", self.seed, mail.number, mail.attempts) % (2 * mail.trouble.seconds)
                self._put(mail, "active", self.time + 1 + spread)
            case "active":
                self._attempted(mail)

    def _attempted(self, mail: Mail) -> None:
        trouble, tries = mail.trouble, (self.seed, mail.number, mail.attempts)
        over = trouble.name in self.over or trouble.over(self.time - self.start)
        recovers = 1.0 if over else trouble.recovers
        failed = tuple(
            [
                address
                for place, address in enumerate(mail.recipients)
                if not recovers or share("delivers", *tries, place) >= recovers
            ]
        )
        age = self.time - mail.arrival
        if not failed:
            self._remove(mail)
        elif mail.expired or age >= LIFETIME:
            self._remove(mail)
            self._bounce(mail)
        else:
            mail.recipients, mail.failure = failed, draw("reason", *tries)
            self._put(mail, "deferred", self.time + backoff(age))

    def _bounce(self, mail: Mail) -> None:
        """Return the message to its sender; a bounce itself is not returned (bounce(8))."""
        if mail.sender == NULL_SENDER:
            return
        number = self._next_number()
        rng = Random(number)  # noqa: S311 - has to repeat
        stuck = mail.number == HOSTILE_NUMBER or (
            not mail.sender.endswith(HOME) and share("bounce", self.seed, number) < 0.3
        )
        bounce = new_mail(number, TIMEOUT if stuck else DELIVERS, self.time, rng)
        bounce.sender, bounce.recipients = NULL_SENDER, (mail.sender,)
        bounce.size = min(mail.size, 50_000) + 2000
        self._put(bounce, "active", self.time + bounce.trouble.seconds)

    def _put(self, mail: Mail, queue: str, due: int) -> None:
        if queue != mail.queue:
            self._queues[mail.queue].pop(mail.queue_id, None)
        mail.queue, mail.due, mail.encoded = queue, due, b""
        self._queues[queue][mail.queue_id] = mail
        if due < NEVER:
            self._serial += 1
            heappush(self._events, (due, self._serial, mail))

    def _remove(self, mail: Mail) -> None:
        mail.due = NEVER
        del self._queues[mail.queue][mail.queue_id]

    def _next_number(self) -> int:
        self._number += 1
        return self._number - 1
