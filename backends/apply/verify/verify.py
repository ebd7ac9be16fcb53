"""A whole verification, in the order in which one thing needs another."""

import pwd
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

from backends.apply.machine.services import Services
from backends.apply.told import Check
from backends.apply.verify.advice import Advice
from backends.apply.verify.checks import Checks, Clock, Found, Sleep
from backends.apply.verify.folder import Folder
from backends.apply.verify.imap import check_starttls
from backends.apply.verify.mail import Courier
from backends.apply.verify.policy import check_policy
from backends.apply.verify.services import check_services, port_of
from backends.apply.verify.smtp import Route, check_unknown, check_vrfy
from backends.reference.manifest import Component
from backends.reference.values import Values
from backends.runner import Runner

AMAVIS = Path("/var/lib/amavis")
PATIENCE = 60.0  # s for one message
BRIEF = 15.0  # s where a part of the way does not answer
CLEAN, SPAM = "a clean message arrives", "spam is delivered and tagged"
VIRUS = {"pre-queue": "a virus is refused", "post-queue": "a virus is kept back"}
DIALOGUE = ("VRFY is refused", "an unknown user is refused")


class Places(NamedTuple):
    """Folders of the machine; `home`: the postmaster's own where none is given."""

    home: Path | None = None
    amavis: Path = AMAVIS


HERE = Places()


def verify(
    runner: Runner,
    services: Services,
    components: Sequence[Component],
    values: Values,
    each: Callable[[Check], None],
    *,
    places: Places = HERE,
    patience: float = PATIENCE,
    clock: Clock = time.monotonic,
    sleep: Sleep = time.sleep,
) -> list[Check]:
    """Look whether the machine does what the reference promises; `each` is told each check as it is made.

    What is sent goes from the postmaster to the postmaster, and is removed again. A virus stays in the quarantine,
    spam as well; gld keeps one row.
    """
    checks = Checks(each, clock)
    advice = Advice(services.systemd, values.filter, values.postmaster)
    silent = check_services(checks, services, components, values.hostname)
    smtp, gld, imap = (port_of(components, name) for name in ("postfix", "gld", "dovecot"))
    checks.look("gld decides on a sender", partial(check_policy, gld, values.domain, advice))
    if _at(imap) in silent:
        checks.not_tried("IMAP speaks TLS", f"nothing answers rightly on {_at(imap)}")
    else:
        checks.look("IMAP speaks TLS", partial(check_starttls, imap, advice))
    mail = (CLEAN, SPAM, VIRUS[values.filter])
    if _at(smtp) in silent:
        for name in (*DIALOGUE, *mail):
            checks.not_tried(name, f"nothing answers rightly on {_at(smtp)}")
        return checks.made
    checks.look(DIALOGUE[0], partial(check_vrfy, smtp, values.hostname))
    checks.look(DIALOGUE[1], partial(check_unknown, smtp, values.hostname, values.domain))
    home = places.home or _home(values.postmaster)
    if home is None:
        missing = Found(
            good=False, evidence=f"there is no user {values.postmaster}", hint=f"adduser {values.postmaster}"
        )
        checks.look(CLEAN, lambda: missing)
        return _none_arrived(checks, mail[1:])
    on_the_way = {_at(smtp), _at(10025), _at(port_of(components, "amavis"))}
    courier = Courier(
        runner,
        Route(smtp, values.hostname, f"postmaster@{values.domain}"),
        Folder(home, ("Maildir", "new"), ("Maildir", "cur")),
        Folder(places.amavis, ("virusmails",), prefix="virus-", deep=True),
        advice,
        patience=min(BRIEF, patience) if on_the_way & silent else patience,
        clock=clock,
        sleep=sleep,
    )
    if not checks.look(CLEAN, courier.clean):
        return _none_arrived(checks, mail[1:])
    checks.look(SPAM, courier.spam)
    checks.look(VIRUS[values.filter], courier.virus)
    return checks.made


def _none_arrived(checks: Checks, names: Sequence[str]) -> list[Check]:
    for name in names:
        checks.not_tried(name, "the clean message did not arrive")
    return checks.made


def _at(port: int) -> str:
    return f"127.0.0.1:{port}"


def _home(user: str) -> Path | None:
    """Where a user lives; None: there is no such user."""
    try:
        return Path(pwd.getpwnam(user).pw_dir)
    except KeyError:
        return None
