"""What the reference says of each component: packages, files, maps, database, groups, services, deviations."""

from collections.abc import Iterable, Iterator, Mapping
from importlib import resources
from typing import Annotated, Literal

import msgspec

from backends.errors import Failed

Release = Literal["bookworm", "trixie"]
RELEASES: tuple[Release, ...] = ("bookworm", "trixie")
COMPONENTS = ("mariadb", "gld", "spamassassin", "clamav", "amavis", "maildrop", "dovecot", "postfix")
"""In the order in which their services start."""

Change = Literal["reload", "restart"]
Kind = Literal["whole", "parameters", "services", "assignments", "directives", "aliases"]
"""How a file is managed: as a whole, merged with what the admin changed; or line by line, all else staying as it is
(`parameters`: main.cf, `services`: master.cf, `assignments`: KEY=value, `directives`: Key value, `aliases`)."""


class Listens(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Where a service answers: a TCP port on 127.0.0.1, or a socket; `banner` is a pattern of its first line.

    `say` is what it must be told before it says a word.
    """

    port: int = 0
    socket: str = ""
    banner: str = ""
    say: str = ""


class Service(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A service: its systemd unit, its init script, the name of its process, and where it answers.

    `direct` starts it where there is no systemd and its init script will not.
    """

    name: str
    init: str
    process: str
    listens: tuple[Listens, ...] = ()
    direct: tuple[str, ...] = ()
    when: Mapping[str, str] = {}


class ManagedFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A file: its template, how it is managed, and what its change needs of which service.

    `check` names the check that a staged file must pass; a `secret` one is never shown; of one that is `ours` nothing
    that was changed here is kept. `when`: the values under which it is there at all.
    """

    path: Annotated[str, msgspec.Meta(pattern="^/(etc|var/lib/clamav)/")]
    template: str
    kind: Kind = "whole"
    owner: str = "root"
    group: str = "root"
    mode: Annotated[int, msgspec.Meta(ge=0, le=0o777)] = 0o644
    secret: bool = False
    ours: bool = False
    changes: Mapping[str, Change] = {}
    check: str = ""
    when: Mapping[str, str] = {}
    releases: tuple[Release, ...] = RELEASES


def changes_of(files: Iterable[ManagedFile]) -> dict[str, Change]:
    """What services need when these files have changed: of two demands the stronger."""
    found: dict[str, Change] = {}
    for file in files:
        for name, change in file.changes.items():
            found[name] = "restart" if "restart" in (change, found.get(name)) else "reload"
    return found


class Probe(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A lookup that a built map must answer, with this value where one is given; `{domain}` stands for the site's."""

    key: str
    value: str = ""


class Map(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A lookup table; `tool` builds it, none for those that are read as text."""

    path: str
    type: Literal["hash", "regexp", "cidr"]
    tool: Literal["", "postmap", "postalias"] = ""
    probe: Probe | None = None


class Database(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A database with its character set, the file that makes its tables, and what its account may do."""

    name: str
    charset: str
    schema: str
    grants: tuple[str, ...]


class Membership(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A user that must be in a group, and which services must start again for it."""

    user: str
    group: str
    changes: Mapping[str, Change] = {}


class Deviation(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What the page says, what a release gets instead or besides, and why."""

    page: str
    gets: str
    why: str
    releases: tuple[Release, ...] = RELEASES


class Component(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """All of one component, for one release."""

    name: str = ""
    title: str
    packages: tuple[str, ...]
    optional: tuple[str, ...] = ()  # packages that not every release has
    packages_of: Mapping[Release, tuple[str, ...]] = {}
    answers: tuple[str, ...] = ()  # debconf-set-selections(1) lines; `{domain}` stands for the site's
    when: Mapping[str, str] = {}
    services: tuple[Service, ...] = ()
    files: tuple[ManagedFile, ...] = ()
    maps: tuple[Map, ...] = ()
    databases: tuple[Database, ...] = ()
    groups: tuple[Membership, ...] = ()
    deviations: tuple[Deviation, ...] = ()


def load(release: Release) -> tuple[Component, ...]:
    """The components as this release (`bookworm`, `trixie`) gets them, in the order in which their services start.

    :raises Failed: mailtui's own files are damaged.
    """
    return tuple(_load(release))


def _load(release: Release) -> Iterator[Component]:
    for name in COMPONENTS:
        content = resources.files(__package__).joinpath(name, "manifest.toml").read_bytes()
        try:
            whole = msgspec.toml.decode(content, type=Component)
        except msgspec.MsgspecError as error:
            raise Failed(
                f"The bundled manifest of {name} is damaged: {error}", hint="install mailtui again"
            ) from error
        yield msgspec.structs.replace(
            whole,
            name=name,
            packages=(*whole.packages, *whole.packages_of.get(release, ())),
            files=tuple(one for one in whole.files if release in one.releases),
            deviations=tuple(one for one in whole.deviations if release in one.releases),
        )
