"""Settings of the site that nobody has given yet, asked for on a terminal with a guess at each."""

import pwd
import socket
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from backends.site.file import Setting
from backends.site.settings import Site
from mailtui.cli.output import Output

USERS = range(1000, 60000)
"""User IDs of people (adduser(8))."""


def ask(out: Output, site: Site, given: Mapping[str, Setting]) -> dict[str, Setting]:
    """What is needed and neither given nor in the site file; nothing where there is no terminal to ask at."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return {}
    answers: dict[str, Setting] = {}
    for key, question in (
        ("domain", "mail domain"),
        ("hostname", "this host's name"),
        ("postmaster", "user who gets the postmaster's mail"),
    ):
        if key in given or getattr(site, key):
            continue
        guess = _guess(key, str(answers.get("domain") or given.get("domain") or site.domain))
        out.ask(f"{question}{f' [{guess}]' if guess else ''}: ")
        if answer := sys.stdin.readline().strip() or guess:
            answers[key] = answer
    return answers


def _guess(key: str, domain: str) -> str:
    """What it probably is, or nothing."""
    if key == "domain":
        with suppress(OSError, UnicodeDecodeError):
            return Path("/etc/mailname").read_text().strip()
        return socket.getfqdn().partition(".")[2]
    if key == "hostname":
        name = socket.getfqdn()
        return name if name.endswith(f".{domain}") else f"mail.{domain}"
    return next((user.pw_name for user in pwd.getpwall() if user.pw_uid in USERS), "")
