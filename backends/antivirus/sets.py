"""Third parties' signatures fetched by clamav-unofficial-sigs, which Debian 12 has.

It ends with 0 when no server could be reached, and is silent about what went well where it has no terminal: so what came is seen
by the files, and what failed by its lines.
"""

import os
import pwd
import re
from collections.abc import Callable
from pathlib import Path
from threading import Event

from backends.antivirus import databases, logs
from backends.antivirus.reload import Reload
from backends.antivirus.values import Outcome, Updated
from backends.errors import Missing, NotPermitted
from backends.runner import Command, Runner
from backends.text import visible

PROGRAM = Path("/usr/sbin/clamav-unofficial-sigs")
NAME = PROGRAM.name
USER = "clamav"
SILENCE = 900.0  # s; it pauses up to 10 minutes
_FAILED = re.compile(r"Failed |Access to all .* failed|.* (?:FAILED on|tested BAD) ")


def fetch(
    runner: Runner, folder: Path, reload: Reload | None, tell: Callable[[str], None], stop: Event | None
) -> Updated:
    """Run it as its user, and have clamd load what has come into `folder`.

    :raises Missing: it is not installed.
    :raises NotPermitted: this user may not.
    """
    if not PROGRAM.exists():
        raise Missing(
            f"{NAME} is not installed",
            hint=f"on Debian 12: apt install {NAME}; elsewhere DatabaseCustomURL in freshclam.conf",
        )
    become = ("runuser", "-u", USER, "--") if os.geteuid() == 0 else ()
    if not become and pwd.getpwuid(os.geteuid()).pw_name != USER:
        raise NotPermitted(f"Only root and {USER} may fetch signatures", hint="run mailtui as root")
    before = _changed(folder)
    tell(f"{NAME} pauses 1 to 10 minutes before it asks the servers, to spare them")
    complaints: list[str] = []
    with runner.stream(Command((*become, str(PROGRAM)), timeout=SILENCE, mutates=True)) as stream:
        for line in logs.heard(lambda: stream.read(stop)):
            tell(line.text)
            if _FAILED.match(line.text):
                complaints.append(line.text)
        result = stream.result()
    if result.code != 0:
        complaints.append(visible(result.complaint))
    come = tuple(sorted(name for name, when in _changed(folder).items() if before.get(name) != when))
    reloaded, said = None, ""
    if come and reload is not None:
        reloaded, said = reload.wait(tell, stop, notified=False)
    outcome: Outcome = "failed" if complaints else "updated" if come else "current"
    return Updated(NAME, outcome, come, complaints[0] if complaints else "", reloaded, said)


def _changed(folder: Path) -> dict[str, float]:
    return {one.name: one.changed for one in databases.read(folder)}
