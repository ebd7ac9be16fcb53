"""A listing as `postqueue -j` prints it, of as many messages as wanted; the same at each call."""

import json
from pathlib import Path
from random import Random

DOMAINS = [f"example{number}.org" for number in range(400)] + ["gmail.example", "outlook.example"] * 60
PEOPLE = ["alice", "bob", "carol.smith", "newsletter+bounce-8812", "info", "sales", "no-reply", "support"]
REASONS = [
    "connect to mx{n}.{domain}[203.0.113.{ip}]:25: Connection timed out",
    "host mx{n}.{domain}[198.51.100.{ip}] said: 450 4.7.1 <x>: Recipient address rejected: Greylisted",
    "host mx{n}.{domain}[198.51.100.{ip}] said: 452 4.2.2 The account is over quota (in reply to end of DATA command)",
    "conversation with mx{n}.{domain}[203.0.113.{ip}] timed out while sending RCPT TO",
    "host mx{n}.{domain}[203.0.113.{ip}] refused to talk to me: 421 4.7.0 Try again later",
]
QUEUES = ["deferred"] * 86 + ["active"] * 9 + ["hold"] * 3 + ["incoming"] * 2
NOW = 1_795_400_000  # epoch seconds of the youngest


def write(path: Path, count: int) -> None:
    """Write so many messages, one a line: about 370 bytes each."""
    random = Random(7)
    with path.open("w", buffering=1 << 20) as file:
        for _ in range(count):
            file.write(_line(random))


def _line(random: Random) -> str:
    choice, roll = random.choice, random.random
    queue = choice(QUEUES)
    recipients = []
    for _ in range(1 if roll() < 0.9 else random.randrange(2, 6)):
        domain = choice(DOMAINS)
        recipient = {"address": f"{choice(PEOPLE)}{int(roll() * 9999)}@{domain}"}
        if queue == "deferred":
            recipient["delay_reason"] = choice(REASONS).format(
                n=int(roll() * 4), domain=domain, ip=int(roll() * 254)
            )
        recipients.append(recipient)
    return (
        f'{{"queue_name": "{queue}", "queue_id": "{random.getrandbits(44):011X}", '
        f'"arrival_time": {NOW - int(roll() * 400_000)}, "message_size": {int(random.lognormvariate(9.3, 1.4))}, '
        f'"forced_expire": false, "sender": "{choice(PEOPLE)}{int(roll() * 9999)}@{choice(DOMAINS)}", '
        f'"recipients": {json.dumps(recipients)}}}\n'
    )
