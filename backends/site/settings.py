"""The settings as values, one class a table of the file."""

from typing import Literal

import msgspec

from backends.quarantine.settings import QuarantineSettings
from backends.text import parse_age


class QueueSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Table `[queue]`. `undo`: for how long a deletion can be undone, such as 24h or 3d."""

    undo: str = "24h"

    @property
    def kept_for(self) -> float:
        """`undo` in seconds."""
        return parse_age(self.undo)


class GreylistSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Table `[greylist]`: the database that gld asks; another host than this one is asked over TCP.

    `tls` is for mailtui's own connections: gld itself has no such setting. `undo`: for how long an act can be undone.
    """

    host: str = "localhost"
    port: int = 3306
    tls: bool = False
    user: str = "gld"
    database: str = "gld"
    undo: str = "7d"

    @property
    def kept_for(self) -> float:
        """`undo` in seconds."""
        return parse_age(self.undo)


class PostfixSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Table `[postfix]`: DNS lists to refuse clients by, and `[postfix.main]`, parameters that win over the reference's."""

    dns_lists: tuple[str, ...] = ()
    main: dict[str, str] = {}


class AmavisSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Table `[amavis]`: how many messages are filtered at once; each child takes some 160 MB of memory."""

    max_servers: int = 10


class ClamavSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Table `[clamav]`: where freshclam gets third-party signatures.

    `test_signature`: until there are official ones, clamd runs with the one of the EICAR test file.
    """

    custom_urls: tuple[str, ...] = ()
    test_signature: bool = False


class TlsSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Table `[tls]`: the server's certificate and key, as files."""

    certificate: str = "/etc/ssl/certs/ssl-cert-snakeoil.pem"
    key: str = "/etc/ssl/private/ssl-cert-snakeoil.key"


class Site(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """All of the file. Names, networks and filter are what `--apply` needs; other commands do without."""

    domain: str = ""
    hostname: str = ""
    networks: tuple[str, ...] = ()
    public_ips: tuple[str, ...] = ()
    postmaster: str = ""
    filter: Literal["pre-queue", "post-queue"] = "pre-queue"
    filter_scope: Literal["all", "outgoing"] = "all"
    greylist: GreylistSettings = GreylistSettings()
    postfix: PostfixSettings = PostfixSettings()
    amavis: AmavisSettings = AmavisSettings()
    clamav: ClamavSettings = ClamavSettings()
    tls: TlsSettings = TlsSettings()
    queue: QueueSettings = QueueSettings()
    quarantine: QuarantineSettings = QuarantineSettings()
