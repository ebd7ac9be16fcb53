"""What a machine is before anything is changed: its release, its packages, the configuration files they came with."""

import re
from collections.abc import Iterable, Mapping
from hashlib import md5
from pathlib import Path
from typing import get_args

import msgspec

from backends.errors import Failed, Missing
from backends.files import read_bounded
from backends.reference.manifest import Release
from backends.runner import Command, Runner
from backends.text import visible

OS_RELEASE = Path("/usr/lib/os-release")
_CONFFILE = re.compile(r" (/\S.*?) ([0-9a-f]{32})(?: obsolete)?(?: remove-on-upgrade)?")
_SETTING = re.compile(r"""([A-Z_]+)=["']?(.*?)["']?""")


class Facts(msgspec.Struct, frozen=True):
    """`packages` are those fully installed; `packaged` the MD5 digest of each configuration file as it was packaged."""

    release: Release
    packages: frozenset[str]
    packaged: Mapping[str, str]

    def pristine(self, path: str, content: bytes) -> bool:
        """Whether a file is as its package brought it."""
        return self.packaged.get(path) == md5(content, usedforsecurity=False).hexdigest()


def facts(runner: Runner, os_release: Path = OS_RELEASE) -> Facts:
    """Ask the machine.

    :raises Missing: it is neither Debian 12 nor 13.
    """
    release = release_of(read_bounded(os_release, 1 << 16))
    form = "${Package} ${db:Status-Abbrev}\\n${Conffiles}\\n"
    asked = runner.run(Command(("dpkg-query", "--show", f"--showformat={form}"), timeout=60))
    if asked.code != 0:
        raise Failed(f"dpkg-query failed: {visible(asked.complaint)}", hint="see what `dpkg --audit` says")
    packages, packaged = parse_packages(asked.stdout.decode("utf-8", "replace").splitlines())
    return Facts(release, frozenset(packages), packaged)


def release_of(content: bytes) -> Release:
    """The release that an os-release(5) file names.

    :raises Missing: it is neither Debian 12 nor 13.
    """
    lines = content.decode("utf-8", "replace").splitlines()
    said = {match[1]: match[2] for line in lines if (match := _SETTING.fullmatch(line.strip()))}
    for release in get_args(Release):
        if said.get("ID") == "debian" and said.get("VERSION_CODENAME") == release:
            return release  # type: ignore[no-any-return]
    name = visible(said.get("PRETTY_NAME", "an unknown system"))[:60]
    raise Missing(
        f"This is {name}, not Debian 12 (bookworm) or 13 (trixie); nothing was touched",
        hint="run it on one of these; everything else of mailtui works wherever Postfix does",
    )


def parse_packages(lines: Iterable[str]) -> tuple[set[str], dict[str, str]]:
    """Names of installed packages, and their configuration files with digests, from dpkg-query(1)."""
    packages: set[str] = set()
    packaged: dict[str, str] = {}
    for line in lines:
        if match := _CONFFILE.fullmatch(line):
            packaged[match[1]] = match[2]
        elif line and not line.startswith(" "):
            name, _, status = line.partition(" ")
            if status.startswith("ii"):
                packages.add(name)
    return packages, packaged
