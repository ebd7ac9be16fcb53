"""The simulated quarantine: the same each time, and as amavis would name and write it."""

from backends.journal import Journal
from backends.quarantine.message import header, pick
from backends.quarantine.names import Naming
from mailtui.demo.quarantine import DemoQuarantine
from mailtui.demo.quarantined import HOSTILE, content, population

NOON = 1795435200.0


def test_the_same_seed_gives_the_same_messages() -> None:
    one, other = (population(1, 200, NOON) for _ in range(2))
    assert one == other
    assert population(2, 200, NOON) != one
    assert [content(mail) for mail in one] == [content(mail) for mail in other]


def test_they_are_named_as_amavis_names_them() -> None:
    naming = Naming()
    for mail in population(1, 684, NOON):
        assert naming.kind(mail.path) == mail.kind
        assert naming.mail_id(mail.path) == mail.mail_id
        assert 0 <= NOON - mail.mtime / 1e9 <= 30 * 86400


def test_their_headers_say_what_was_found() -> None:
    for mail in population(1, 300, NOON):
        found = header(pick(content(mail)))
        assert (found.virus, found.sender, found.recipients) == (mail.virus, mail.sender, mail.recipients)
        assert found.score == mail.score
        if mail.number != HOSTILE:
            assert found.subject == mail.subject


def test_what_is_done_is_in_the_journal() -> None:
    journal = Journal()
    demo = DemoQuarantine(1, 50, lambda: NOON, journal)
    listing = demo.read()
    spam = next(one for one in map(listing.target, range(50)) if one.kind == "spam")
    demo.carry_out(demo.plan("release", [spam]))
    (entry,) = journal.entries()
    assert (entry.command, entry.mutates) == (f"amavisd-release {spam.path}", True)
    gone = demo.carry_out(demo.plan("delete", [spam, spam]))
    assert (gone.done, gone.undo) == (1, 1)
    assert demo.carry_out(demo.plan("delete", [spam])).left_out[0].what == spam.path
    assert demo.empty_trash() == 1
