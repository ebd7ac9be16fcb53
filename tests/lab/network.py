"""The lab's network: a cable between the machine and an outside world that is as small.

Both ends are network namespaces that live no longer than the processes in them. Nothing leads out of them: the
outside world forwards nothing, and its DNS server asks nobody.
"""

from dataclasses import dataclass

from tests.lab.process import run

MACHINE = "198.51.100.1"
CLIENT = "198.51.100.10"
DNS = "198.51.100.53"

DNSMASQ_CONFIG = "/run/dnsmasq-lab.conf"


@dataclass(frozen=True)
class Site:
    """A mail domain of the outside world, and how its server behaves.

    `address` is where its MX points. `sink` are the options of smtp-sink(1) that listens there; None: nobody
    listens. A site whose address is not the outside world's own does not answer at all.
    """

    domain: str
    address: str
    sink: tuple[str, ...] | None
    answers: bool = True


SITES = (
    Site("example.org", "203.0.113.10", ()),
    Site("example.net", "203.0.113.11", ()),
    Site("refused.example.net", "203.0.113.20", None),
    Site("slow.example.net", "203.0.113.99", None, answers=False),
    Site("full.example.net", "203.0.113.30", ("-r", "RCPT", "-b", "452 4.2.2 Mailbox is full")),
    Site(
        "greylist.example.net",
        "203.0.113.40",
        ("-r", "RCPT", "-b", "451 4.7.1 Greylisted, see http://greylist.example.net/help?wait=300"),
    ),
    Site("broken.example.net", "203.0.113.50", ("-q", "DATA")),
)

# A domain about which the DNS server answers an error; mail to it is deferred.
NO_DNS_DOMAIN = "lost.example"

TRIED = tuple(site.domain for site in SITES if site.sink != ())
DEFERRING = (*TRIED, NO_DNS_DOMAIN)


def dns_config() -> str:
    """What dnsmasq(8) reads in the outside world."""
    lines = [f"listen-address={DNS}", "bind-interfaces", "no-resolv", "no-hosts", "user=root", "pid-file="]
    lines += [f"local=/{top}/" for top in ("org", "net", "com", "test", "invalid")]
    lines += ["mx-host=example.test,mail.example.test,10", f"address=/mail.example.test/{MACHINE}"]
    lines += [f"address=/client.example.org/{CLIENT}"]
    for site in SITES:
        lines += [f"mx-host={site.domain},mx.{site.domain},10", f"address=/mx.{site.domain}/{site.address}"]
    return "\n".join(lines) + "\n"


def connect(machine: int, outside: int) -> None:
    """Lay the cable between the network namespaces of two processes, and give both ends their addresses."""
    run(
        [
            "ip",
            "link",
            "add",
            "eth0",
            "netns",
            str(machine),
            "type",
            "veth",
            "peer",
            "eth0",
            "netns",
            str(outside),
        ]
    )
    _ip(machine, f"addr add {MACHINE}/24 dev eth0", "link set eth0 up", "link set lo up")
    _ip(machine, f"route add default via {CLIENT}")
    _ip(outside, f"addr add {CLIENT}/24 dev eth0", f"addr add {DNS}/24 dev eth0")
    _ip(outside, *(f"addr add {site.address}/32 dev lo" for site in SITES if site.answers))
    _ip(outside, "link set eth0 up", "link set lo up")


def _ip(namespace: int, *lines: str) -> None:
    run(["nsenter", "--net", "--target", str(namespace), "ip", "-batch", "-"], stdin="\n".join(lines) + "\n")


def servers() -> list[list[str]]:
    """The programs that run in the outside world."""
    sinks = [
        ["smtp-sink", "-u", "nobody", *site.sink, f"inet:{site.address}:25", "100"]
        for site in SITES
        if site.sink is not None
    ]
    return [["dnsmasq", "--keep-in-foreground", f"--conf-file={DNSMASQ_CONFIG}"], *sinks]
