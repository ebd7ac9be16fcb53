"""From a site's settings to the values that templates write."""

from backends.errors import BadRequest
from backends.reference.manifest import Release
from backends.reference.values import Values
from backends.site import Site

NEEDED = {
    "domain": '"example.org"',
    "hostname": '"mail.example.org"',
    "postmaster": '"alice", a user of this machine',
}
LOOPBACK = ("127.0.0.0/8", "[::1]/128")


def values_of(site: Site, release: Release, password: str) -> Values:
    """All that templates need.

    :raises BadRequest: the site has not said what apply cannot guess.
    """
    for key, example in NEEDED.items():
        if not getattr(site, key):
            raise BadRequest(
                f"The site's {key} is not known",
                hint=f"give it with --{key}, or in site.toml: {key} = {example}",
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
    )


def _network(network: str) -> str:
    """As Postfix writes it: IPv6 in brackets."""
    address, slash, length = network.partition("/")
    return f"[{address}]{slash}{length}" if ":" in address else network
