"""Messages followed to where they are: an SMTP server that does with them what a test says."""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest

from backends.apply.verify.advice import Advice
from backends.apply.verify.folder import Folder
from backends.apply.verify.mail import Courier
from backends.apply.verify.smtp import Route
from backends.errors import Refused
from backends.reference.values import Filter
from tests.backends.apply.verify.servers import smtp
from tests.backends.apply.verify.test_queue import POSTMASTER, line
from tests.support.fake_runner import Expected, FakeRunner

LISTING = ("postqueue", "-j")
REASON = "connect to 127.0.0.1[127.0.0.1]:10024: Connection refused"
EMPTY = Expected(LISTING)
INFECTED = b"554 5.7.0 Reject, id=1 - INFECTED: Eicar\r\n"


class Site(NamedTuple):
    """The folders of a machine."""

    new: Path
    quarantine: Path

    def deliver(self, content: bytes, name: str = "1.ours") -> None:
        (self.new / name).write_bytes(content)

    def keep(self, content: bytes) -> None:
        (self.quarantine / "C/virus-C1").write_bytes(b"X-Quarantine-ID: <C1>\n" + content)

    @property
    def delivered(self) -> list[str]:
        return [path.name for path in self.new.iterdir()]


@pytest.fixture
def site(tmp_path: Path) -> Site:
    new, quarantine = tmp_path / "home/Maildir/new", tmp_path / "amavis/virusmails"
    new.mkdir(parents=True)
    (quarantine / "C").mkdir(parents=True)
    (new / "0.other").write_bytes(b"Subject: other\n\nbody\n")
    return Site(new, quarantine)


@contextmanager
def courier(
    site: Site,
    runner: FakeRunner,
    arrives: Callable[[bytes], None],
    replies: Mapping[str, bytes | None] | None = None,
    filtered: Filter = "pre-queue",
    patience: float = 5.0,
) -> Iterator[Courier]:
    """A courier whose clock goes by its naps; each is a second long."""
    naps: list[float] = []
    with smtp(replies, arrives) as port:
        yield Courier(
            runner,
            Route(port, "mail.example.test", POSTMASTER),
            Folder(site.new.parents[1], ("Maildir", "new"), ("Maildir", "cur")),
            Folder(site.quarantine.parent, ("virusmails",), prefix="virus-", deep=True),
            Advice(systemd=True, filter=filtered, user="alice"),
            patience=patience,
            clock=lambda: float(len(naps)),
            sleep=naps.append,
        )


def spam_of(content: bytes) -> bytes:
    return b"X-Spam-Flag: YES\r\n" + content.replace(b"Subject: ", b"Subject: SPAM: ")


def test_a_clean_message_is_delivered_and_removed(site: Site) -> None:
    def arrives(content: bytes) -> None:
        site.deliver(b"X-Virus-Scanned: Debian amavis\r\n" + content)

    with FakeRunner() as runner, courier(site, runner, arrives) as sending:
        found = sending.clean()
    assert found.good
    assert found.evidence == "delivered as Maildir/new/1.ours; X-Virus-Scanned: Debian amavis"
    assert site.delivered == ["0.other"]


def test_an_answer_to_ours_is_not_ours(site: Site) -> None:
    def arrives(content: bytes) -> None:
        site.deliver(b"Subject: answer\n\n" + content, "2.answer")

    listings = [EMPTY, EMPTY, EMPTY]
    with FakeRunner(*listings) as runner, courier(site, runner, arrives) as sending:
        found = sending.clean()
    assert not found.good
    assert found.evidence == (
        "accepted (250 2.0.0 Ok: queued as 4ABCDEF), but neither in ~alice/Maildir nor in the queue"
    )
    assert sorted(site.delivered) == ["0.other", "2.answer"]


def test_a_message_that_waits_is_not_waited_for(site: Site) -> None:
    arrived: list[bytes] = []
    listing = Expected(LISTING, line("A1", reason=REASON) + b"\n")
    head = Expected(("postcat", "-qh", "A1"))

    def remember(content: bytes) -> None:
        arrived.append(content)
        head.stdout = content

    expected = (listing, head, listing, head, head, Expected(("postsuper", "-d", "A1")))
    with FakeRunner(*expected) as runner, courier(site, runner, remember, patience=60) as sending:
        found = sending.clean()
    assert not found.good
    assert found.evidence == f"waited in the queue as A1 (deferred): {REASON}"
    assert "systemctl restart amavis" in found.hint


def test_what_is_delivered_too_late_is_removed_nevertheless(site: Site) -> None:
    kept: list[bytes] = []
    listings = (EMPTY, EMPTY, Expected(LISTING, then=lambda: site.deliver(kept[0])))
    with FakeRunner(*listings) as runner, courier(site, runner, kept.append) as sending:
        found = sending.clean()
    assert not found.good
    assert found.evidence == "delivered only after 5 s, as Maildir/new/1.ours"
    assert site.delivered == ["0.other"]


@pytest.mark.parametrize(
    ("replies", "evidence"),
    [
        (
            {"RCPT": b"451 4.3.0 Error: queue file write error\r\n"},
            "451 4.3.0 Error: queue file write error (to RCPT)",
        ),
        ({"message": b"451 4.5.0 Error in processing\r\n"}, "451 4.5.0 Error in processing (to DATA)"),
    ],
)
def test_a_refusal_and_postfixs_notice_of_it(
    site: Site, replies: dict[str, bytes | None], evidence: str
) -> None:
    with FakeRunner() as runner, courier(site, runner, lambda _content: None, replies) as sending:
        for check in (sending.clean, sending.spam, sending.virus):
            found = check()
            assert (found.good, found.evidence) == (False, evidence)
            assert "systemctl restart amavis" in found.hint


STALE = (
    "451 4.5.0 id=1 - Temporary MTA failure on relaying, From MTA(smtp:[127.0.0.1]:10025) during fwd-data-cmd "
    "(Error writing 88 bytes to socket: Broken pipe at RW.pm line 325.): id=1"
)


def test_a_connection_that_amavis_kept_too_long_is_no_fault(site: Site) -> None:
    answers = iter([STALE, STALE, "250 2.0.0 Ok"])
    replies: dict[str, bytes | None] = {}

    def arrives(content: bytes) -> None:
        said = next(answers)
        replies["message"] = said.encode() + b"\r\n"
        if said.startswith("250"):
            site.deliver(content)

    with FakeRunner() as runner, courier(site, runner, arrives, replies) as sending:
        found = sending.clean()
    assert found.good
    assert site.delivered == ["0.other"]


def test_it_is_tried_again_from_the_queue_as_well(site: Site) -> None:
    arrived: list[bytes] = []
    listing = Expected(LISTING, line("A1", reason=STALE) + b"\n")
    head = Expected(("postcat", "-qh", "A1"))

    def remember(content: bytes) -> None:
        arrived.append(content)
        head.stdout = content

    retry = Expected(("postqueue", "-i", "A1"), then=lambda: site.deliver(arrived[0]))
    with FakeRunner(listing, head, retry) as runner, courier(site, runner, remember) as sending:
        found = sending.clean()
    assert found.good
    assert site.delivered == ["0.other"]


def test_spam_is_tagged_or_not(site: Site) -> None:
    with (
        FakeRunner() as runner,
        courier(site, runner, lambda content: site.deliver(spam_of(content))) as sending,
    ):
        found = sending.spam()
    assert found.good
    assert "Subject: SPAM: mailtui verification: spam (GTUBE); X-Spam-Flag: YES" in found.evidence
    with FakeRunner() as runner, courier(site, runner, site.deliver) as sending:
        found = sending.spam()
    assert not found.good
    assert found.evidence.endswith("Subject: mailtui verification: spam (GTUBE); X-Spam-Flag: none")
    assert site.delivered == ["0.other"]


def test_a_virus_is_refused_and_amaviss_notice_removed(site: Site) -> None:
    def arrives(content: bytes) -> None:
        site.keep(content)
        message_id = re.search(rb"<mailtui-verify[^>]*>", content)
        assert message_id is not None
        site.deliver(b"Message-ID: <VAC1@mail.example.test>\n\nof " + message_id[0], "3.notice")

    with FakeRunner() as runner, courier(site, runner, arrives, {"message": INFECTED}) as sending:
        found = sending.virus()
    assert found.good
    assert found.evidence == "554 5.7.0 Reject, id=1 - INFECTED: Eicar; virusmails/C/virus-C1"
    assert site.delivered == ["0.other"]
    assert (site.quarantine / "C/virus-C1").exists()


def test_a_virus_refused_but_not_kept(site: Site) -> None:
    replies: dict[str, bytes | None] = {"message": INFECTED}
    with FakeRunner() as runner, courier(site, runner, lambda _content: None, replies) as sending:
        found = sending.virus()
    assert not found.good
    assert found.evidence.endswith("; no new virus-* in /var/lib/amavis/virusmails")


@pytest.mark.parametrize("filtered", ["pre-queue", "post-queue"])
def test_a_virus_that_is_delivered(site: Site, filtered: Filter) -> None:
    with FakeRunner(EMPTY) as runner, courier(site, runner, site.deliver, filtered=filtered) as sending:
        found = sending.virus()
    assert not found.good
    assert "; delivered as Maildir/new/1.ours" in found.evidence
    assert "clamav-daemon" in found.hint
    assert site.delivered == ["0.other"]


def test_a_virus_kept_back_behind_the_queue(site: Site) -> None:
    there = Expected(("postcat", "-qe", "4ABCDEF"))
    left = Expected(("postcat", "-qe", "4ABCDEF"), code=1)
    with (
        FakeRunner(there, left, EMPTY) as runner,
        courier(site, runner, site.keep, filtered="post-queue") as sending,
    ):
        found = sending.virus()
    assert found.good
    assert found.evidence == "250 2.0.0 Ok: queued as 4ABCDEF; virusmails/C/virus-C1"


def test_a_virus_both_kept_and_passed_on(site: Site) -> None:
    """It comes out of the queue a moment after it was quarantined."""
    kept: list[bytes] = []

    def arrives(content: bytes) -> None:
        site.keep(content)
        kept.append(content)

    left = Expected(("postcat", "-qe", "4ABCDEF"), code=1)
    passed_on = Expected(LISTING, then=lambda: site.deliver(kept[0]))
    with (
        FakeRunner(left, passed_on) as runner,
        courier(site, runner, arrives, filtered="post-queue") as sending,
    ):
        found = sending.virus()
    assert not found.good
    assert "delivered as Maildir/new/1.ours" in found.evidence
    assert site.delivered == ["0.other"]


def test_a_virus_discarded_where_it_must_be_refused(site: Site) -> None:
    replies: dict[str, bytes | None] = {"message": b"250 2.7.0 Ok, discarded, id=1 - INFECTED\r\n"}
    with FakeRunner(EMPTY) as runner, courier(site, runner, site.keep, replies) as sending:
        found = sending.virus()
    assert not found.good
    assert "$final_virus_destiny" in found.hint


def test_a_mailbox_that_leads_elsewhere_is_refused_before_anything_is_sent(
    site: Site, tmp_path: Path
) -> None:
    arrived: list[bytes] = []
    site.new.rename(tmp_path / "elsewhere")
    site.new.symlink_to(tmp_path / "elsewhere")
    with (
        FakeRunner() as runner,
        courier(site, runner, arrived.append) as sending,
        pytest.raises(Refused, match="symbolic link"),
    ):
        sending.clean()
    assert arrived == []
