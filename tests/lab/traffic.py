"""Mail from outside that goes on while somebody looks: letters, spam and viruses, each greylisted first, then tried again.

Bounded in number and time, and gone with the machine at the latest.
"""

import subprocess

from tests.lab.machine import Machine
from tests.lab.network import MACHINE

MINUTES = 120
EVERY = 3.0  # s between two messages

SCRIPT = f"""\
import heapq, random, smtplib, time
chance, end, due, number = random.Random(1), time.monotonic() + {MINUTES * 60}, [], 0
GTUBE = "XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X"
EICAR = "X5O!P%@AP[4" + chr(92) + "PZX54(P^)7CC)7}}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
TEXTS = [("lunch on Friday?", "See you at noon."), ("minutes of the meeting", "Attached is nothing."),
         ("Re: the invoice", "Thank you, paid."), ("CHEAP WATCHES", GTUBE), ("your parcel", EICAR)]
def send(sender, recipient, subject, body, tries):
    text = (f"From: {{sender}}\\r\\nTo: {{recipient}}\\r\\nSubject: {{subject}}\\r\\n"
            f"Date: {{time.strftime('%a, %d %b %Y %H:%M:%S +0000', time.gmtime())}}\\r\\n"
            f"Message-ID: <{{time.time_ns()}}@client.example.org>\\r\\n\\r\\n{{body}}\\r\\n")
    try:
        with smtplib.SMTP("{MACHINE}", 25, "client.example.org", 60) as smtp:
            smtp.sendmail(sender, [recipient], text)
    except smtplib.SMTPRecipientsRefused as refused:
        code = next(iter(refused.recipients.values()))[0]
        if code == 450 and tries < 3 and chance.random() < 0.8:
            heapq.heappush(due, (time.monotonic() + 70, (sender, recipient, subject, body, tries + 1)))
    except (OSError, smtplib.SMTPException):
        pass
while time.monotonic() < end and number < 5000:
    number += 1
    user, site = f"user{{chance.randrange(40)}}", chance.choice(["example.org", "example.net"])
    subject, body = chance.choices(TEXTS, [6, 5, 5, 3, 1])[0]
    to = chance.choice(["alice@example.test"] * 8 + ["postmaster@example.test", "nobody-here@example.test"])
    send(f"{{user}}@{{site}}", to, f"{{subject}} {{number}}", body, 0)
    while due and due[0][0] < time.monotonic():
        send(*heapq.heappop(due)[1])
    time.sleep({EVERY})
"""


def flow(machine: Machine) -> subprocess.Popen[bytes]:
    """Have mail flow to the machine until it ends."""
    return machine.start_outside(["python3", "-c", SCRIPT])
