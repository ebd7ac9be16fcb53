"""From a site's settings to the values that templates write."""

from typing import NamedTuple

from backends.errors import BadRequest
from backends.reference.manifest import Release
from backends.reference.values import Values
from backends.site.settings import Site


class Surroundings(NamedTuple):
    """What the machine adds: its init system, whether there are virus signatures, where mailtui is."""

    systemd: bool
    signatures: bool
    program: str


NEEDED = {
    "domain": '"example.org"',
    "hostname": '"mail.example.org"',
    "postmaster": '"alice", a user of this machine',
}
LOOPBACK = ("127.0.0.0/8", "[::1]/128")


GLD_PORT = 3306


def values_of(site: Site, release: Release, password: str, around: Surroundings) -> Values:
    """All that templates need.

    :raises BadRequest: the site has not said what apply cannot guess, or wants what gld cannot do.
    """
    for key, example in NEEDED.items():
        if not getattr(site, key):
            raise BadRequest(
                f"The site's {key} is not known",
                hint=f"give it with --{key}, or in site.toml: {key} = {example}",
            )
    if site.greylist.port != GLD_PORT:
        raise BadRequest(
            f"gld cannot be told a port: greylist.port must be {GLD_PORT}, not {site.greylist.port}",
            hint=f"have the database, or a proxy before it, listen on port {GLD_PORT}",
        )
    return Values(
        release=release,
        domain=site.domain.lower(),
        hostname=site.hostname.lower(),
        networks=(*LOOPBACK, *map(_network, site.networks)),
        public_ips=site.public_ips,
        postmaster=site.postmaster,
        filter=site.filter,
        scope=site.filter_scope,
        dns_lists=site.postfix.dns_lists,
        certificate=site.tls.certificate,
        certificate_key=site.tls.key,
        database="local" if site.greylist.host == "localhost" else "remote",
        greylist_host=site.greylist.host,
        greylist_user=site.greylist.user,
        greylist_password=password,
        greylist_database=site.greylist.database,
        custom_urls=site.clamav.custom_urls,
        max_servers=site.amavis.max_servers,
        signatures="test" if site.clamav.test_signature and not around.signatures else "official",
        init="systemd" if around.systemd else "other",
        program=around.program,
    )


def _network(network: str) -> str:
    """As Postfix writes it: IPv6 in brackets."""
    address, slash, length = network.partition("/")
    return f"[{address}]{slash}{length}" if ":" in address else network
