"""The whitelist: read, a row added, rows taken out, and all of it undone."""

from collections.abc import Sequence

from backends.greylist.connection import Session
from backends.greylist.lint import linted
from backends.greylist.plan import NAMED, Allow, Disallow, Plan
from backends.greylist.trash import Batch, NotKept, Row
from backends.greylist.values import Listed
from backends.outcome import LeftOut, Outcome

LIMIT = 100_000
"""Rows of the whitelist that are read; Debian ships 169."""


def read(session: Session) -> list[Listed]:
    """All rows, linted."""
    rows = session.rows("SELECT mail, comment FROM whitelist ORDER BY mail LIMIT %s", (LIMIT,))
    return linted([(mail, comment) for mail, comment in rows])


def add(session: Session, wanted: Allow, plan: Plan, batch: Batch | NotKept) -> Outcome:
    """Add the row, unless it is there."""
    sql = "INSERT INTO whitelist (mail, comment) VALUES (%s, %s) ON DUPLICATE KEY UPDATE mail = mail"
    done = session.change(sql, (wanted.mail, wanted.comment)) == 1
    if done:
        batch.add([(wanted.mail, wanted.comment)])
    return Outcome(plan.name, 1, int(done), () if done else (LeftOut(wanted.mail, "it is there already"),))


def remove(session: Session, wanted: Disallow, plan: Plan, batch: Batch | NotKept) -> Outcome:
    """Take the rows out; those that really went can be put back."""
    left_out, gone = [*plan.left_out], []
    for row in plan.listed:
        batch.add([(row.mail, row.comment)])
        if session.change("DELETE FROM whitelist WHERE mail = %s AND comment = %s", (row.mail, row.comment)):
            gone.append((row.mail, row.comment))
        else:
            left_out.append(LeftOut(row.mail, "it has changed meanwhile, or is gone"))
    if len(gone) < len(plan.listed):
        batch.only(gone)
    asked = len(wanted.mails)
    return Outcome(plan.name, asked, asked - len(left_out), tuple(left_out[:NAMED]))


def put_back(session: Session, rows: Sequence[Row]) -> list[LeftOut]:
    """Add rows that were taken out."""
    sql = "INSERT INTO whitelist (mail, comment) VALUES (%s, %s) ON DUPLICATE KEY UPDATE mail = mail"
    return [LeftOut(str(row[0]), "it is there again") for row in rows if session.change(sql, row) != 1]


def take_back(session: Session, rows: Sequence[Row]) -> list[LeftOut]:
    """Take out rows that were added."""
    sql = "DELETE FROM whitelist WHERE mail = %s AND comment = %s"
    return [
        LeftOut(str(row[0]), "it has changed, or is gone") for row in rows if not session.change(sql, row)
    ]
