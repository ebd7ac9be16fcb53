"""The simulated machine's configuration files: the real reference, and what somebody has made of it here."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from backends.apply.checkpoint.places import There
from backends.apply.planning.files import base_of, merged, reference_alone
from backends.apply.planning.plan import FilePlan
from backends.apply.told import Take
from backends.reference.manifest import Component, ManagedFile, load
from backends.reference.render import applies, render
from backends.reference.values import Values

MAIN_CF = "/etc/postfix/main.cf"
HELO = "/etc/postfix/helo_regexp"
AMAVIS = "/etc/amavis/conf.d/50-user"
GLD = "/etc/gld.conf"
VALUES = Values(
    release="trixie",
    domain="example.org",
    hostname="mx1.example.org",
    networks=("127.0.0.0/8", "[::1]/128", "10.20.0.0/16"),
    public_ips=("203.0.113.177", "203.0.113.178"),
    postmaster="alice",
    greylist_password="invented",  # noqa: S106 - of a database that is not there
)
PACKAGED = {
    MAIN_CF: b"""# See /usr/share/postfix/main.cf.dist for a commented, more complete version

smtpd_banner = $myhostname ESMTP $mail_name (Debian/GNU)
biff = no
append_dot_mydomain = no
readme_directory = no
compatibility_level = 3.6
smtpd_tls_security_level = may
""",
    "/etc/postfix/master.cf": b"""smtp      inet  n       -       y       -       -       smtpd
pickup    unix  n       -       y       60      1       pickup
cleanup   unix  n       -       y       -       0       cleanup
qmgr      unix  n       -       n       300     1       qmgr
local     unix  -       n       n       -       -       local
""",
    GLD: b"PORT=2525\nCLIENTS=127.0.0.1/8\nLIGHTGREY=1\nMINTIME=60\n",
    "/etc/clamav/freshclam.conf": b"DatabaseMirror database.clamav.net\nChecks 24\n",
    "/etc/aliases": b"# See man 5 aliases for format\npostmaster: root\n",
}


class Managed(NamedTuple):
    """One file of the reference, filled in for this machine."""

    component: Component
    file: ManagedFile
    reference: bytes


class Contents(NamedTuple):
    """What is there, and what was last applied, by path."""

    here: dict[str, bytes]
    base: dict[str, bytes]

    def apply(self, plan: FilePlan) -> None:
        """Have a file as planned."""
        if plan.new.content is not None and plan.base is not None:
            self.here[plan.file.path] = plan.new.content
            self.base[plan.file.path] = plan.base


def components() -> list[Component]:
    """Those that this machine has."""
    return [one for one in load(VALUES.release) if applies(one.when, VALUES)]


def managed() -> Iterator[Managed]:
    """All files of the reference."""
    for component in components():
        rendered = render(component, VALUES)
        for file in component.files:
            if file.path in rendered:
                yield Managed(component, file, rendered[file.path])


def contents() -> Contents:
    """Applied some time ago; since then somebody changed files here, and the reference has moved on."""
    found = Contents(dict(PACKAGED), {})
    for one in managed():
        found.apply(planned(one, found))
    here, base = found
    here[MAIN_CF] = _with(
        here[MAIN_CF],
        {"smtpd_helo_required = yes": "smtpd_helo_required = no"},
        "message_size_limit = 52428800\n",
    )
    here[HELO] = base[HELO] = _with(base[HELO], {_line_of(base[HELO], "178"): ""})
    base[AMAVIS] = _with(base[AMAVIS], {"tag2_level_deflt = 6.31": "tag2_level_deflt = 6.2"})
    here[AMAVIS] = _with(base[AMAVIS], {"tag2_level_deflt = 6.2": "tag2_level_deflt = 5.0"})
    here[GLD] = _with(here[GLD], {"ERRACCEPT=0": "ERRACCEPT=1"})
    return found


def before(found: Contents) -> dict[str, bytes | None]:
    """The helo table and amavis's settings as they were at the older of two changes."""
    return {
        HELO: _with(found.here[HELO], {_line_of(found.here[HELO], "177"): ""}),
        AMAVIS: found.base[AMAVIS],
    }


def planned(one: Managed, found: Contents, take: Take = Take.NEITHER) -> FilePlan:
    """The file as it is and as an apply would have it."""
    kind, path, reference = one.file.kind, one.file.path, one.reference
    mine, base = found.here.get(path), found.base.get(path)
    result = merged(kind, reference, mine, base, take=take)
    return FilePlan(
        one.component.name,
        one.file,
        There() if mine is None else There(mine, 0, 0, one.file.mode),
        There(result.content, 0, 0, one.file.mode),
        base_of(kind, reference),
        result.kept,
        result.conflicts,
        (),
        reference_alone(kind, reference, mine),
    )


def _with(content: bytes, changes: Mapping[str, str], more: str = "") -> bytes:
    text = content.decode()
    for old, new in changes.items():
        text = text.replace(old, new)
    return (text + more).encode()


def _line_of(content: bytes, word: str) -> str:
    return next(line for line in content.decode().splitlines(keepends=True) if word in line)
