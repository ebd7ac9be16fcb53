"""The text of simulated messages, made when asked for: what postcat(1) prints for one of them."""

from base64 import encodebytes
from random import Random
from time import asctime, gmtime

from backends.queue.message import NULL_SENDER
from mailtui.demo.arrival import HOSTILE_NUMBER
from mailtui.demo.mail import Mail
from mailtui.demo.population import HOME, HOME_ADDRESS, exchanger

HOST = f"mx1.{HOME}"
BOUNDARY = "=_demo_7f3a"
HOSTILE_SUBJECT = "\x1b]0;owned\x07\x1b[2J[bold red]You won[/] [@click=app.quit]click[/] \u202egpj.exe"
HOSTILE_FILE = "[blink]\x1b[5minvoice\u202efdp.exe"

_SUBJECTS = (
    "Minutes of Tuesday's meeting",
    "Re: Offer 2291, second version",
    "Your order is on its way",
    "Invoice for November",
    "Re: Re: access to the building",
    "Backup report: 3 jobs, 0 warnings",
    "Invitation: planning for the spring",
    "Fwd: photos from the excursion",
    "Grüße aus dem Süden",
    "Reminder: the library closes early on Friday",
)
_LINES = (
    "thank you for the quick answer; I have put the figures into the table below.",
    "Could you have a look before Thursday? After that I am away for a week.",
    "The second delivery came yesterday, and this time everything was in the box.",
    "We have moved the appointment to half past ten, same room as last time.",
    "If anything is unclear, please ring; I am at my desk until five.",
    "Attached is the version that we talked about, with both changes.",
    "The old form stays valid until the end of the year.",
    "Nobody else has complained so far, so it may well be on our side.",
)
_FILES = (
    ("invoice-november.pdf", "application/pdf"),
    ("minutes.docx", "application/msword"),
    ("excursion-042.jpeg", "image/jpeg"),
    ("figures.csv", "text/csv"),
)


def postcat(mail: Mail, seed: int) -> bytes:
    """Envelope records, message and end, as `postcat -q` prints them."""
    path = f"{mail.queue}/{mail.queue_id}"
    if mail.queue == "deferred":
        path = f"{mail.queue}/{mail.queue_id[0]}/{mail.queue_id}"
    content = message(mail, seed)
    return b"".join(
        (
            f"*** ENVELOPE RECORDS {path} ***\n{_envelope(mail, len(content))}".encode(),
            f"*** MESSAGE CONTENTS {path} ***\n".encode(),
            content,
            f"*** HEADER EXTRACTED {path} ***\n*** MESSAGE FILE END {path} ***\n".encode(),
        )
    )


def message(mail: Mail, seed: int) -> bytes:
    """Headers and body, filled up to the size that the listing says."""
    rng = Random(seed * 1_000_003 + mail.number)  # noqa: S311 - has to repeat
    if mail.sender == NULL_SENDER:
        return _filled(mail, _headers(mail, "Undelivered Mail Returned to Sender", rng), _notice(mail), rng)
    greeting = f"Hello {mail.recipients[0].partition('@')[0].partition('.')[0].title()},\n\n"
    if mail.number == HOSTILE_NUMBER:
        greeting = (
            "\x1b[31mDear [bold]winner[/bold],\x1b[0m\x00 \u202ereversed\u202c [@click=app.quit]x[/]\n\n"
        )
        subject, attached = HOSTILE_SUBJECT, (HOSTILE_FILE, "application/octet-stream")
        return _attached(mail, _headers(mail, subject, rng), greeting, attached, rng)
    subject = _SUBJECTS[rng.randrange(len(_SUBJECTS))]
    if mail.size > 12_000 and rng.random() < 0.7:
        return _attached(mail, _headers(mail, subject, rng), greeting, rng.choice(_FILES), rng)
    return _filled(mail, _headers(mail, subject, rng), greeting, rng)


def _envelope(mail: Mail, size: int) -> str:
    came = asctime(gmtime(mail.arrival))
    client, address = _client(mail)
    records = [
        f"message_size: {size:15d} {size // 40 + 600:15d} {len(mail.recipients):15d} {0:15d} {size:15d} {0:15d}",
        f"message_arrival_time: {came}",
        f"create_time: {came}",
        f"named_attribute: log_ident={mail.queue_id}",
        "named_attribute: rewrite_context=remote",
        f"sender: {'' if mail.sender == NULL_SENDER else mail.sender}",
        f"named_attribute: log_client_name={client}",
        f"named_attribute: log_client_address={address}",
        f"named_attribute: log_message_origin={client}[{address}]",
        "named_attribute: log_protocol_name=ESMTP",
        f"named_attribute: client_name={client}",
        f"named_attribute: client_address={address}",
        f"named_attribute: helo_name={client}",
        "named_attribute: protocol_name=ESMTP",
    ]
    for recipient in mail.recipients:
        records += [
            f"named_attribute: dsn_orig_rcpt=rfc822;{recipient}",
            f"original_recipient: {recipient}",
            f"recipient: {recipient}",
        ]
    return "\n".join((*records, ""))


def _client(mail: Mail) -> tuple[str, str]:
    """Who handed the message in."""
    domain = mail.sender.rpartition("@")[2]
    if mail.sender == NULL_SENDER or domain.endswith(HOME):
        return f"submit.{HOME}", HOME_ADDRESS
    return exchanger(domain, 0)


def _headers(mail: Mail, subject: str, rng: Random) -> str:
    client, address = _client(mail)
    sender = f"mailer-daemon@{HOST}" if mail.sender == NULL_SENDER else mail.sender
    shown = [*mail.recipients[:20], *(["undisclosed-recipients:;"] if len(mail.recipients) > 20 else [])]
    return (
        f"Received: from {client} ({client} [{address}])\n"
        f"\tby {HOST} (Postfix) with ESMTPS id {mail.queue_id}\n"
        f"\tfor <{mail.recipients[0]}>; {_date(mail.arrival)}\n"
        f"From: <{sender}>\n"
        f"To: {(',' + chr(10) + chr(9)).join(shown)}\n"
        f"Subject: {subject}\n"
        f"Date: {_date(mail.arrival - rng.randrange(1, 9))}\n"
        f"Message-ID: <{rng.getrandbits(64):016x}@{client}>\n"
        "MIME-Version: 1.0\n"
    )


def _date(when: int) -> str:
    day, month, number, clock, year = asctime(gmtime(when)).split()
    return f"{day}, {number:0>2} {month} {year} {clock} +0000"


def _notice(mail: Mail) -> str:
    return (
        f"This is the mail system at host {HOST}.\n\n"
        "I'm sorry to have to inform you that your message could not\n"
        "be delivered to one or more recipients. It's attached below.\n\n"
        f"<{mail.recipients[0]}>: the message waited too long in the queue\n\n"
    )


def _filled(mail: Mail, headers: str, text: str, rng: Random) -> bytes:
    """A plain text message, its body as long as it takes."""
    start = f'{headers}Content-Type: text/plain; charset="utf-8"\nContent-Transfer-Encoding: 8bit\n\n{text}'
    return _padded(start.encode(), mail.size, rng)


def _attached(mail: Mail, headers: str, text: str, attached: tuple[str, str], rng: Random) -> bytes:
    """A message with one attachment that makes up its size."""
    name, kind = attached
    start = (
        f'{headers}Content-Type: multipart/mixed; boundary="{BOUNDARY}"\n\n'
        f'--{BOUNDARY}\nContent-Type: text/plain; charset="utf-8"\nContent-Transfer-Encoding: 8bit\n\n'
        f"{text}{_LINES[5]}\n\n"
        f'--{BOUNDARY}\nContent-Type: {kind}; name="{name}"\nContent-Transfer-Encoding: base64\n'
        f'Content-Disposition: attachment; filename="{name}"\n\n'
    ).encode()
    end = f"\n--{BOUNDARY}--\n".encode()
    room = max(mail.size - len(start) - len(end), 0)
    data = encodebytes(rng.randbytes(room // 77 * 57))
    return _padded(start + data + end, mail.size, rng)


def _padded(start: bytes, size: int, rng: Random) -> bytes:
    """Sentences after the start, until it is `size` bytes long."""
    lines = list(_LINES)
    rng.shuffle(lines)
    paragraph = ("\n".join(lines) + "\n\n").encode()
    room = max(size - len(start), 0)
    filling = (paragraph * (room // len(paragraph) + 1))[:room]
    return start + filling[:-1] + b"\n" * bool(filling)
