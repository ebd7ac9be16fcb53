"""Who writes to whom: addresses and mail exchangers, all of them in names and networks reserved for examples.

Names are those of RFC 2606 (`example.org`, `*.example`), addresses those of RFC 5737.
"""

from functools import cache
from random import Random

from mailtui.demo.chance import draw

HOME = "example.org"
HOME_ADDRESS = "192.0.2.10"
FILTER_ADDRESS = "192.0.2.25"


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_FIRST = _words(
    "ann bob carla dan eve frank grace hugo ines jan karin luis maria nils olga paul quentin rosa sven tom "
    "ursula vera will xenia yusuf zoe amir beata chen daria emeka fatima gita hana ivan joao"
)
_LAST = _words(
    "adler bell costa dahl evans fuchs garcia hansen ito jansen kowalski lind moreau nowak okafor peters "
    "quist rossi silva toth ueda vogel weber young zeman"
)
PEOPLE = _FIRST + tuple(f"{first}.{last}" for first in _FIRST for last in _LAST)
ROLES = ("info", "news", "billing", "support", "noreply", "orders", "alerts", "hr", "press", "shop")

_TOWNS = _words(
    "aarhus basel cork delft essen faro ghent hull izmir jena kiel lyon malmo nantes oslo porto riga sofia "
    "turku uppsala varna wroclaw york zagreb"
)
_TRADES = _words("bikes books clinic dental foods garden hotel legal music print school tools")
TAIL = tuple(f"{town}-{trade}.example" for town in _TOWNS for trade in _TRADES)
PARTNERS = (
    "example.com",
    "example.net",
    "fabrika.example",
    "northbank.example",
    "univ.example",
    "city.example",
)


def person(rng: Random) -> str:
    """The local part of somebody's address."""
    return PEOPLE[int(rng.random() * len(PEOPLE))]


def local_sender(rng: Random) -> str:
    """A sender of this site: mostly people, some roles, some list mail with its variable return path."""
    kind = rng.random()
    if kind < 0.7:
        return f"{person(rng)}@{HOME}"
    if kind < 0.88:
        return f"{ROLES[int(rng.random() * len(ROLES))]}@{HOME}"
    return f"bounces+{int(rng.random() * 90000) + 10000}@lists.{HOME}"


def outside_sender(rng: Random) -> str:
    """A sender from anywhere else."""
    domains = PARTNERS if rng.random() < 0.5 else TAIL
    return f"{person(rng)}@{domains[int(rng.random() * len(domains))]}"


@cache
def exchanger(domain: str, number: int) -> tuple[str, str]:
    """Name and address of one of a domain's mail exchangers, numbered from 0."""
    if domain == "gmail.example":
        return f"mx{number + 1}.{domain}", f"203.0.113.{26 + number}"
    network = ("198.51.100", "203.0.113")[draw(domain) % 2]
    return f"mx{number + 1}.{domain}", f"{network}.{(draw(domain) // 2 + number) % 190 + 40}"
