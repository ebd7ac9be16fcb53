"""Debian packages: which there are, what installing them would do, and installing them with apt's own progress."""

import re
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from backends.errors import Failed, Refused
from backends.runner import Command, Result, Runner
from backends.text import visible

AUDIT = Command(("dpkg", "--audit"))
CONFIGURE = (
    *("env", "DEBIAN_FRONTEND=noninteractive", "dpkg", "--force-confdef", "--force-confold"),
    *("--configure", "-a"),
)
SILENCE = 900.0  # s for which apt may say nothing: a slow mirror, a slow disk
SPARE = ("--no-install-recommends",)
KEEP_FILES = ("-o", "Dpkg::Options::=--force-confdef", "-o", "Dpkg::Options::=--force-confold")
_NO_TERMINAL = "E: Can not write log"  # apt's complaint where there is no /dev/pts; it goes on
_POLICY = re.compile(r"(\S+):")
_STATUS = re.compile(r"(?:dl|pm)status:[^:]*:([\d.]+):(.*)")


class Trial(NamedTuple):
    """What an installation would do: names of packages that come new or newer, and of those that would go."""

    installed: tuple[str, ...]
    removed: tuple[str, ...]


class Packages:
    """The packages of one machine, by apt-get(8) and apt-cache(8)."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner

    def available(self, names: Sequence[str]) -> set[str]:
        """Those of the names that this release has."""
        if not names:
            return set()
        asked = self._runner.run(Command(("apt-cache", "policy", "--", *names), timeout=60))
        return parse_policy(asked.stdout.decode("utf-8", "replace").splitlines())

    def update(self) -> None:
        """Read the lists of packages anew.

        :raises Failed: apt could not.
        """
        result = self._runner.run(Command(("apt-get", "-q", "update"), timeout=SILENCE, mutates=True))
        if result.code != 0:
            raise _failed(result)

    def trial(self, names: Sequence[str]) -> Trial:
        """What installing them would do. Changes nothing.

        :raises Failed: it cannot be done, for instance because one has no such name.
        """
        result = self._runner.run(
            Command(("apt-get", "--simulate", "-q", "-y", *SPARE, "install", "--", *names), timeout=120)
        )
        if result.code != 0:
            raise _failed(result)
        return parse_trial(result.stdout.decode("utf-8", "replace").splitlines())

    def _finish_interrupted(self) -> None:
        """Configure what an installation that was broken off has left unpacked."""
        if self._runner.run(AUDIT).stdout.strip():
            self._runner.run(Command(CONFIGURE, timeout=SILENCE, mutates=True))

    def install(
        self, names: Sequence[str], answers: Iterable[str], progress: Callable[[float, str], None]
    ) -> None:
        """Install them; configuration files that were changed here stay. `answers` are debconf-set-selections(1) lines.

        `progress` is told how much of 100 is done, and what is being done. What dpkg was broken off at is gone on with.

        :raises Refused: another package would have to go.
        :raises Failed: apt did not come to its end.
        """
        self._finish_interrupted()
        if removed := self.trial(names).removed:
            raise Refused(
                f"Installing would remove {', '.join(map(visible, removed))}",
                hint="if you do not need them, remove them first with apt-get remove; then run it again",
            )
        lines = "".join(f"{answer}\n" for answer in answers).encode()
        if lines:
            told = self._runner.run(Command(("debconf-set-selections",), stdin=lines, mutates=True))
            if told.code != 0:
                raise _failed(told)
        argv = ("env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-q", "-y", *SPARE, *KEEP_FILES)
        command = Command(
            (*argv, "-o", "APT::Status-Fd=1", "install", "--", *names), timeout=SILENCE, mutates=True
        )
        with self._runner.stream(command) as stream:
            rest = b""
            while chunk := stream.read():
                *lines_read, rest = (rest + chunk).split(b"\n")
                for line in lines_read:
                    if found := parse_status(line.decode("utf-8", "replace")):
                        progress(*found)
            result = stream.result()
        if result.code != 0:
            raise _failed(result)


def parse_policy(lines: Iterable[str]) -> set[str]:
    """Names of packages with a candidate, from `apt-cache policy`."""
    found: set[str] = set()
    name = ""
    for line in lines:
        if match := _POLICY.fullmatch(line):
            name = match[1]
        elif line.startswith("  Candidate: ") and line != "  Candidate: (none)":
            found.add(name)
    return found


def parse_trial(lines: Iterable[str]) -> Trial:
    """What `apt-get --simulate` said it would do."""
    words = [line.split() for line in lines]
    installed = dict.fromkeys(one[1] for one in words if len(one) > 1 and one[0] == "Inst")
    removed = dict.fromkeys(one[1] for one in words if len(one) > 1 and one[0] in {"Remv", "Purg"})
    return Trial(tuple(installed), tuple(name for name in removed if name not in installed))


def parse_status(line: str) -> tuple[float, str] | None:
    """Percent and words of a line that apt writes to its status handle, if it is one."""
    match = _STATUS.fullmatch(line)
    if match is None:
        return None
    try:
        return min(float(match[1]), 100.0), visible(match[2])
    except ValueError:
        return None


def _failed(result: Result) -> Failed:
    errors = [
        line[2:].strip()
        for line in result.stderr.decode("utf-8", "replace").splitlines()
        if line.startswith("E:") and not line.startswith(_NO_TERMINAL)
    ]
    what = visible(errors[0] if errors else result.complaint)[:300]
    return Failed(
        f"apt failed: {what}",
        hint="mend it (apt-get update; dpkg --configure -a; apt-get -f install), then run mailtui --apply again",
    )
