"""SMTP as a program on this machine speaks it with Postfix, every answer kept."""

import re
import smtplib
import time
from collections.abc import Callable
from contextlib import suppress
from typing import NamedTuple

from backends.apply.verify.checks import Clock, Found
from backends.errors import NotAnswering

PATIENCE = 10.0  # s for the steps that reach no filter
_QUEUED = re.compile(r"queued as ([0-9A-Za-z]+)\s*$")


class Reply(NamedTuple):
    """What the server answered to the last step that was taken."""

    step: str
    code: int
    text: str

    def __str__(self) -> str:
        return f"{self.code} {self.text}"

    @property
    def queue_id(self) -> str:
        """The queue ID that Postfix gave the message, or nothing."""
        found = _QUEUED.search(self.text)
        return found[1] if found and self.code == 250 else ""


class Silent(NotAnswering):
    """The conversation broke off at a step."""

    def __init__(self, step: str, why: str) -> None:
        super().__init__(f"{why} after {step}", hint="postfix status; see who has the port: ss -ltnp")


class Talk:
    """One connection to a port of this machine; `patience` seconds for all of it."""

    def __init__(self, port: int, name: str, patience: float, clock: Clock = time.monotonic) -> None:
        self._port, self._name = port, name
        self._clock, self._deadline, self._patience = clock, clock() + patience, patience
        self._smtp = smtplib.SMTP(local_hostname=name, timeout=patience)

    def begin(self) -> Reply:
        """Connect and say EHLO; gives the answer to the last of these.

        :raises Silent: the server does not answer.
        """
        greeting = self._taken("connecting", lambda: self._smtp.connect("127.0.0.1", self._port))
        return self.say("EHLO", self._name) if greeting.code == 220 else greeting

    def say(self, verb: str, words: str) -> Reply:
        """One command and its answer.

        :raises Silent: the server does not answer.
        """
        return self._taken(verb, lambda: self._smtp.docmd(verb, words))

    def message(self, content: bytes) -> Reply:
        """DATA and the message.

        :raises Silent: the server does not answer.
        """
        return self._taken("DATA", lambda: self._smtp.data(content))

    def end(self) -> None:
        with suppress(smtplib.SMTPException, OSError):
            if self._smtp.sock is not None:
                self._smtp.sock.settimeout(1.0)
            self._smtp.quit()
        self._smtp.close()

    def _taken(self, step: str, take: Callable[[], tuple[int, bytes]]) -> Reply:
        left = max(0.1, self._deadline - self._clock())
        self._smtp.timeout = left
        if self._smtp.sock is not None:
            self._smtp.sock.settimeout(left)
        try:
            code, text = take()
        except smtplib.SMTPResponseException as error:
            return Reply(step, error.smtp_code, _line(error.smtp_error))
        except (smtplib.SMTPException, OSError) as error:
            late = isinstance(error, TimeoutError) or isinstance(error.__context__, TimeoutError)
            why = f"no answer within {self._patience:g} s" if late else _why(error)
            raise Silent(step, why) from error
        return Reply(step, code, _line(text))


class Route(NamedTuple):
    """How mail of ours goes: the port it is sent to, the name given there, the address it is from and to."""

    port: int
    name: str
    address: str


def send(route: Route, content: bytes, mark: str, patience: float, clock: Clock = time.monotonic) -> Reply:
    """Send a message; gives the answer to the last step, or to the one refused.

    `mark` is said to no effect (NOOP, RFC 5321 4.1.1.9), so that it stands in a transcript of the session that Postfix
    mails to the postmaster (notify_classes of postconf(5)).

    :raises Silent: the server does not answer.
    """
    talk = Talk(route.port, route.name, patience, clock)
    try:
        reply = talk.begin()
        if reply.code == 250:
            talk.say("NOOP", mark)
        for verb, way in (("MAIL", "FROM"), ("RCPT", "TO")):
            if reply.code != 250:
                return reply
            reply = talk.say(verb, f"{way}:<{route.address}>")
        return talk.message(content) if reply.code == 250 else reply
    finally:
        talk.end()


def check_vrfy(port: int, name: str) -> Found:
    """VRFY tells nobody who has a mailbox here.

    :raises Silent: the server does not answer.
    """
    reply = _asked(port, name, ("VRFY", "postmaster"))
    return Found(reply.code == 502, str(reply), "postconf disable_vrfy_command must say yes")


def check_unknown(port: int, name: str, domain: str) -> Found:
    """A user who is not there is refused for good, before any message is sent.

    :raises Silent: the server does not answer.
    """
    steps = (("MAIL", f"FROM:<postmaster@{domain}>"), ("RCPT", f"TO:<mailtui-nobody@{domain}>"))
    reply = _asked(port, name, *steps)
    hint = "see postconf smtpd_reject_unlisted_recipient local_recipient_maps luser_relay"
    return Found(reply.step == "RCPT" and reply.code == 550, str(reply), hint)


def _asked(port: int, name: str, *steps: tuple[str, str]) -> Reply:
    talk = Talk(port, name, PATIENCE)
    try:
        reply = talk.begin()
        for verb, words in steps:
            if reply.code != 250:
                return reply
            reply = talk.say(verb, words)
        return reply
    finally:
        talk.end()


def _line(text: bytes | str) -> str:
    return " ".join((text if isinstance(text, str) else text.decode("utf-8", "replace")).split())


def _why(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error) or type(error).__name__
