"""Base images: a Debian release with packages and settings in a folder, made once by debootstrap."""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from backends.reference import manifest
from backends.reference.manifest import load
from tests.lab import network
from tests.lab.cache import built, digest
from tests.lab.process import ENVIRONMENT, LabError


@dataclass(frozen=True)
class Release:
    """A Debian release, and the Python it comes with."""

    name: str
    python: str

    @property
    def codename(self) -> manifest.Release:
        """The name as the reference's manifests have it."""
        return "bookworm" if self.name == "bookworm" else "trixie"


RELEASES = {release.name: release for release in (Release("bookworm", "3.11"), Release("trixie", "3.13"))}

BASE_PACKAGES = (
    "ca-certificates",
    "dbus",
    "dnsmasq-base",
    "iproute2",
    "less",
    "make",
    "procps",
    "python3",
    "python3-venv",
    "rsyslog",
    "sudo",
    "systemd",
    "systemd-sysv",
    "tmux",
)


@dataclass(frozen=True)
class Flavour:
    """What an image holds beside the base packages, and the shell lines that set it up.

    `download` are packages that apt has at hand without a network, those of them that the release has.
    """

    name: str
    packages: tuple[str, ...]
    debconf: str = ""
    setup: str = ""
    download: tuple[str, ...] = ()


POSTFIX = Flavour(
    name="postfix",
    packages=("postfix",),
    debconf="""\
postfix postfix/main_mailer_type select Internet Site
postfix postfix/mailname string example.test
""",
    setup="""\
postconf -e myhostname=mail.example.test mydestination=example.test,mail.example.test,localhost \
    inet_protocols=ipv4 smtp_connect_timeout=1s mynetworks=127.0.0.0/8
echo 'root: postmaster@example.org' >> /etc/aliases
newaliases
""",
)


def stack(release: str) -> Flavour:
    """All packages of the reference configuration, as packaged: nothing applied, no signatures, nothing started."""
    packages = dict.fromkeys(name for one in load(RELEASES[release].codename) for name in one.packages)
    return Flavour(name="stack", packages=tuple(packages), debconf=POSTFIX.debconf)


def bare(release: str) -> Flavour:
    """No mail server at all; apt has all packages of the reference at hand, another mail server, and what ansible needs."""
    components = load(RELEASES[release].codename)
    names = dict.fromkeys(name for one in components for name in (*one.packages, *one.optional))
    return Flavour(name="bare", packages=(), download=(*names, "exim4-daemon-light", "python3-apt"))


# Every name below is the machine's own; nothing in it may depend on the host that builds it.
INSTALL = """\
set -e
mount -t proc proc /proc
printf '#!/bin/sh\\nexit 101\\n' > /usr/sbin/policy-rc.d
chmod 755 /usr/sbin/policy-rc.d
echo force-unsafe-io > /etc/dpkg/dpkg.cfg.d/lab
debconf-set-selections <<'END'
{debconf}
END
apt-get update -q
apt-get install -y -q --no-install-recommends {packages}
{setup}
apt-get clean
known=
for name in {download}; do
    if apt-cache policy "$name" | grep -q 'Candidate: [^(]'; then known="$known $name"; fi
done
if [ -n "$known" ]; then
    for name in $known; do apt-get install -y -q --no-install-recommends --download-only "$name"; done
else
    rm -rf /var/lib/apt/lists/*
fi
rm -f /usr/sbin/policy-rc.d
systemctl mask systemd-networkd.service systemd-resolved.service systemd-timesyncd.service \
    console-getty.service getty.target apt-daily.timer apt-daily-upgrade.timer
"""

FILES = {
    "etc/hostname": "mail\n",
    "etc/machine-id": "6d61696c747569206c6162206d616369\n",  # a known one: there is no first boot to go through
    "etc/mailname": "example.test\n",
    "etc/hosts": f"127.0.0.1 localhost\n{network.MACHINE} mail.example.test mail\n",
    "etc/resolv.conf": f"nameserver {network.DNS}\noptions timeout:2 attempts:1\n",
}


def image(release: Release, flavour: Flavour = POSTFIX) -> Path:
    """The root folder of the image, built first if need be (a minute or two, with network).

    :raises LabError: it could not be built; the text holds the end of the log.
    """
    recipe = (INSTALL, repr(BASE_PACKAGES), repr(flavour), repr(FILES))
    return built(
        f"{release.name}-{flavour.name}-{digest(*recipe)}", lambda root: _build(root, release, flavour)
    )


def _build(root: Path, release: Release, flavour: Flavour) -> None:
    _logged(root, ["debootstrap", "--variant=minbase", release.name, str(root)])
    (root / "etc/resolv.conf").write_bytes(Path("/etc/resolv.conf").read_bytes())
    script = INSTALL.format(
        debconf=flavour.debconf,
        setup=flavour.setup,
        packages=" ".join(BASE_PACKAGES + flavour.packages),
        download=" ".join(flavour.download),
    )
    namespaces = ["unshare", "--mount", "--pid", "--fork", "--kill-child"]
    _logged(root, [*namespaces, "chroot", str(root), "sh", "-c", script])
    for name, text in FILES.items():
        (root / name).unlink(missing_ok=True)
        (root / name).write_text(text)


def _proxies() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name.lower().endswith("_proxy")}


def _logged(root: Path, argv: list[str]) -> None:
    log = root.with_name(f"{root.name}.log")
    with log.open("wb") as output:
        code = subprocess.run(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**ENVIRONMENT, **_proxies(), "DEBIAN_FRONTEND": "noninteractive"},
            check=False,
        ).returncode
    if code:
        end = "\n".join(log.read_text(errors="replace").splitlines()[-20:])
        raise LabError(f"building the image failed ({argv[0]} ended with {code}), see {log}:\n{end}")
    log.unlink()
