"""Why mail waits: the troubles of the demo evening, worded as Postfix words them in a delay reason."""

from dataclasses import dataclass

from mailtui.demo.population import FILTER_ADDRESS, HOME, HOME_ADDRESS, TAIL, exchanger

MINUTE, HOUR, DAY = 60, 3600, 86400
OUTAGE_AGE = 21 * MINUTE


@dataclass(frozen=True, slots=True)
class Trouble:
    """One cause of delay, and the mail that it hits.

    `share`: how much of the starting queue; `arriving`: how much of new mail; `oldest`: seconds back to the
    first message; `recovers`: how likely one attempt succeeds; `seconds`: how long one attempt takes, about;
    `ends`: seconds after the start of the demo when it is over; `inbound`: it hits mail to this site's people.
    """

    name: str
    wordings: tuple[str, ...]
    domains: tuple[str, ...]
    share: float
    arriving: float
    oldest: int
    recovers: float = 0.0
    seconds: int = 2
    ends: int | None = None
    inbound: bool = False
    exchangers: int = 1

    def reason(self, address: str, variant: int) -> str:
        """The delay reason for a recipient; `variant` chooses wording, exchanger and the numbers in it."""
        domain = address.rpartition("@")[2]
        host, ip = exchanger(domain, variant // 7 % self.exchangers)
        return self.wordings[variant % len(self.wordings)].format(
            to=address, domain=domain, host=host, ip=ip, number=variant % 9000 + 1000, small=variant % 80 + 10
        )

    def over(self, elapsed: int) -> bool:
        """Whether it has ended, so many seconds after the start of the demo."""
        return self.ends is not None and elapsed >= self.ends


DELIVERS = Trouble(
    "none",
    ("lost connection with {host}[{ip}] while receiving the initial server greeting",),
    ("gmail.example", "example.net", "example.com", "yonder.example", "example.org", *TAIL[::9]),
    share=0.0,
    arriving=160.0,
    seconds=4,
    oldest=MINUTE,
    recovers=0.998,
)

HOSTILE = Trouble(
    "hostile",
    (
        (
            "host {host}[{ip}] said: 450 4.7.1 [bold red]Prize[/] waits, [@click=app.quit]click[/] \x1b[5mhere\x1b[0m"
            " \u202egpj.exe (in reply to MAIL FROM command)"
        ),
    ),
    ("lottery.example",),
    share=0.0,
    arriving=0.0,
    oldest=HOUR,
)

TROUBLES = (
    Trouble(
        "outage",
        (
            (
                "host {host}[{ip}] said: 451 4.3.0 Error: queue file write error, ref {number}{small}"
                " (in reply to end of DATA command)"
            ),
        ),
        (*("gmail.example",) * 7, *("example.net",) * 2, "yonder.example"),
        share=52.0,
        arriving=9.0,
        oldest=OUTAGE_AGE,
        seconds=12,
        ends=40 * MINUTE,
        exchangers=5,
    ),
    Trouble(
        "virus scanner",
        (
            (
                f"host filter.{HOME}[{FILTER_ADDRESS}] said: 451 4.5.0 Error in processing, id=2{{number}}-{{small}},"
                " virus_scan FAILED: virus_scan: ALL VIRUS SCANNERS FAILED (in reply to end of DATA command)"
            ),
        ),
        (HOME,),
        share=17.0,
        arriving=4.0,
        oldest=OUTAGE_AGE - 15,
        seconds=8,
        inbound=True,
    ),
    Trouble(
        "timeout",
        ("connect to {host}[{ip}]:25: Connection timed out",),
        ("fabrika.example", "fabrika.example", "branch.fabrika.example"),
        share=8.0,
        arriving=0.8,
        oldest=5 * HOUR,
        seconds=60,
        exchangers=2,
    ),
    Trouble(
        "rate limit",
        (
            (
                f"host {{host}}[{{ip}}] refused to talk to me: 421 4.7.0 [TSS04] Messages from {HOME_ADDRESS}"
                " temporarily deferred due to unexpected volume or user complaints; see"
                " https://postmaster.yonder.example/error-codes"
            ),
            (
                f"delivery temporarily suspended: host {{host}}[{{ip}}] refused to talk to me: 421 4.7.0 [TSS04]"
                f" Messages from {HOME_ADDRESS} temporarily deferred due to unexpected volume or user complaints; see"
                " https://postmaster.yonder.example/error-codes"
            ),
        ),
        ("yonder.example",),
        share=6.0,
        arriving=1.5,
        oldest=2 * HOUR,
        recovers=0.3,
        exchangers=3,
    ),
    Trouble(
        "greylisted",
        (
            (
                "host {host}[{ip}] said: 450 4.2.0 <{to}>: Recipient address rejected: Greylisted, see"
                " https://greylist.example/help/{domain} (in reply to RCPT TO command)"
            ),
        ),
        ("univ.example", "city.example", *TAIL[3::23]),
        share=4.0,
        arriving=5.0,
        oldest=5 * MINUTE,
        recovers=0.9,
    ),
    Trouble(
        "mailbox full",
        (
            (
                "host {host}[{ip}] said: 452 4.2.2 <{to}> Mailbox is full / Blocks limit exceeded / Inode limit"
                " exceeded (in reply to RCPT TO command)"
            ),
        ),
        ("example.net", "example.com", "city.example"),
        share=3.5,
        arriving=0.2,
        oldest=4 * DAY,
        recovers=0.01,
        exchangers=2,
    ),
    Trouble(
        "no such domain",
        (
            (
                "Host or domain name not found. Name service error for name={domain} type=MX: Host not found,"
                " try again"
            ),
        ),
        tuple(f"mail{number}.{domain}" for number, domain in enumerate(TAIL[5::17])),
        share=4.0,
        arriving=0.3,
        oldest=4 * DAY,
        seconds=6,
    ),
    Trouble(
        "no TLS",
        ("TLS is required, but was not offered by host {host}[{ip}]",),
        ("northbank.example",),
        share=1.5,
        arriving=0.2,
        oldest=26 * HOUR,
    ),
    Trouble(
        "handshake",
        ("Cannot start TLS: handshake failure",),
        TAIL[7::41],
        share=1.0,
        arriving=0.1,
        oldest=2 * DAY,
    ),
    Trouble(
        "refused",
        ("connect to {host}[{ip}]:25: Connection refused",),
        TAIL[2::31],
        share=2.0,
        arriving=0.4,
        oldest=9 * HOUR,
        recovers=0.05,
        seconds=1,
    ),
    Trouble(
        "lost connection",
        (
            "lost connection with {host}[{ip}] while sending end of data -- message may be sent more than once",
            "conversation with {host}[{ip}] timed out while receiving the initial server greeting",
        ),
        TAIL[11::37],
        share=1.0,
        arriving=0.3,
        oldest=90 * MINUTE,
        recovers=0.2,
        seconds=12,
    ),
)

OUTAGE, TIMEOUT = TROUBLES[0], TROUBLES[2]
