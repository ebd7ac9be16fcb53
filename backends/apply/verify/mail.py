"""Real mail through the real stack: a message sent, and followed to where it must be; nothing of it stays but what is
quarantined."""

import re
import time
from collections.abc import Callable
from typing import NamedTuple

from backends.apply.verify.advice import Advice
from backends.apply.verify.checks import Clock, Found, Sleep
from backends.apply.verify.folder import File, Folder
from backends.apply.verify.letters import CLEAN, EICAR, GTUBE, Letter, header, letter, tagged
from backends.apply.verify.queue import Waiting, again, gone, waiting, withdraw
from backends.apply.verify.smtp import Reply, Route, Silent, send
from backends.runner import Runner

GLANCE = 0.2  # s between two looks into folders
LOOK = 3.0  # s between two looks into the queue, which may be long
NOTICE = 3.0  # s in which a notice of a virus arrives, if amavis sends one
STRAY = 1.0  # s in which what left the filter is delivered
TAG = "SPAM: "
AGAIN = 12  # attempts; more than amavis has children
STALE = re.compile(r"during fwd-.*(?:Broken pipe|Connection reset)")
"""What amavis says when it tries a connection to Postfix that it kept, and that a restart of Postfix has closed.

Each of its children says so once, and any client would try again.
"""


class Fate(NamedTuple):
    """What became of a message that was accepted; neither: it was not seen again."""

    delivered: File | None = None
    waiting: Waiting | None = None


class Courier:
    """Sends messages and follows them into the mailbox and the quarantine, each for `patience` seconds at most."""

    def __init__(
        self,
        runner: Runner,
        route: Route,
        mailbox: Folder,
        quarantine: Folder,
        advice: Advice,
        *,
        patience: float,
        clock: Clock = time.monotonic,
        sleep: Sleep = time.sleep,
    ) -> None:
        self._runner, self._route, self._mailbox, self._quarantine = runner, route, mailbox, quarantine
        self._advice, self._patience, self._clock, self._sleep = advice, patience, clock, sleep

    def clean(self) -> Found:
        """A message that nothing is wrong with is delivered."""
        return self._must_arrive("a clean message", CLEAN, self._as_it_is)

    def spam(self) -> Found:
        """GTUBE is delivered, tagged."""
        return self._must_arrive("spam (GTUBE)", GTUBE, self._tagged)

    def virus(self) -> Found:
        """EICAR is refused (pre-queue) or swallowed (post-queue), and quarantined."""
        until = self._begin()
        ours = letter(self._route.address, "a virus (EICAR)", EICAR)
        reply = self._send(ours)
        if isinstance(reply, Found):
            return reply
        if reply.code not in {250, 554}:
            self._clear(ours, queued=False)
            return Found(good=False, evidence=f"{reply} (to {reply.step})", hint=self._advice.on(reply.text))
        kept, fate = self._quarantined(ours, reply, until)
        stray = self._clear(ours, queued=reply.code == 250, noticed=kept is not None)
        fate = fate._replace(delivered=fate.delivered or stray)
        return self._judged(reply, kept, fate)

    # Sending and following

    def _begin(self) -> float:
        """Remember what is there already; gives until when is waited."""
        self._mailbox.begin()
        self._quarantine.begin()
        return self._clock() + self._patience

    def _send(self, ours: Letter) -> Reply | Found:
        """Send it; what is found where the server broke off. It may have taken it nevertheless."""
        try:
            for _ in range(AGAIN):
                reply = send(self._route, ours.content, ours.mark, self._patience, self._clock)
                if reply.code == 250 or not STALE.search(reply.text):
                    break
                self._sleep(GLANCE)
            return reply
        except Silent as error:
            self._clear(ours)
            said = str(error)
            silent = "no answer" in said and self._advice.filter == "pre-queue"
            hint = self._advice.about("amavis") if silent else self._advice.on(said)
            return Found(good=False, evidence=said, hint=hint)

    def _must_arrive(self, subject: str, text: tuple[str, ...], judge: Callable[[File], Found]) -> Found:
        until = self._begin()
        ours = letter(self._route.address, subject, text)
        reply = self._send(ours)
        if isinstance(reply, Found):
            return reply
        if reply.code != 250:
            self._clear(ours, queued=False)
            return Found(good=False, evidence=f"{reply} (to {reply.step})", hint=self._advice.on(reply.text))
        fate = self._followed(ours, until)
        if fate.delivered is not None:
            taken = self._take(ours.is_it, fate.delivered)
            found = judge(fate.delivered)
            return found if taken else found._replace(evidence=f"{found.evidence}; it could not be removed")
        late = self._clear(ours)
        return self._not_arrived(reply, fate.waiting, late)

    def _followed(self, ours: Letter, until: float) -> Fate:
        """Wait for it in the mailbox, unless the queue says that it will be long in coming."""
        looked = self._clock()
        while True:
            if file := self._mailbox.find(ours.is_it):
                return Fate(file)
            now = self._clock()
            if now >= until or now - looked >= LOOK:
                held = waiting(self._runner, self._route.address, ours.message_id)
                if now >= until or self._stuck(held):
                    return Fate(None, held)
                looked = self._clock()
            self._sleep(GLANCE)

    def _quarantined(self, ours: Letter, reply: Reply, until: float) -> tuple[File | None, Fate]:
        """Wait for it in the quarantine, and until the filter is done with it; it may turn up in the mailbox instead."""
        began = looked = self._clock()
        kept = None
        while True:
            kept = kept or self._quarantine.find(ours.is_it)
            if kept is not None and (not reply.queue_id or gone(self._runner, reply.queue_id)):
                return kept, Fate()
            if file := self._mailbox.find(ours.is_it):
                return kept, Fate(file)
            now = self._clock()
            if now >= until or (reply.code == 554 and now >= began + NOTICE):
                return kept, Fate()
            if reply.code == 250 and now - looked >= LOOK:
                held = waiting(self._runner, self._route.address, ours.message_id)
                if self._stuck(held):
                    return kept, Fate(None, held)
                looked = now
            self._sleep(GLANCE)

    def _stuck(self, held: Waiting | None) -> bool:
        """Whether a message will be long in coming; one that only met a closed connection is tried again at once."""
        if held is not None and STALE.search(held.reason):
            again(self._runner, held.queue_id)
            return False
        return held is not None and held.reason != ""

    # Clearing up

    def _take(self, is_it: Callable[[bytes], bool], file: File) -> bool:
        """Remove it from the mailbox; a mail reader may have moved it meanwhile."""
        for _ in range(5):
            if self._mailbox.remove(file):
                return True
            self._sleep(GLANCE)
            moved = self._mailbox.find(is_it)
            if moved is None:
                return True
            file = moved
        return False

    def _clear(self, ours: Letter, *, queued: bool = True, noticed: bool = False) -> File | None:
        """Take what is left of it out of queue and mailbox; gives the message, if it was delivered after all.

        `queued`: it may be in the queue; `noticed`: amavis tells the postmaster of it, most likely.
        """
        if queued and (held := waiting(self._runner, self._route.address, ours.message_id)):
            withdraw(self._runner, held.queue_id, ours.message_id)
        until = self._clock() + STRAY
        latest = self._clock() + (NOTICE if noticed else 0.0)
        stray = None
        while True:
            if file := self._mailbox.find(ours.is_it):
                self._take(ours.is_it, file)
                stray = file
            if notice := self._mailbox.find(ours.is_told_of):
                self._take(ours.is_told_of, notice)
                latest = until
            if self._clock() >= max(until, latest):
                return stray
            self._sleep(GLANCE)

    # Judging

    def _as_it_is(self, file: File) -> Found:
        scanned = header(file.content, "X-Virus-Scanned")
        said = f"X-Virus-Scanned: {scanned}" if scanned else "no X-Virus-Scanned in its header"
        return Found(good=True, evidence=f"delivered as {file}; {said}")

    def _tagged(self, file: File) -> Found:
        said = (
            f"delivered as {file}; Subject: {header(file.content, 'Subject')}; "
            f"X-Spam-Flag: {header(file.content, 'X-Spam-Flag') or 'none'}"
        )
        hint = (
            "@bypass_spam_checks_maps and $sa_spam_subject_tag in /etc/amavis/conf.d/50-user; "
            f"{self._advice.log('amavis')}"
        )
        return Found(tagged(file, TAG), said, hint)

    def _not_arrived(self, reply: Reply, held: Waiting | None, late: File | None) -> Found:
        if held is not None:
            why = held.reason or "no reason is known yet"
            return Found(
                good=False,
                evidence=f"waited in the queue as {held.queue_id} ({held.queue}): {why}",
                hint=self._advice.on(why) if held.reason else self._advice.about("amavis"),
            )
        if late is not None:
            slow = f"delivered only after {self._patience:g} s, as {late}"
            return Found(good=False, evidence=slow, hint="see what takes so long: uptime; qshape")
        return Found(
            good=False,
            evidence=f"accepted ({reply}), but neither in ~{self._advice.user}/Maildir nor in the queue",
            hint=f"see where it went: {self._advice.mail_log}; postalias -q postmaster hash:/etc/aliases",
        )

    def _judged(self, reply: Reply, kept: File | None, fate: Fate) -> Found:
        """What is to be said of the virus."""
        wanted = 554 if self._advice.filter == "pre-queue" else 250
        scanner = (
            f"{self._advice.start('clamav-daemon')}; @bypass_virus_checks_maps in /etc/amavis/conf.d/50-user"
        )
        if fate.delivered is not None:
            return Found(good=False, evidence=f"{reply}; delivered as {fate.delivered}", hint=scanner)
        if fate.waiting is not None:
            return self._not_arrived(reply, fate.waiting, None)
        if kept is None:
            where = "no new virus-* in /var/lib/amavis/virusmails"
            hint = f"ls -ld /var/lib/amavis/virusmails; {self._advice.log('amavis')}"
            return Found(good=False, evidence=f"{reply}; {where}", hint=hint)
        return Found(
            reply.code == wanted,
            f"{reply}; {kept}",
            f"$final_virus_destiny in /etc/amavis/conf.d/50-user fits another filter than {self._advice.filter}",
        )
