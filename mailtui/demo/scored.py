"""What a simulated amavis scored in a week, and goes on to score: rows made from a seed, texts when they are asked for."""

from functools import cached_property
from random import Random
from time import localtime, strftime

import numpy as np
import numpy.typing as npt

from backends.maillog.verdict import CATEGORIES
from backends.scores.store import (
    BLOCKED,
    DIRECTIONS,
    NO_SCORE,
    QUARANTINED,
    ROW,
    TAGGED,
    THOUSANDTHS,
    UNKNOWN,
    Rows,
)
from backends.scores.told import Scored
from mailtui.demo.chance import draw
from mailtui.demo.content import HOSTILE_SUBJECT
from mailtui.demo.population import HOME, local_sender, outside_sender
from mailtui.demo.quarantined import LETTERS, PEOPLE, RULES, Quarantined, population

DAY = 86400
WEEK = 7 * DAY
AHEAD = DAY
"""Seconds for which there is more to come."""

A_WEEK = 31_000
LEVEL = 6.31
HOSTILE = 9973
"""Every so many messages one tries to be more than text."""

SLOW = 2400
"""Seconds for which clamd has been away: amavis scans slowly since."""

HAM_RULES = (
    ("BAYES_00", -1.9),
    ("DKIM_VALID_AU", -0.1),
    ("SPF_PASS", -0.001),
    ("HTML_MESSAGE", 0.001),
    ("RCVD_IN_DNSWL_MED", -2.3),
    ("MAILING_LIST_MULTI", -1.0),
    ("HTML_IMAGE_RATIO_02", 0.4),
    ("BAYES_50", 0.8),
    ("FREEMAIL_FROM", 0.001),
    ("HEADER_FROM_DIFFERENT_DOMAINS", 0.25),
)
SUBJECTS = (
    "Your offer",
    "Re: list of delegates",
    "[dev] release candidate",
    "News from the shop",
    "Minutes",
    "Invoice 2291",
)
KIND_OF = {
    "virus": "INFECTED",
    "banned": "BANNED",
    "unchecked": "UNCHECKED",
    "badh": "BAD-HEADER",
    "spam": "SPAM",
}
_HOURS = np.array([1, 1, 1, 1, 1, 2, 4, 7, 10, 11, 11, 10, 8, 10, 10, 9, 8, 6, 4, 3, 3, 2, 2, 1], np.float64)


class Traffic:
    """A week of mail before `start` (epoch seconds) and a day behind it, with what is in the demo's quarantine."""

    def __init__(self, seed: int, start: float, quarantined: int) -> None:
        self.start = int(start)
        self._seed = seed
        self._kept = [
            one
            for one in population(seed, quarantined, start)
            if one.mtime / 1e9 > start - WEEK and (one.kind != "spam" or one.score >= LEVEL)
        ]

    @cached_property
    def _made(self) -> tuple[Rows, npt.NDArray[np.int64]]:
        """All rows in the order of time, and beside each the place in the quarantine, or -1."""
        chance = np.random.default_rng(self._seed)
        own = self._rows(chance, A_WEEK * (WEEK + DAY + AHEAD) // WEEK)
        kept = np.zeros(len(self._kept), ROW)
        for place, one in enumerate(self._kept):
            self._fill(kept[place : place + 1], one)
        rows = np.concatenate([own, kept])
        places = np.concatenate([np.full(len(own), -1), np.arange(len(kept))])
        order = np.argsort(rows["time"], kind="stable")
        rows = rows[order]
        rows["at"] = np.arange(len(rows), dtype=np.uint64) * 400
        return rows, places[order]

    def until(self, now: float) -> Rows:
        """What was scored up to a time."""
        rows = self._made[0]
        found: Rows = rows[: int(np.searchsorted(rows["time"], int(now), side="right"))]
        return found

    def kept(self, row: int) -> Quarantined | None:
        """What is in the quarantine of a row's message."""
        place = int(self._made[1][row])
        return None if place < 0 else self._kept[place]

    def rules(self, row: int) -> tuple[tuple[str, float], ...]:
        """The rules that hit, which make up the score."""
        if kept := self.kept(row):
            return kept.rules
        score = int(self._made[0][row]["score"])
        if score == NO_SCORE:
            return ()
        chance = self._chance(row)
        pool = list(RULES if score >= LEVEL * THOUSANDTHS else HAM_RULES)
        chance.shuffle(pool)
        found: dict[str, float] = {}
        rest = score / THOUSANDTHS
        for name, value in pool:
            if len(found) < 2 or abs(rest - value) < abs(rest):
                found[name] = value
                rest = round(rest - value, 3)
        if rest:
            found["TXREP"] = rest
        return tuple(found.items())

    def subject(self, row: int) -> str:
        """What it is about."""
        if kept := self.kept(row):
            return kept.subject
        return HOSTILE_SUBJECT if row % HOSTILE == 0 else self._chance(row).choice(SUBJECTS)

    def scored(self, row: int) -> Scored:
        """What amavis wrote of a row."""
        one, kept, chance = self._made[0][row], self.kept(row), self._chance(row)
        direction = DIRECTIONS[one["direction"]]
        sender = local_sender(chance) if direction != "Inbound" else outside_sender(chance)
        recipients: tuple[str, ...] = (f"{chance.choice(PEOPLE)}@{HOME}",)
        if direction == "Outbound":
            recipients = (outside_sender(chance),)
        if kept:
            sender, recipients = kept.sender, kept.recipients
        elif row % HOSTILE == 0:
            sender = f"{HOSTILE_SUBJECT}@evil.example"
        flags = int(one["flags"])
        blocked = bool(flags & BLOCKED)
        named = ["Quarantined"] if flags & QUARANTINED else []
        score = None if one["score"] == NO_SCORE else int(one["score"]) / THOUSANDTHS
        number = draw(self._seed, row)
        mail_id = kept.mail_id if kept else "".join(Random(number).choices(LETTERS, k=12))  # noqa: S311 - repeats
        pid = 27000 + number % 900
        return Scored(
            time=float(one["time"]),
            blocked=blocked,
            category=CATEGORIES[one["category"]],
            said=(kept.virus or kept.banned) if kept else "",
            actions=(
                f"{'Discarded' if blocked else 'RelayedTagged' if flags & TAGGED else 'Relayed'}{direction}",
                *named,
            ),
            direction=direction,
            client=f"203.0.113.{number % 250 + 1}",
            sender=sender,
            recipients=recipients,
            quarantine=kept.path if kept else "",
            queue_id=f"{number:08X}166",
            message_id=f"{number:x}.{row}@{sender.rpartition('@')[2]}",
            mail_id=mail_id,
            low=score,
            score=score,
            size=int(one["size"]),
            queued_as="" if blocked else f"{number ^ 0xABCD:08X}167",
            took=int(one["took"]),
            am_id=f"{pid}-{number % 20 + 1:02d}",
        )

    def _chance(self, row: int) -> Random:
        return Random(draw("scored", self._seed, row))  # noqa: S311 - has to repeat

    def _rows(self, chance: np.random.Generator, count: int) -> Rows:
        days = chance.integers(0, (WEEK + DAY + AHEAD) // DAY, count) * DAY
        hours = chance.choice(24, count, p=_HOURS / _HOURS.sum()) * 3600
        midnight = self.start - self.start % DAY - WEEK
        spam = chance.random(count) < 0.13
        ham_scores = np.where(
            chance.random(count) < 0.9, chance.normal(-1.3, 1.3, count), chance.normal(2.2, 1.9, count)
        )
        scores = np.where(spam, 4.6 + chance.gamma(3.0, 3.2, count), ham_scores)
        scores = np.where(chance.random(count) < 0.0003, 1001.2, scores)
        rows = np.zeros(count, ROW)
        rows["time"] = midnight + days + hours + chance.integers(0, 3600, count)
        rows["score"] = np.where(
            chance.random(count) < 0.013, NO_SCORE, (scores * THOUSANDTHS).astype(np.int64)
        )
        over = rows["score"] >= round(LEVEL * THOUSANDTHS)
        bad = ~over & (chance.random(count) < 0.01)
        rows["category"] = np.where(
            over,
            CATEGORIES.index("SPAM"),
            np.where(bad, CATEGORIES.index("BAD-HEADER"), CATEGORIES.index("CLEAN")),
        )
        rows["flags"] = np.where(over, TAGGED, 0)
        rows["size"] = np.minimum(chance.lognormal(9.3, 1.4, count), UNKNOWN - 1).astype(np.uint32)
        took = chance.lognormal(5.7, 0.6, count)
        slow = (rows["time"] > self.start - SLOW) & (rows["time"] < self.start + SLOW)
        rows["took"] = (took * np.where(slow, 5, 1)).astype(np.uint32)
        rows["direction"] = np.where(~over & (chance.random(count) < 0.25), 2, 1)
        return rows

    def _fill(self, row: Rows, one: Quarantined) -> None:
        row["time"] = int(one.mtime / 1e9)
        row["score"] = round(one.score * THOUSANDTHS) if one.kind in {"spam", "badh"} else NO_SCORE
        row["took"] = 200 + draw(one.path) % 900
        row["size"] = one.size
        row["category"] = CATEGORIES.index(KIND_OF[one.kind])
        row["direction"] = 1
        row["flags"] = QUARANTINED | (0 if one.kind in {"badh", "unchecked", "spam"} else BLOCKED)


def log_line(one: Scored, host: str = f"mx1.{HOME}") -> str:
    """The line that amavis writes."""
    score = "-" if one.score is None else f"{one.score:g}"
    said = f" ({one.said})" if one.said else ""
    queued = f", queued_as: {one.queued_as}" if one.queued_as else ""
    kept = f", quarantine: {one.quarantine}" if one.quarantine else ""
    to = ",".join(f"<{recipient}>" for recipient in one.recipients)
    return (
        f"{stamp(one.time)} {host} amavis[{one.am_id.partition('-')[0]}]: ({one.am_id}) "
        f"{'Blocked' if one.blocked else 'Passed'} {one.category}{said} {{{','.join(one.actions)}}}, "
        f"[{one.client}]:40112 [{one.client}] <{one.sender}> -> {to}{kept}, Queue-ID: {one.queue_id}, "
        f"Message-ID: <{one.message_id}>, mail_id: {one.mail_id}, Hits: {score}, size: {one.size}{queued}, {one.took} ms"
    )


def stamp(epoch: float) -> str:
    """A time as rsyslog writes it."""
    return strftime("%Y-%m-%dT%H:%M:%S", localtime(epoch)) + ".000000" + strftime("%z", localtime(epoch))
