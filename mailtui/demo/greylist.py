"""The simulated greylist: a gld with some days of triplets, kept in memory, behind the same interface."""

from collections.abc import Callable, Sequence
from threading import Event, RLock

from msgspec.structs import replace

from backends.errors import BadRequest, Missing, Refused
from backends.greylist import decide, lint
from backends.greylist.conf import GldConf
from backends.greylist.matching import checked, is_address, matches
from backends.greylist.plan import Act, Allow, Delete, Disallow, Plan, Purge, Release, Trashed
from backends.greylist.stats_values import ALL, Part, Wanted
from backends.greylist.values import (
    DAY,
    About,
    Decision,
    Filter,
    Finding,
    Key,
    Listed,
    Logged,
    Page,
    Triplet,
)
from backends.outcome import LeftOut, Outcome
from mailtui.demo.greylist_stats import statistics
from mailtui.demo.greylist_traffic import Traffic

Progress = Callable[[float], None]
CONF = GldConf(
    min_time=300, err_accept=False, message="Greylisted, please try again in 5 minutes", database="gld"
)
USER = "root"
STATEMENT = "on the demo host: nothing is sent to a database"


class DemoGreylist:
    """Triplets come and come back by the clock (epoch seconds); the same seed gives the same."""

    def __init__(self, clock: Callable[[], float], seed: int = 1) -> None:
        self._clock, self._lock = clock, RLock()
        self._traffic = Traffic(seed, int(clock()), CONF)
        self._whitelist = dict(lint.shipped()) | {
            "@fabrika.example": "their servers try from five addresses",
            "northbank.example": "ticket 1182",
            "198.51.100.0/24": "the old partner network",
        }
        self._trash: list[tuple[Trashed, Sequence[Triplet | Listed]]] = []
        self._number = 0

    def about(self) -> About:
        return About(
            where="gld@/run/mysqld/mysqld.sock/gld",
            server="10.11.19-MariaDB (simulated)",
            engine="InnoDB",
            schema="debian",
            charset="latin1",
            rows=len(self._rows),
            rules=CONF.rules(DAY),
            lightgrey=False,
            mxgrey=0,
            uses_whitelist=True,
            dnswl="",
            training=False,
            err_accept=CONF.err_accept,
            port=CONF.port,
        )

    def hears(self) -> bool:
        return True

    def page(
        self,
        wanted: Filter,
        after: Key | None = None,
        *,
        limit: int = 100,
        backwards: bool = False,
        never_after: int = DAY,
        progress: Progress | None = None,
        stop: Event | None = None,
    ) -> Page:
        found = self._found(wanted, never_after, progress, stop)
        if after is not None:
            place = _order(after)
            found = [
                row for row in found if (_order(row.key) < place if backwards else _order(row.key) > place)
            ]
        some = (found[-limit:] if backwards else found[:limit]) if limit > 0 else []
        return Page(tuple(some), len(found) > len(some))

    def count(
        self,
        wanted: Filter,
        *,
        never_after: int = DAY,
        progress: Progress | None = None,
        stop: Event | None = None,
    ) -> int:
        return len(self._found(wanted, never_after, progress, stop))

    def stats(
        self,
        each: Callable[[Part], None],
        parts: Sequence[Wanted] = ALL,
        *,
        never_after: int = DAY,
        top: int = 10,
        stop: Event | None = None,
    ) -> None:
        now, rules = self._clock(), CONF.rules(never_after)
        rows = [*self._rows.values()]
        for part in parts:
            _stopped(stop)
            for told in statistics(part, rows, rules, now=now, top=top):
                each(told)

    def logged(self, stop: Event | None = None) -> Logged:
        _stopped(stop)
        now, rows = self._clock(), self._rows.values()
        waits = sorted(float(row.last - row.first) for row in rows if row.n == 2)
        at = [waits[int(share * (len(waits) - 1))] for share in (0.5, 0.9, 0.99, 1.0)]
        hits = {"@fabrika.example": 12, "198.51.100": 3}
        return Logged(now - 7 * DAY, now, len(rows), len(waits), (at[0], at[1], at[2], at[3]), hits)

    def whitelist(self) -> list[Listed]:
        return lint.linted(sorted(self._whitelist.items()))

    def check(self, client: str, sender: str, recipient: str) -> Decision:
        if not is_address(client):
            raise BadRequest(
                f"{client[:60]!r} is not an address", hint="for example 192.0.2.1 or 2001:db8::1"
            )
        if not recipient:
            raise BadRequest("There is no recipient", hint="for example ann@example.org")
        asked = decide.question(client, sender, recipient, CONF)
        row = self._rows.get(Key(asked.ip, asked.sender, asked.recipient))
        known = {mail.lower(): mail for mail in self._whitelist}
        listed = tuple(known[text.lower()] for text in asked.listed if text.lower() in known)
        facts = decide.Facts(row.first if row else 0, row is not None, listed)
        return decide.decide(CONF, asked, facts, self._clock())

    def ask(self, client: str, sender: str, recipient: str) -> str:
        decision = self.check(client, sender, recipient)
        asked = decide.question(client, sender, recipient, CONF)
        if any(step.name in {"stored", "triplet"} for step in decision.steps[-1:]):
            self._traffic.visit(Key(asked.ip, asked.sender, asked.recipient), int(self._clock()))
        return decision.action

    def plan(self, act: Act, stop: Event | None = None) -> Plan:
        _stopped(stop)
        if isinstance(act, Allow | Disallow):
            return self._plan_listed(act)
        now, rules, left_out = int(self._clock()), CONF.rules(DAY), []
        if isinstance(act, Purge):
            rows = self._purged(act)
        else:
            rows = []
            for key in dict.fromkeys(act.keys):
                row = self._rows.get(key)
                opens = rules.opens(row) if row else None
                if row is None:
                    left_out.append(LeftOut(str(key), "it is not in the greylist any more"))
                elif isinstance(act, Release) and opens is not None and opens <= now:
                    left_out.append(LeftOut(str(key), "it would be let in already"))
                else:
                    rows.append(row)
        by = _used if isinstance(act, Purge) else _first
        return Plan(
            act=act,
            count=len(rows),
            statement=STATEMENT,
            rows=() if isinstance(act, Purge) else tuple(rows),
            oldest=min(rows, key=by, default=None),
            newest=max(rows, key=by, default=None),
            left_out=tuple(left_out),
            kept_for=7.0 * DAY,
        )

    def carry_out(self, plan: Plan, progress: Progress | None = None, stop: Event | None = None) -> Outcome:
        done: Sequence[Triplet | Listed]
        with self._lock:
            if isinstance(plan.act, Allow | Disallow):
                done, left_out = self._carry_out_listed(plan, plan.act)
            else:
                done, left_out = self._carry_out(plan, plan.act, stop)
            if progress is not None:
                progress(1.0)
            asked = len(done) + len(left_out) + len(plan.left_out)
            if not done:
                return Outcome(plan.name, asked, 0, (*plan.left_out, *left_out))
            self._number += 1
            first = done[0]
            sample = first.mail if isinstance(first, Listed) else str(first.key)
            about = Trashed(
                self._number, plan.name, self._clock(), USER, len(done), sample, self._released_first()
            )
            self._trash.insert(0, (about, done))
            return Outcome(plan.name, asked, len(done), (*plan.left_out, *left_out), undo=self._number)

    def trash(self) -> list[Trashed]:
        return [about for about, _ in self._trash]

    def undo(self, number: int | None = None) -> Outcome:
        with self._lock:
            for place, (about, rows) in enumerate(self._trash):
                if number in {None, about.number}:
                    undone = [(row, self._undone(about, row)) for row in rows]
                    left_out = [one for _, one in undone if one is not None]
                    left = (
                        [row for row, one in undone if one is not None] if about.action != "release" else []
                    )
                    kept = [(replace(about, count=len(left), sample=left_out[0].what), left)] if left else []
                    self._trash[place : place + 1] = kept
                    return Outcome("undo", len(rows), len(rows) - len(left_out), tuple(left_out))
        raise Missing("There is nothing to undo", hint="see what there is: mailtui greylist undo --list")

    def doctor(self, each: Callable[[Finding], None]) -> list[Finding]:
        bad = sum(row.problem.startswith("never") for row in self.whitelist())
        found = [
            Finding("password file", "good", "/etc/gld.conf has mode 0640"),
            Finding(
                "ERRACCEPT", "good", "ERRACCEPT=0: while the database is down clients are told to wait (451)"
            ),
            Finding("gld", "good", f"port {CONF.port} is listened on"),
            Finding("login", "good", self.about().where),
            Finding("clocks", "good", "the database's clock is 0.0 s off this machine's"),
            Finding("table greylist", "good", f"InnoDB, latin1, about {len(self._rows):,} rows"),
            Finding(
                "whitelist",
                "note",
                f"{len(self._whitelist):,} rows, {bad} of them can never match",
                "see why: mailtui greylist whitelist list",
            ),
        ]
        for finding in found:
            each(finding)
        return found

    @property
    def _rows(self) -> dict[Key, Triplet]:
        """The triplets as of now."""
        with self._lock:
            return dict(self._traffic.at(int(self._clock())))

    def _found(
        self, wanted: Filter, never_after: int, progress: Progress | None, stop: Event | None
    ) -> list[Triplet]:
        checked(wanted)
        _stopped(stop)
        rules, now = CONF.rules(never_after), self._clock()
        found = [row for row in self._rows.values() if matches(wanted, row, rules, now)]
        if progress is not None:
            progress(1.0)
        return sorted(found, key=lambda row: _order(row.key))

    def _plan_listed(self, act: Allow | Disallow) -> Plan:
        listed: list[Listed] = []
        if isinstance(act, Allow):
            lint.checked(act.mail, act.comment)
            left_out = [LeftOut(act.mail, "it is there already")] if act.mail in self._whitelist else []
            count = 1 - len(left_out)
        else:
            listed = [row for row in self.whitelist() if row.mail in act.mails]
            left_out = [
                LeftOut(mail, "it is not in the whitelist")
                for mail in act.mails
                if mail not in self._whitelist
            ]
            count = len(listed)
        return Plan(
            act=act,
            count=count,
            statement=STATEMENT,
            listed=tuple(listed),
            left_out=tuple(left_out),
            kept_for=7.0 * DAY,
        )

    def _purged(self, act: Purge) -> list[Triplet]:
        rows = self._rows.values()
        return [row for row in rows if row.last < act.before and not (act.one_hit and row.n > 1)]

    def _carry_out_listed(self, plan: Plan, act: Allow | Disallow) -> tuple[list[Listed], list[LeftOut]]:
        if isinstance(act, Allow):
            if not plan.count:
                return [], []
            self._whitelist[act.mail] = act.comment
            return [Listed(act.mail, act.comment)], []
        for row in plan.listed:
            self._whitelist.pop(row.mail, None)
        return [*plan.listed], []

    def _carry_out(
        self, plan: Plan, act: Release | Delete | Purge, stop: Event | None
    ) -> tuple[list[Triplet], list[LeftOut]]:
        """The rows as they were, and those that have changed since they were planned."""
        done, left_out = [], []
        there = self._rows
        rows = self._purged(act) if isinstance(act, Purge) else plan.rows
        for row in rows:
            if stop is not None and stop.is_set():
                break
            if there.get(row.key) != row:
                left_out.append(LeftOut(str(row.key), "it has changed meanwhile"))
                continue
            done.append(row)
            if isinstance(act, Release):
                self._traffic.put(Triplet(*_words(row.key), self._released_first(), row.last, row.n))
            else:
                self._traffic.forget(row.key)
        return done, left_out

    def _undone(self, about: Trashed, row: Triplet | Listed) -> LeftOut | None:
        if isinstance(row, Listed):
            if about.action == "whitelist-add":
                self._whitelist.pop(row.mail, None)
            else:
                self._whitelist.setdefault(row.mail, row.comment)
            return None
        there = self._rows.get(row.key)
        if about.action == "release" and (there is None or there.n != row.n):
            return LeftOut(str(row.key), "it has passed meanwhile, or is gone")
        if about.action != "release" and there is not None:
            return LeftOut(str(row.key), "it is in the greylist again, with other times")
        self._traffic.put(row)
        return None

    def _released_first(self) -> int:
        return int(self._clock()) - CONF.min_time - 1


def _order(key: Key) -> tuple[str, str, str]:
    return (key.ip, key.sender.lower(), key.recipient.lower())


def _words(key: Key) -> tuple[str, str, str]:
    return (key.ip, key.sender, key.recipient)


def _used(row: Triplet) -> int:
    return row.last


def _first(row: Triplet) -> int:
    return row.first


def _stopped(stop: Event | None) -> None:
    if stop is not None and stop.is_set():
        raise Refused("Stopped before its end", hint="what was looked at so far is no whole")
