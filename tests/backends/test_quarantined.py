"""The rules of quarantined messages, as scores know them."""

from pathlib import Path

from backends.quarantine.adapter import AmavisQuarantine
from backends.quarantine.config import Amavis
from backends.quarantined import Quarantined, mail_id
from backends.runner import LocalRunner
from tests.backends.quarantine.making import Quarantine

MESSAGE = b"""\
X-Envelope-From: <bob@example.org>
X-Envelope-To: <alice@example.test>
X-Spam-Score: 12.5
X-Spam-Status: Yes, score=12.5 tag=x tag2=6.31 kill=6.31 tests=[BAYES_99=3.5,
 URIBL_BLACK=9] autolearn=no
Received: from mail.example.test ([127.0.0.1])
Subject: an offer

body
"""


def test_rules_and_copies(tmp_path: Path) -> None:
    folder = Quarantine(tmp_path / "amavis" / "virusmails")
    folder.add("e/spam-eixTQBTbFfJ3", 1, MESSAGE)
    folder.add("p/badh-pdFUPHf5OyJa", 1, MESSAGE.replace(b"an offer", b"another"))
    folder.add(
        "S/virus-S6yWcfuru4Ym", 1, b"X-Envelope-From: <bob@example.org>\nReceived: x\nSubject: no rules\n\n"
    )
    adapter = AmavisQuarantine(LocalRunner(), Amavis(quarantine=str(folder.path)))
    subject = Quarantined(lambda: adapter)
    found = {one.place: one for one in subject.rules()}
    assert sorted(found) == ["e/spam-eixTQBTbFfJ3", "p/badh-pdFUPHf5OyJa"]
    spam = found["e/spam-eixTQBTbFfJ3"]
    assert (spam.spam, spam.score, spam.mail_id, spam.sender) == (
        True,
        12.5,
        "eixTQBTbFfJ3",
        "bob@example.org",
    )
    assert spam.rules == (("BAYES_99", 3.5), ("URIBL_BLACK", 9.0))
    copies = [subject.copy(path) for path in ("e/spam-eixTQBTbFfJ3", "p/badh-pdFUPHf5OyJa", "x/spam-gone")]
    assert [copy.subject if copy else None for copy in copies] == ["an offer", "another", None]


def test_mail_ids() -> None:
    assert mail_id("a/virus-a-WpyRvk6TV5") == "a-WpyRvk6TV5"
    assert mail_id("h/spam-hT9qJLXBodGT.gz") == "hT9qJLXBodGT"
    assert mail_id("other") == ""
