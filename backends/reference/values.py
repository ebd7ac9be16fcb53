"""What a site decides and templates write: names, networks, how mail is filtered."""

from typing import Literal

import msgspec

from backends.reference.manifest import Release

Filter = Literal["pre-queue", "post-queue"]
Scope = Literal["all", "outgoing"]
SNAKEOIL = "/etc/ssl/certs/ssl-cert-snakeoil.pem"
SNAKEOIL_KEY = "/etc/ssl/private/ssl-cert-snakeoil.key"


class Values(msgspec.Struct, frozen=True, kw_only=True):
    """One site on one release. Networks as Postfix writes them, IPv6 in brackets."""

    release: Release
    domain: str
    hostname: str
    networks: tuple[str, ...] = ("127.0.0.0/8", "[::1]/128")
    public_ips: tuple[str, ...] = ()
    postmaster: str
    filter: Filter = "pre-queue"
    scope: Scope = "all"
    max_servers: int = 10
    dns_lists: tuple[str, ...] = ()
    certificate: str = SNAKEOIL
    certificate_key: str = SNAKEOIL_KEY
    database: Literal["local", "remote"] = "local"
    greylist_host: str = "localhost"
    greylist_user: str = "gld"
    greylist_password: str = ""
    greylist_database: str = "gld"
    custom_urls: tuple[str, ...] = ()
    signatures: Literal["official", "test"] = "official"
    init: Literal["systemd", "other"] = "systemd"
    program: str = "/usr/local/bin/mailtui"
