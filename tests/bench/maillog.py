"""Mail logs of any length: the traffic of a day made once, about one line in eight of amavis's, and repeated day after day."""

import gzip
import random
import string
from datetime import UTC, datetime, timedelta
from pathlib import Path

DAY = 16 << 20
"""About so many bytes are a day."""
FIRST = datetime(2026, 9, 1, tzinfo=UTC)
LETTERS = string.ascii_letters + string.digits
SITES = (
    "example.org",
    "example.net",
    "mail.example.com",
    "corp.example",
    "list.example.info",
    "xn--bcher-kva.example",
)
USERS = (
    "alice",
    "bob",
    "carol.smith",
    "newsletter+bounce-8812",
    "info",
    "sales",
    "no-reply",
    "a.very.long.local-part.for.tests",
)
KINDS = (
    ("Passed CLEAN {RelayedInbound}", -1.0, 70),
    ("Passed SPAM {RelayedTaggedInbound,Quarantined}", 9.0, 12),
    ("Blocked SPAM {DiscardedInbound,Quarantined}", 9.0, 8),
    ("Passed SPAMMY {RelayedTaggedInbound}", 4.5, 6),
    ("Blocked INFECTED (Eicar-Test-Signature) {DiscardedInbound,Quarantined}", None, 1),
    ("Passed BAD-HEADER-0 {RelayedInbound}", 0.5, 3),
)
_OTHERS = (
    "postfix/smtpd[{pid}]: connect from mx.{site}[{client}]",
    "postfix/smtpd[{pid}]: disconnect from unknown[{client}] ehlo=1 mail=1 rcpt=1 data=1 quit=1 commands=5",
    "postfix/cleanup[{pid}]: {id}: message-id=<{number}.{next}@{site}>",
    "postfix/qmgr[28464]: {id}: from=<{sender}>, size={number}, nrcpt=1 (queue active)",
    "postfix/qmgr[28464]: {id}: removed",
    "postfix/smtp[{pid}]: {id}: to=<{to}>, relay=127.0.0.1[127.0.0.1]:10024, delay=3.2, delays=0.1/0.01/0.02/0.9, dsn=2.0.0, status=sent (250 2.0.0 from MTA(smtp:[127.0.0.1]:10025): 250 2.0.0 Ok: queued as {next})",
    "postfix/smtpd[{pid}]: NOQUEUE: reject: RCPT from unknown[{client}]: 450 4.7.1 <{to}>: Recipient address rejected: Service temporarily unavailable; from=<{sender}> to=<{to}> proto=ESMTP helo=<mx.{site}>",
    "gld: Greylist activated for recipient=<{to}> sender=<{sender}> ip=<{client}>",
)


def write(path: Path, size: int, *, traditional: bool = False) -> int:
    """Write a log of about so many bytes; gives how many messages of amavis's are in it."""
    day, messages = _day(min(size, DAY), traditional=traditional)
    days = max(1, size // len(day))
    with path.open("wb") as file:
        for number in range(days):
            file.write(day.replace(_date(0, traditional), _date(number, traditional)))
    return messages * days


def write_packed(path: Path, size: int, count: int) -> int:
    """Write a log in so many compressed files `path`.1.gz and on, the last the oldest; gives the messages in them."""
    day, messages = _day(min(size // count, DAY), traditional=False)
    days = max(1, size // count // len(day))
    for number in range(count):
        with gzip.open(path.with_name(f"{path.name}.{count - number}.gz"), "wb", 6) as file:
            for further in range(days):
                file.write(
                    day.replace(
                        _date(0, traditional=False), _date(number * days + further, traditional=False)
                    )
                )
    return messages * days * count


def _date(number: int, traditional: bool) -> bytes:
    when = FIRST + timedelta(number)
    return (f"{when:%b} {when.day:2} " if traditional else f"{when:%Y-%m-%d}T").encode()


def _day(size: int, *, traditional: bool) -> tuple[bytes, int]:
    chance = random.Random(1)
    pick, digits = chance.choice, LETTERS
    addresses = [f"{pick(USERS)}{chance.randrange(900)}@{pick(SITES)}" for _ in range(2000)]
    queue_ids = [f"{chance.getrandbits(44):011X}" for _ in range(2000)]
    clients = [f"203.0.{chance.randrange(256)}.{chance.randrange(256)}" for _ in range(2000)]
    kinds, weights = [kind[:2] for kind in KINDS], [kind[2] for kind in KINDS]
    lines: list[str] = []
    length = messages = 0
    date = _date(0, traditional).decode()
    step = 86399 / (size / 178)
    while length < size:
        seconds = min(86399.0, len(lines) * step)
        hour = f"{int(seconds) // 3600:02}:{int(seconds) // 60 % 60:02}:{int(seconds) % 60:02}"
        start = (
            f"{date}{hour} mx1 " if traditional else f"{date}{hour}.{int(seconds % 1 * 1e6):06}+00:00 mx1 "
        )
        queue_id, sender, recipient, client = pick(queue_ids), pick(addresses), pick(addresses), pick(clients)
        if chance.random() < 0.12:
            (what, mean), pid, mail_id = (
                chance.choices(kinds, weights)[0],
                27000 + chance.randrange(4000),
                "".join(chance.choices(digits, k=12)),
            )
            score = (
                "-"
                if mean is None or chance.random() < 0.01
                else f"{chance.gauss(mean, 2.5):.3f}".rstrip("0").rstrip(".")
            )
            kept = f", quarantine: {mail_id[0]}/spam-{mail_id}.gz" if "Quarantined" in what else ""
            queued = f", queued_as: {pick(queue_ids)}" if what.startswith("Passed") else ""
            text = (
                f"amavis[{pid}]: ({pid}-{chance.randrange(99):02}) {what}, [{client}]:{1024 + chance.randrange(64000)} <{sender}> ->"
                f" <{recipient}>{kept}, Queue-ID: {queue_id}, Message-ID: <{chance.randrange(10**12)}.{mail_id}@{pick(SITES)}>,"
                f" mail_id: {mail_id}, Hits: {score}, size: {int(chance.lognormvariate(9.3, 1.4))}{queued},"
                f" {int(chance.lognormvariate(6, 1))} ms"
            )
            messages += 1
        else:
            text = chance.choice(_OTHERS).format(
                pid=chance.randrange(1000, 30000),
                id=queue_id,
                sender=sender,
                to=recipient,
                client=client,
                site=pick(SITES),
                next=pick(queue_ids),
                number=chance.randrange(90000),
            )
        lines.append(f"{start}{text}\n")
        length += len(lines[-1])
    return "".join(lines).encode(), messages
