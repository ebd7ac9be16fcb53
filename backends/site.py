"""What a site has decided: `/etc/mailtui/site.toml`. A file that is not there decides nothing."""

import re
from collections.abc import Callable, Iterator
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any, Literal

import msgspec

from backends.errors import BadRequest, NotPermitted
from backends.files import read_bounded
from backends.text import parse_age, visible

SITE_FILE = Path("/etc/mailtui/site.toml")
LIMIT = 1 << 20
SHORTEST_UNDO = 60.0  # s
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_DOMAIN = re.compile(rf"(?=.{{1,253}}\Z){_LABEL}(?:\.{_LABEL})+", re.IGNORECASE)
_USER = re.compile(r"[a-z_][a-z0-9_-]{0,31}")
_NAME = re.compile(r"[A-Za-z0-9_]{1,64}")
_TEXT = re.compile(r"[\x20-\x7e]*")
_URL = re.compile(r"https?://[!-~]{1,500}")
_PATH = re.compile(r"/[\x21-\x7e]{1,500}")


class QueueSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Table `[queue]`. `undo`: for how long a deletion can be undone, such as 24h or 3d."""

    undo: str = "24h"

    @property
    def kept_for(self) -> float:
        """`undo` in seconds."""
        return parse_age(self.undo)


class GreylistSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Table `[greylist]`: the database that gld asks; another host than this one is asked over TCP."""

    host: str = "localhost"
    port: int = 3306
    tls: bool = False
    user: str = "gld"
    database: str = "gld"


class PostfixSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Table `[postfix]`: DNS lists to refuse clients by, and `[postfix.main]`, parameters that win over the reference's."""

    dns_lists: tuple[str, ...] = ()
    main: dict[str, str] = {}


class ClamavSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Table `[clamav]`: where freshclam gets third-party signatures."""

    custom_urls: tuple[str, ...] = ()


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
    clamav: ClamavSettings = ClamavSettings()
    tls: TlsSettings = TlsSettings()
    queue: QueueSettings = QueueSettings()


def load_site(path: Path = SITE_FILE) -> Site:
    """What the file says, or the defaults where there is none.

    :raises BadRequest: it says something that cannot be meant; the text names the key, the hint has an example.
    :raises NotPermitted: it cannot be read.
    """
    try:
        content = read_bounded(path, LIMIT)
    except FileNotFoundError:
        return Site()
    except OSError as error:
        raise NotPermitted(
            f"{path} cannot be read: {error.strerror}", hint="run mailtui as root, or let this user read it"
        ) from error
    return parse_site(content, str(path))


def parse_site(content: bytes, where: str) -> Site:
    """The settings in a file's content; `where` it came from, for the error.

    :raises BadRequest: as `load_site`.
    """
    try:
        site = msgspec.toml.decode(content, type=Site)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        what = str(error).replace("`$.", "`").replace("Object contains", "there is an")
        at = re.search(r"`\$\.([\w.]+)", str(error))
        raise BadRequest(
            f"{where} cannot be used: {visible(what)[:300]}", hint=_hint(at[1] if at else "")
        ) from error
    check(site, where)
    return site


def check(site: Site, where: str) -> None:
    """Whether all that is set can be meant; what is not set is none of this function's.

    :raises BadRequest: the first that cannot.
    """
    for one in _EXAMPLES:
        for value in one.values(site):
            if value != "" and not one.good(value):
                said = visible(" = ".join(value) if isinstance(value, tuple) else str(value))[:80]
                raise BadRequest(f"{where} cannot be used: {one.key} cannot be {said!r}", hint=_hint(one.key))


def _value_of(site: Site, key: str) -> Any:
    """The value of a key such as `greylist.host`."""
    value: Any = site
    for name in key.split("."):
        value = getattr(value, name)
    return value


class _Example(msgspec.Struct, frozen=True):
    key: str
    good: Callable[[Any], bool]
    example: str

    def values(self, site: Site) -> Iterator[Any]:
        value = _value_of(site, self.key)
        if isinstance(value, dict):
            yield from value.items()
        elif isinstance(value, tuple):
            yield from value
        else:
            yield value


def _hint(key: str) -> str:
    one = next((one for one in _EXAMPLES if one.key.startswith(key)), _EXAMPLES[0])
    *table, name = one.key.split(".")
    return f"for example: {f'[{table[0]}] and below it ' if table else ''}{name} = {one.example}"


def _is(test: Callable[[Any], object]) -> Callable[[Any], bool]:
    """Whether the test neither fails nor raises ValueError or BadRequest."""

    def good(value: Any) -> bool:
        try:
            return test(value) is not None
        except (ValueError, BadRequest):
            return False

    return good


_EXAMPLES = (
    _Example("domain", _is(_DOMAIN.fullmatch), '"example.org"'),
    _Example("hostname", _is(_DOMAIN.fullmatch), '"mail.example.org"'),
    _Example("networks", _is(ip_network), '["192.168.100.0/23"]'),
    _Example("public_ips", _is(ip_address), '["203.0.113.177"]'),
    _Example("filter", lambda _mode: True, '"pre-queue"'),
    _Example("filter_scope", lambda _scope: True, '"all"'),
    _Example("postmaster", _is(_USER.fullmatch), '"alice", a user of this machine'),
    _Example(
        "greylist.host",
        _is(lambda host: _DOMAIN.fullmatch(host) or host == "localhost" or ip_address(host)),
        '"db.example.org"',
    ),
    _Example("greylist.port", lambda port: 0 < port < 65536, "3306"),
    _Example("greylist.user", _is(_NAME.fullmatch), '"gld"'),
    _Example("greylist.database", _is(_NAME.fullmatch), '"gld"'),
    _Example("postfix.dns_lists", _is(_DOMAIN.fullmatch), '["zen.spamhaus.org"]'),
    _Example(
        "postfix.main",
        _is(lambda pair: _NAME.fullmatch(pair[0]) and _TEXT.fullmatch(pair[1])),
        '{ message_size_limit = "50000000" }',
    ),
    _Example("clamav.custom_urls", _is(_URL.fullmatch), '["https://urlhaus.abuse.ch/downloads/urlhaus.ndb"]'),
    _Example("tls.certificate", _is(_PATH.fullmatch), '"/etc/ssl/certs/mail.pem"'),
    _Example("tls.key", _is(_PATH.fullmatch), '"/etc/ssl/private/mail.key"'),
    _Example("queue.undo", lambda text: _is(parse_age)(text) and parse_age(text) >= SHORTEST_UNDO, '"24h"'),
)
