"""gld's own order of tests (source: server.c, greylist.c of 1.7), walked with the settings in force. Pure."""

from typing import NamedTuple

from backends.greylist.conf import GldConf
from backends.greylist.lint import SEEN_OF_ADDRESS
from backends.greylist.matching import LONGEST
from backends.greylist.values import VOID, Decision, Step
from backends.text import time_text

_BLANKED = str.maketrans(dict.fromkeys("\"';", " "))
_ESCAPES = {"0": "\0", "b": "\b", "n": "\n", "r": "\r", "t": "\t", "Z": "\x1a", "%": "\\%", "_": "\\_"}
DUNNO = "dunno"


class Question(NamedTuple):
    """What gld looks for in its tables: the triplet as stored, and what it compares whitelist rows with."""

    ip: str
    sender: str
    recipient: str
    listed: tuple[str, ...]
    reversed_ip: str = ""
    broken: bool = False


class Facts(NamedTuple):
    """What the tables and the DNS answer. `first` of the known triplet (0: none); `error`: the database has failed."""

    first: int = 0
    there: bool = False
    listed: tuple[str, ...] = ()
    passed: int = 0
    in_dns: bool | None = None
    ip_length: int = 45
    error: str = ""


def question(client: str, sender: str, recipient: str, conf: GldConf) -> Question:
    """What gld makes of a request; a sender or recipient that ends in a backslash breaks its statement."""
    client, sender, recipient = (text.translate(_BLANKED) for text in (client, sender or VOID, recipient))
    ip = f"{client.rpartition('.')[0]}.0" if conf.lightgrey and "." in client else client
    seen = client[:SEEN_OF_ADDRESS]
    domain = sender[sender.find("@") :] if "@" in sender else sender
    network = seen.rpartition(".")[0] if "." in seen else seen
    octets = client.split(".")
    numeric = len(octets) == 4 and all(octet.isascii() and octet.isdigit() for octet in octets)
    return Question(
        ip,
        _read(sender),
        _read(recipient),
        tuple(dict.fromkeys(_read(text) for text in (sender, domain, seen, network))),
        ".".join(reversed(octets)) if numeric else "",
        broken=any(_open_end(text) for text in (client, sender, recipient)),
    )


def decide(conf: GldConf, asked: Question, facts: Facts, now: float) -> Decision:
    """The tests in their order, up to the one that decides; `now` in epoch seconds."""
    steps: list[Step] = []
    if conf.lightgrey and asked.ip.endswith(".0"):
        steps.append(Step("lightgrey", f"only the network counts: {asked.ip}"))
    error = facts.error or ("the address breaks gld's own SQL statement" if asked.broken else "")
    if error:
        steps.append(Step("database", f"{error}: ERRACCEPT={int(conf.err_accept)}", decides=True))
        action = DUNNO if conf.err_accept else "the connection is closed: Postfix answers 451 4.3.5"
        return Decision(tuple(steps), action, passes=conf.err_accept)
    if facts.there and facts.first:
        return _known(conf, facts.first, steps, now)
    known = "known, but its `first` is 0, which gld takes for none" if facts.there else "not known yet"
    steps.append(Step("triplet", known))
    if any(test(conf, asked, facts, steps) for test in (_whitelist, _dnswl)):
        return Decision(tuple(steps), DUNNO, passes=True)
    stored = not facts.there and _fits(asked, facts)
    steps.append(Step("stored", "the triplet is stored now" if stored else _why_not(asked, facts)))
    if _mxgrey(conf, facts, steps):
        return Decision(tuple(steps), DUNNO, passes=True)
    return _refused(conf, steps, int(now) + conf.min_time + 1 if stored else None)


def _whitelist(conf: GldConf, asked: Question, facts: Facts, steps: list[Step]) -> bool:
    passes = conf.whitelist and bool(facts.listed)
    if not conf.whitelist:
        said = "not looked at: WHITELIST=0"
    elif passes:
        said = f"has {', '.join(facts.listed)}"
    else:
        said = f"has none of {', '.join(asked.listed)}"
    steps.append(Step("whitelist", said, decides=passes))
    return passes


def _dnswl(conf: GldConf, asked: Question, facts: Facts, steps: list[Step]) -> bool:
    if not conf.dnswl or not asked.reversed_ip:
        return False
    said = {True: "is there", False: "is not there", None: "did not answer"}[facts.in_dns]
    steps.append(Step("dnswl", f"{asked.reversed_ip}.{conf.dnswl} {said}", decides=bool(facts.in_dns)))
    return bool(facts.in_dns)


def _mxgrey(conf: GldConf, facts: Facts, steps: list[Step]) -> bool:
    if conf.mxgrey <= 0:
        return False
    enough = facts.passed >= conf.mxgrey
    said = f"{facts.passed} triplets of this address have passed, {conf.mxgrey} are wanted"
    steps.append(Step("mxgrey", said, decides=enough))
    return enough


def _known(conf: GldConf, first: int, steps: list[Step], now: float) -> Decision:
    opens = first + conf.min_time + 1
    if now >= opens:
        steps.append(Step("triplet", f"known since {time_text(first)}, longer than MINTIME", decides=True))
        return Decision(tuple(steps), DUNNO, passes=True)
    steps.append(Step("triplet", f"known since {time_text(first)}: MINTIME={conf.min_time} is not over"))
    return _refused(conf, steps, opens)


def _refused(conf: GldConf, steps: list[Step], until: int | None) -> Decision:
    if conf.training:
        steps.append(Step("training", "TRAINING=1: let in all the same", decides=True))
        return Decision(tuple(steps), DUNNO, passes=True)
    last = steps[-1]
    steps[-1] = Step(last.name, last.said, decides=True)
    return Decision(tuple(steps), conf.refusal, passes=False, until=until, forever=until is None)


def _fits(asked: Question, facts: Facts) -> bool:
    """Whether MariaDB takes the row, which gld does not look at."""
    return len(asked.ip) <= facts.ip_length and max(len(asked.sender), len(asked.recipient)) <= LONGEST


def _why_not(asked: Question, facts: Facts) -> str:
    if facts.there:
        return "not stored: the row with `first` 0 is in its place; it is refused until that one goes"
    if len(asked.ip) > facts.ip_length:
        return (
            f"not stored: the table holds {facts.ip_length} characters of an address; it is refused for ever"
        )
    return f"not stored: longer than {LONGEST} characters; it is refused for ever"


def _read(text: str) -> str:
    """What MariaDB reads between the quotes of gld's statement, which leaves backslashes as they are."""
    if "\\" not in text:
        return text
    found, escaped = [], False
    for char in text:
        if escaped:
            found.append(_ESCAPES.get(char, char))
        elif char != "\\":
            found.append(char)
        escaped = char == "\\" and not escaped
    return "".join(found)


def _open_end(text: str) -> bool:
    return (len(text) - len(text.rstrip("\\"))) % 2 == 1
