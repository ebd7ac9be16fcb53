"""Acts from the plan to the undo: what an act would touch, carrying it out, and taking it back."""

from collections.abc import Callable, Sequence
from functools import partial
from threading import Event

from msgspec.structs import replace

from backends import audit
from backends.errors import BackendError, NotPermitted
from backends.greylist import acting, lint, listing, where
from backends.greylist.connection import Database, Session, Sql
from backends.greylist.plan import NAMED, Act, Allow, Delete, Disallow, Plan, Purge, Release, name_of
from backends.greylist.reading import COLUMNS, look_up
from backends.greylist.scanning import scan
from backends.greylist.schema import Table, needed, tables
from backends.greylist.trash import Batch, NotKept, Row, Trash
from backends.greylist.values import Rules, Triplet
from backends.journal import Journal
from backends.outcome import LeftOut, Outcome

Progress = Callable[[float], None]
AT_ONCE = 500
TAKING = frozenset({"delete", "purge", "whitelist-remove"})
"""Acts that take rows away; of others there is nothing to put back later."""
_STATEMENTS = {
    "release": "UPDATE greylist SET first = UNIX_TIMESTAMP() - {wait} WHERE ip = … AND sender = … AND recipient = …",
    "delete": "DELETE FROM greylist WHERE ip = … AND sender = … AND recipient = …",
    "purge": "DELETE FROM greylist WHERE last < {before}{one_hit}",
    "whitelist-add": "INSERT INTO whitelist (mail, comment) VALUES (…, …)",
    "whitelist-remove": "DELETE FROM whitelist WHERE mail = …",
}

Record = Callable[[Outcome, Sequence[str]], None]
record = partial(audit.outcome, area="greylist-")


class Doing:
    """Acts on one database; `record` (who did what: syslog) and the trash stand in for what is this machine's."""

    def __init__(
        self,
        database: Database,
        trash: Trash,
        journal: Journal,
        *,
        clock: Callable[[], float],
        record: Record = record,
    ) -> None:
        self._database, self.trash, self._journal = database, trash, journal
        self._clock, self._record = clock, record

    def plan(self, act: Act, rules: Rules, stop: Event | None = None) -> Plan:
        """What it would touch. Changes nothing."""
        with self._database.session() as session:
            found = tables(session)
            if isinstance(act, Allow | Disallow):
                needed(found, "whitelist")
                plan = self._plan_listed(session, act)
            elif isinstance(act, Purge):
                plan = self._plan_purge(session, needed(found, "greylist"), act, stop)
            else:
                needed(found, "greylist")
                plan = self._plan_named(session, act, rules)
        return plan

    def carry_out(
        self, plan: Plan, rules: Rules, progress: Progress | None = None, stop: Event | None = None
    ) -> Outcome:
        """Do what was planned.

        :raises NotPermitted: it was planned to be undoable, and nothing can be kept any more.
        """
        now = self._clock()
        first = max(1, int(now) - rules.min_time - 1)
        why = self.trash.trouble()
        if why and not plan.irreversible:
            raise NotPermitted(
                why.removesuffix("."), hint="run mailtui as root, or plan it anew: it cannot be undone"
            )
        entry = self._journal.begin(f"{plan.statement}  -- {plan.count:,} rows", mutates=True)
        number: int | None = None
        try:
            if why:
                outcome = self._done(plan, first, NotKept(), progress, stop)
            else:
                self.trash.empty(now)
                with self.trash.batch(plan.name, now, audit.user(), first) as batch:
                    number = batch.about.number
                    outcome = self._done(plan, first, batch, progress, stop)
        except BackendError as error:
            if number is not None and isinstance(plan.act, Purge):
                error.hint += f"; what is gone already comes back with: mailtui greylist undo {number}"
            self._journal.end(entry, None, str(error))
            self._record(Outcome(plan.name, plan.count, 0, printed=(str(error),)), [])
            raise
        self._journal.end(entry, 0, "")
        outcome = replace(outcome, undo=number if outcome.done else None)
        names = [*(str(row.key) for row in plan.rows), *(row.mail for row in plan.listed)]
        self._record(outcome, names)
        return outcome

    def undo(self, number: int | None) -> Outcome:
        """Take an act back; rows that were taken and cannot be put back stay kept.

        :raises Missing: there is none of that number.
        """
        about = self.trash.about(number)
        entry = self._journal.begin(f"mailtui greylist undo {about.number}  -- {about.action}", mutates=True)
        asked, left = 0, 0
        named: list[LeftOut] = []
        try:
            with (
                self.trash.rows(about.number, AT_ONCE) as chunks,
                self.trash.left(about) as kept,
                self._database.session() as session,
            ):
                for rows in chunks:
                    left_out = self._undone(session, about.action, rows, about.first)
                    asked, left = asked + len(rows), left + len(left_out)
                    named += left_out[: NAMED - len(named)]
                    if about.action in TAKING:
                        names = {one.what for one in left_out}
                        kept.add([row for row in rows if _name(row) in names])
        except BackendError as error:
            self._journal.end(entry, None, str(error))
            self._record(Outcome("undo", asked, 0, printed=(str(error),)), [])
            raise
        self._journal.end(entry, 0, "")
        outcome = Outcome("undo", asked, asked - left, tuple(named))
        self._record(outcome, [f"{about.number} ({about.action})"])
        return outcome

    def _plan_named(self, session: Session, act: Release | Delete, rules: Rules) -> Plan:
        keys = [*dict.fromkeys(act.keys)]
        there = look_up(session, keys)
        left_out = [LeftOut(str(key), acting.GONE) for key in keys if key not in there]
        rows: list[Triplet] = []
        for row in dict.fromkeys(there.values()):
            opens = rules.opens(row)
            if isinstance(act, Release) and opens is not None and opens <= self._clock():
                left_out.append(LeftOut(str(row.key), acting.OPEN))
            else:
                rows.append(row)
        return Plan(
            act=act,
            count=len(rows),
            statement=_STATEMENTS[name_of(act)].format(wait=rules.min_time + 1),
            rows=tuple(rows),
            oldest=min(rows, key=lambda row: row.first, default=None),
            newest=max(rows, key=lambda row: row.first, default=None),
            left_out=tuple(left_out),
            irreversible=self.trash.trouble(),
            kept_for=self.trash.kept_for,
        )

    def _plan_purge(self, session: Session, table: Table, act: Purge, stop: Event | None) -> Plan:
        select = Sql("SELECT COUNT(*), COALESCE(MIN(last), 0), COALESCE(MAX(last), 0)")
        old, count = acting.old_rows(act), 0
        first: tuple[int, Sql] | None = None
        last: tuple[int, Sql] | None = None
        for part in scan(self._database, table, select, wanted=old, stop=stop):
            some, least, most = part.rows[0]
            count += some
            if some and (first is None or least < first[0]):
                first = least, part.region.condition
            if some and (last is None or most > last[0]):
                last = most, part.region.condition
        return Plan(
            act=act,
            count=count,
            statement=_STATEMENTS["purge"].format(
                before=act.before, one_hit=" AND n = 1" if act.one_hit else ""
            ),
            oldest=_used(session, old, first),
            newest=_used(session, old, last),
            irreversible=self.trash.trouble(),
            kept_for=self.trash.kept_for,
        )

    def _plan_listed(self, session: Session, act: Allow | Disallow) -> Plan:
        statement, kept_for, why = _STATEMENTS[name_of(act)], self.trash.kept_for, self.trash.trouble()
        rows = {row.mail.lower(): row for row in listing.read(session)}
        if isinstance(act, Allow):
            lint.checked(act.mail, act.comment)
            found = rows.get(act.mail.lower())
            left_out = (LeftOut(act.mail, "it is there already"),) if found else ()
            return Plan(
                act=act,
                count=0 if found else 1,
                statement=statement,
                left_out=left_out,
                irreversible=why,
                kept_for=kept_for,
            )
        listed = [rows[mail.lower()] for mail in dict.fromkeys(act.mails) if mail.lower() in rows]
        missing = [
            LeftOut(mail, "it is not in the whitelist") for mail in act.mails if mail.lower() not in rows
        ]
        return Plan(
            act=act,
            count=len(listed),
            statement=statement,
            listed=tuple(listed),
            left_out=tuple(missing),
            irreversible=why,
            kept_for=kept_for,
        )

    def _done(
        self, plan: Plan, first: int, batch: Batch | NotKept, progress: Progress | None, stop: Event | None
    ) -> Outcome:
        with self._database.session() as session:
            match plan.act:
                case Release():
                    return acting.release(session, plan, first, batch)
                case Delete():
                    return acting.delete(session, needed(tables(session), "greylist"), plan, batch)
                case Purge() as wanted:
                    table = needed(tables(session), "greylist")
                    return acting.purge(session, table, plan, wanted, batch, progress=progress, stop=stop)
                case Allow() as wanted:
                    return listing.add(session, wanted, plan, batch)
                case Disallow() as wanted:
                    return listing.remove(session, wanted, plan, batch)

    @staticmethod
    def _undone(session: Session, action: str, rows: list[Row], first: int) -> list[LeftOut]:
        if action == "release":
            return acting.shut(session, rows, first)
        if action == "whitelist-add":
            return listing.take_back(session, rows)
        return (listing.put_back if action == "whitelist-remove" else acting.restore)(session, rows)


def _name(row: Row) -> str:
    """As what is left out is named: a triplet by its key, a row of the whitelist by its first word."""
    return " ".join(map(str, row[:3])) if len(row) > 2 else str(row[0])


def _used(session: Session, old: Sql, found: tuple[int, Sql] | None) -> Triplet | None:
    """One of the old triplets that were used last at a time, in the region where it was found."""
    if found is None:
        return None
    last, region = found
    condition = where.both(region, old, Sql("last = %s", (last,)))
    sql = f"SELECT {COLUMNS} FROM greylist WHERE {condition.text} LIMIT 1"  # noqa: S608
    return next((Triplet(*row) for row in session.rows(sql, condition.values)), None)
