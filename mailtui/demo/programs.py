"""What Postfix's programs do and print on the simulated machine.

Texts and exit codes are those of Postfix 3.7 and its sources: postqueue.c, postsuper.c, postcat.c, postconf.c.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from backends.queue.message import QUEUE_ID
from mailtui.demo.mail import Mail
from mailtui.demo.population import HOME
from mailtui.demo.simulation import POSTSUPER_DEFAULT, SHOWQ_ORDER, Simulation

UNAVAILABLE = 69
CHUNK = 4000  # lines that are handed over at once
FLUSH_SITES = ("gmail.example", f"branch.{HOME}")

PARAMETERS = {
    "config_directory": "/etc/postfix",
    "queue_directory": "/var/spool/postfix",
    "hash_queue_depth": "1",
    "hash_queue_names": "deferred, defer",
    "mail_version": "3.7.11",
    "myhostname": f"mx1.{HOME}",
    "fast_flush_domains": ", ".join(FLUSH_SITES),
    "minimal_backoff_time": "300s",
    "maximal_backoff_time": "4000s",
    "maximal_queue_lifetime": "5d",
    "bounce_queue_lifetime": "5d",
    "queue_run_delay": "300s",
    "enable_long_queue_ids": "no",
}
_CLOSING = {
    "-r": "Requeued",
    "-d": "Deleted",
    "-e": "Force-expired",
    "-h": "Placed on hold",
    "-H": "Released from hold",
}


@dataclass(slots=True)
class Answer:
    """How a simulated program ended and what it printed; standard output in pieces."""

    code: int = 0
    stdout: list[bytes] = field(default_factory=list)
    stderr: list[str] = field(default_factory=list)

    def pieces(self) -> Iterator[bytes]:
        """Standard output in pieces of some hundred kilobytes."""
        for at in range(0, len(self.stdout), CHUNK):
            yield b"".join(self.stdout[at : at + CHUNK])


def postqueue(simulation: Simulation, arguments: list[str], stdin: bytes) -> Answer:
    """postqueue(1): list, or flush all, one message or one site."""
    complaint = ""
    match _without_config(arguments):
        case ["-j"]:
            return Answer(stdout=simulation.listing())
        case ["-f"]:
            simulation.flush(simulation.deferred().values())
        case ["-i", name] if QUEUE_ID.fullmatch(name):
            simulation.flush(mail for mail in [simulation.find(name)] if mail)
        case ["-i", name]:
            complaint = f'Cannot flush queue ID - invalid name: "{name[:100]}"'
        case ["-s", site] if site.lower() in FLUSH_SITES:
            simulation.flush(_to_site(simulation, site.lower()))
        case ["-s", site]:
            complaint = f'Flush service is not configured for destination "{site[:100]}"'
        case _:
            complaint = "usage: postqueue -f | postqueue -i queueid | postqueue -j | postqueue -s site"
    return _fatal("postqueue", complaint, UNAVAILABLE) if complaint else Answer()


def postsuper(simulation: Simulation, arguments: list[str], stdin: bytes) -> Answer:
    """postsuper(1): one action on the queue IDs named, on those on standard input, or on all."""
    match _without_config(arguments):
        case [("-h" | "-H" | "-r" | "-e" | "-f" | "-d") as option, what]:
            pass
        case _:
            return _fatal("postsuper", "usage: postsuper [-c config_dir] [-d queue_id (delete)] …")
    answer = Answer()
    names = [what]
    if what == "-":
        names = stdin.decode("utf-8", "surrogateescape").removesuffix("\n").split("\n") if stdin else []
    elif what == "ALL":
        names = simulation.names(POSTSUPER_DEFAULT)
    counts: dict[str, int] = {"-e": 0, "-H": 0} if option == "-f" else {option: 0}
    for name in names:
        if not QUEUE_ID.fullmatch(name):
            answer.stderr.append(f"postsuper: warning: invalid mail queue id: {name}")
            continue
        for verb, done in _one(simulation, option, name):
            counts[verb] += 1
            answer.stderr.append(f"postsuper: {name}: {done}")
    for verb, count in counts.items():
        answer.stderr.append(f"postsuper: {_CLOSING[verb]}: {count} message{'' if count == 1 else 's'}")
    return answer


def postcat(simulation: Simulation, arguments: list[str], stdin: bytes) -> Answer:
    """postcat(1) with -q: one message from the queue; with -bh nothing but the message."""
    match _without_config(arguments):
        case ["-q", name] | ["-bh", "-q", name] if QUEUE_ID.fullmatch(name):
            mail = simulation.find(name, SHOWQ_ORDER)
        case ["-q", name] | ["-bh", "-q", name]:
            return _fatal("postcat", f"bad mail queue ID: {name}")
        case _:
            return _fatal("postcat", "usage: postcat [-c config_dir] [-q (access queue)] [file(s)...]")
    if mail is None:
        return _fatal("postcat", f"open queue file {name}: No such file or directory")
    from mailtui.demo import content  # noqa: PLC0415 - most runs show no message

    shown = content.message if "-bh" in arguments else content.postcat
    return Answer(stdout=[shown(mail, simulation.seed)])


def postconf(simulation: Simulation, arguments: list[str], stdin: bytes) -> Answer:
    """postconf(1): the values of parameters, with -h without their names."""
    names = _without_config(arguments)
    bare = "-h" in names
    answer = Answer()
    for name in names:
        if name.startswith("-"):
            continue
        if name in PARAMETERS:
            value = PARAMETERS[name]
            answer.stdout.append(f"{value}\n".encode() if bare else f"{name} = {value}\n".encode())
        else:
            answer.stderr.append(f"postconf: warning: {name}: unknown parameter")
    return answer


PROGRAMS = {"postqueue": postqueue, "postsuper": postsuper, "postcat": postcat, "postconf": postconf}


def _to_site(simulation: Simulation, site: str) -> list[Mail]:
    """The deferred messages with a recipient at that site."""
    return [
        mail
        for mail in simulation.deferred().values()
        if any(address.endswith(f"@{site}") for address in mail.recipients)
    ]


def _one(simulation: Simulation, option: str, name: str) -> Iterator[tuple[str, str]]:
    """Act on one message; gives what was done to it, as an option and in Postfix's words."""
    match option:
        case "-h" if simulation.hold(name):
            yield option, "placed on hold"
        case "-r" if simulation.requeue(name):
            yield option, "requeued"
        case "-d" if simulation.delete(name):
            yield option, "removed"
        case "-e" | "-f" if simulation.expire(name):
            yield "-e", "expired"
    if option in {"-H", "-f"} and simulation.release(name):
        yield "-H", "released from hold"


def _without_config(arguments: list[str]) -> list[str]:
    """The arguments without `-c DIR`, and without the `--` before operands."""
    if arguments[:1] == ["-c"]:
        arguments = arguments[2:]
    return [argument for argument in arguments if argument != "--"]


def _fatal(program: str, text: str, code: int = 1) -> Answer:
    return Answer(code, stderr=[f"{program}: fatal: {text}"])
