"""Simulated quarantined messages, as amavis would have written them; made from a seed, again and again the same."""

from base64 import b64encode
from random import Random
from string import ascii_letters, digits
from time import asctime, gmtime
from typing import NamedTuple

from mailtui.demo.content import HOSTILE_FILE, HOSTILE_SUBJECT
from mailtui.demo.population import HOME

HOST = f"mx1.{HOME}"
DAY = 86400.0
KEPT = {"virus": 30, "banned": 30, "unchecked": 30, "spam": 14, "badh": 14}
"""Days after which a cleanup has taken them."""

SHARES = (("spam", 0.62), ("badh", 0.76), ("banned", 0.86), ("virus", 0.97), ("unchecked", 1.0))
LETTERS = ascii_letters + digits
HOSTILE = 40
"""The number of the message that tries to be more than text."""

VIRUSES = (
    "Win.Trojan.Emotet-9954033-0",
    "Doc.Downloader.Agent-7384421-0",
    "Html.Phishing.Bank-1234-0",
    "Eicar-Signature",
    "Win.Packed.Formbook-10012276-0",
)
BANNED = ("invoice.pdf.exe", "scan_0042.scr", "update.vbs", "photos.zip,.exe,photos.exe", "voice-message.js")
RULES = (
    ("URIBL_BLACK", 1.7),
    ("RCVD_IN_BL_SPAMCOP_NET", 1.3),
    ("HTML_IMAGE_ONLY_08", 1.6),
    ("FREEMAIL_FORGED_REPLYTO", 2.1),
    ("BAYES_99", 3.5),
    ("BAYES_999", 0.2),
    ("RAZOR2_CHECK", 1.7),
    ("PYZOR_CHECK", 1.4),
    ("SUBJ_ALL_CAPS", 0.5),
    ("MONEY_FRAUD_8", 3.2),
    ("DATE_IN_FUTURE_06_12", 1.9),
)
SUBJECTS = {
    "spam": (
        "YOU HAVE BEEN SELECTED",
        "Re: your parcel",
        "cheap meds",
        "Loan approved",
        "I saw your profile",
    ),
    "virus": ("Invoice 22918", "Scanned document", "Payment advice", "Your fax"),
    "banned": ("New printer driver", "Holiday photos", "Voice message", "Signed contract"),
    "badh": ("R\xfcckruf", "Newsletter \xabNovember\xbb", "R\xe9union", "Einladung f\xfcr Sie"),
    "unchecked": ("Encrypted: minutes", "Locked archive"),
}
SENDERS = ("bounce.example", "offers.example", "parcels.example", "invoices.example", "club.example")
PEOPLE = ("alice", "bob", "carol", "dave", "office", "sales", "info")


class Quarantined(NamedTuple):
    """One message. `inode` tells it from all others; times in nanoseconds since the epoch, sizes in bytes."""

    number: int
    kind: str
    path: str
    inode: int
    mtime: int
    size: int
    sender: str
    recipients: tuple[str, ...]
    score: float
    rules: tuple[tuple[str, float], ...]
    subject: str
    virus: str = ""
    banned: str = ""

    @property
    def mail_id(self) -> str:
        return self.path.rpartition("/")[2].partition("-")[2].removesuffix(".gz")


def population(seed: int, count: int, now: float) -> list[Quarantined]:
    """So many messages, as a cleanup would have left them."""
    chance = Random(seed * 7919 + 17)  # noqa: S311 - has to repeat
    return [_one(number, chance, now) for number in range(count)]


def content(one: Quarantined) -> bytes:
    """The message, decompressed."""
    to = ",\n ".join(f"<{recipient}>" for recipient in one.recipients)
    when = asctime(gmtime(one.mtime / 1e9))
    head = (
        f"Return-Path: <{one.sender}>\nDelivered-To: {one.kind}-quarantine\nX-Envelope-From: <{one.sender}>\n"
        f"X-Envelope-To: {to}\nX-Quarantine-ID: <{one.mail_id}>\n"
        f"{_alert(one)}X-Spam-Flag: {'YES' if one.score > 6.31 else 'NO'}\nX-Spam-Score: {one.score:g}\n"
        f"X-Spam-Status: {'Yes' if one.score > 6.31 else 'No'}, score={one.score:g} tag=x tag2=6.31 kill=6.31\n"
        f" tests=[{', '.join(f'{name}={value:g}' for name, value in one.rules)}] autolearn=no\n"
        f"Received: from {HOST} ([127.0.0.1])\n by localhost ({HOST}) (amavis, port 10024) with ESMTP\n"
        f" id {one.mail_id} for <{one.recipients[0]}>; {when}\nFrom: <{one.sender}>\nTo: {one.recipients[0]}\n"
    )
    if one.number == HOSTILE:
        subject, name = HOSTILE_SUBJECT, HOSTILE_FILE
    else:
        subject, name = one.subject, (one.banned or "document.zip").partition(",")[0]
    start = f"{head}Subject: {subject}\nDate: {when} +0000\nMessage-ID: <{one.number}@{one.sender.partition('@')[2]}>\n"
    return start.encode("latin-1" if one.kind == "badh" else "utf-8") + _body(one, name)


def _one(number: int, chance: Random, now: float) -> Quarantined:
    draw = chance.random()
    kind = next(name for name, up_to in SHARES if draw < up_to)
    age = chance.random() ** 1.6 * KEPT[kind] * DAY
    mail_id = chance.choice(LETTERS) + "".join(chance.choices(LETTERS + "_-", k=10)) + chance.choice(LETTERS)
    rules = tuple(chance.sample(RULES, chance.randrange(3, 8))) if kind == "spam" else (("BAYES_00", -1.9),)
    score = round(sum(value for _, value in rules) + (chance.random() * 9 if kind == "spam" else 0), 3)
    domain = chance.choice(SENDERS)
    size = int(2000 * 60 ** chance.random()) * (8 if kind in {"virus", "banned", "unchecked"} else 1)
    return Quarantined(
        number=number,
        kind=kind,
        path=f"{mail_id[0]}/{kind}-{mail_id}{'.gz' if kind == 'spam' else ''}",
        inode=100_000 + number,
        mtime=int((now - age) * 1e9),
        size=size,
        sender=f"{chance.choice(('news', 'noreply', 'billing', 'm' + str(chance.randrange(900))))}@{domain}",
        recipients=tuple(f"{name}@{HOME}" for name in chance.sample(PEOPLE, 1 + (chance.random() < 0.15))),
        score=score,
        rules=rules,
        subject=chance.choice(SUBJECTS[kind]),
        virus=chance.choice(VIRUSES) if kind == "virus" else "",
        banned=chance.choice(BANNED) if kind == "banned" else "",
    )


def _alert(one: Quarantined) -> str:
    text = {
        "virus": f"INFECTED, message contains virus: {one.virus}",
        "banned": f"BANNED, message contains\n application/octet-stream,.exe,{one.banned}",
        "badh": "BAD HEADER SECTION, Non-encoded non-ASCII data (and not UTF-8)",
        "unchecked": "UNCHECKED contents, encrypted or password-protected",
    }.get(one.kind)
    return f"X-Amavis-Alert: {text}\n" if text else ""


def _body(one: Quarantined, name: str) -> bytes:
    chance = Random(one.inode)  # noqa: S311 - has to repeat
    text = f"Dear {one.recipients[0].partition('@')[0]},\n\nplease have a look at this today.\n\n"
    if one.kind in {"spam", "badh"} and one.number != HOSTILE:
        line = "Only this week: everything you never wanted, at half of a price that nobody ever paid.\n"
        return b"Content-Type: text/plain\n\n" + (text + line * min(40, one.size // len(line))).encode()
    encoded = b64encode(chance.randbytes(min(one.size, 60_000) * 3 // 4))
    lines = b"\n".join(encoded[at : at + 76] for at in range(0, len(encoded), 76))
    return (
        (
            'MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary="=_demo"\n\n--=_demo\n'
            f"Content-Type: text/plain; charset=utf-8\n\n{text}--=_demo\n"
            f'Content-Type: application/octet-stream; name="{name}"\nContent-Transfer-Encoding: base64\n'
            f'Content-Disposition: attachment; filename="{name}"\n\n'
        ).encode()
        + lines
        + b"\n--=_demo--\n"
    )
