"""One simulated message, the line that `postqueue -j` prints for it, and Postfix's back-off."""

from dataclasses import dataclass
from functools import cache

from mailtui.demo.trouble import DAY, Trouble

NEVER = 1 << 62
MINIMAL_BACKOFF = 300
MAXIMAL_BACKOFF = 4000
LIFETIME = 5 * DAY

_ESCAPES = {code: f"\\u{code:04X}" for code in (*range(32), 127)}
_ESCAPES.update({ord(char): f"\\{name}" for char, name in zip('"\\\b\f\n\r\t', '"\\bfnrt', strict=True)})


@dataclass(eq=False, slots=True)
class Mail:
    """A message in a queue; `due` is when something happens to it next (epoch seconds).

    `failure` is what the delay reasons of its recipients are made from when they are asked for; None: the first
    attempt has not failed yet.
    """

    number: int
    queue: str
    queue_id: str
    arrival: int
    size: int
    sender: str
    recipients: tuple[str, ...]
    trouble: Trouble
    failure: int | None = None
    due: int = NEVER
    attempts: int = 0
    expired: bool = False
    encoded: bytes = b""  # its line, once asked for; whoever changes the message empties it

    def line(self) -> bytes:
        """As postqueue(1) prints it, line end included."""
        if not self.encoded:
            self.encoded = self._encode()
        return self.encoded

    def _encode(self) -> bytes:
        if self.failure is None:
            recipients = ", ".join([f'{{"address": "{quoted(address)}"}}' for address in self.recipients])
        else:
            reason = self.trouble.reason
            recipients = ", ".join(
                [
                    f'{{"address": "{quoted(address)}", "delay_reason": "{quoted(reason(address, variant))}"}}'
                    for variant, address in enumerate(self.recipients, self.failure)
                ]
            )
        return (
            f'{{"queue_name": "{self.queue}", "queue_id": "{self.queue_id}", "arrival_time": {self.arrival}, '
            f'"message_size": {self.size}, "forced_expire": {"true" if self.expired else "false"}, '
            f'"sender": "{quoted(self.sender)}", "recipients": [{recipients}]}}\n'
        ).encode()


def quoted(text: str) -> str:
    """The text inside JSON quotes, escaped as Postfix does it: upper-case hex, 8-bit text as it is."""
    if text.isprintable() and '"' not in text and "\\" not in text:
        return text
    return text.translate(_ESCAPES)


def backoff(age: int) -> int:
    """Seconds until the next attempt: as long as the message has waited, within Postfix's bounds (qmgr(8))."""
    return min(max(age, MINIMAL_BACKOFF), MAXIMAL_BACKOFF)


@cache
def schedule(age: int) -> tuple[int, int]:
    """Attempts that a message of this age has had, and seconds until the next."""
    at, attempts = 2, 1
    while (after := at + backoff(at)) <= age:
        if after > MAXIMAL_BACKOFF:
            more = (age - after) // MAXIMAL_BACKOFF
            at, attempts = after + more * MAXIMAL_BACKOFF, attempts + 1 + more
        else:
            at, attempts = after, attempts + 1
    return attempts, after - age
