"""What clamd.conf and freshclam.conf say. Pure but for reading the files; see clamd.conf(5), freshclam.conf(5)."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec

from backends.errors import Failed, Missing, NotPermitted
from backends.files import read_bounded
from backends.text import visible

CLAMD = Path("/etc/clamav/clamd.conf")
FRESHCLAM = Path("/etc/clamav/freshclam.conf")
FOLDER = "/var/lib/clamav"
LIMIT = 1 << 20
MEBI = 1 << 20
_UNITS = {"k": 1 << 10, "m": 1 << 20, "g": 1 << 30}
_YES = frozenset({"yes", "true", "1"})


class Where(msgspec.Struct, frozen=True):
    """Where clamd listens: a socket file, or else a host and a port."""

    socket: str = ""
    host: str = ""
    port: int = 0

    def __str__(self) -> str:
        return visible(self.socket) or f"{visible(self.host)}:{self.port}"


class ClamdConf(msgspec.Struct, frozen=True):
    """What matters of clamd.conf; sizes in bytes, times in seconds; 0 is no limit."""

    where: Where | None
    folder: str = FOLDER
    log: str = ""
    stream_limit: int = 100 * MEBI
    file_limit: int = 100 * MEBI
    scan_limit: int = 400 * MEBI
    scan_time: float = 120.0
    self_check: int = 600


class FreshclamConf(msgspec.Struct, frozen=True):
    """What matters of freshclam.conf; `checks` are runs a day."""

    folder: str = FOLDER
    log: str = ""
    owner: str = "clamav"
    checks: int = 12
    urls: tuple[str, ...] = ()


def clamd_conf(path: Path = CLAMD) -> ClamdConf:
    """Read it.

    :raises Missing: there is none.
    :raises NotPermitted: this user may not read it.
    """
    return parse_clamd(_read(path, "clamav-daemon"))


def freshclam_conf(path: Path = FRESHCLAM) -> FreshclamConf:
    """Read it.

    :raises Missing: there is none.
    :raises NotPermitted: this user may not read it.
    """
    return parse_freshclam(_read(path, "clamav-freshclam"))


def parse_clamd(content: bytes) -> ClamdConf:
    """What the content says; sizes and numbers that cannot be read count as not given."""
    given = _directives(content)
    plain = ClamdConf(None)
    return ClamdConf(
        where=_where(given),
        folder=_last(given, "databasedirectory", plain.folder),
        log=_last(given, "logfile"),
        stream_limit=_size(_last(given, "streammaxlength"), plain.stream_limit),
        file_limit=_size(_last(given, "maxfilesize"), plain.file_limit),
        scan_limit=_size(_last(given, "maxscansize"), plain.scan_limit),
        scan_time=_number(_last(given, "maxscantime"), 120_000) / 1000,
        self_check=_number(_last(given, "selfcheck"), plain.self_check),
    )


def parse_freshclam(content: bytes) -> FreshclamConf:
    """What the content says."""
    given = _directives(content)
    plain = FreshclamConf()
    return FreshclamConf(
        folder=_last(given, "databasedirectory", plain.folder),
        log=_last(given, "updatelogfile"),
        owner=_last(given, "databaseowner", plain.owner),
        checks=_number(_last(given, "checks"), plain.checks),
        urls=tuple(given.get("databasecustomurl", ())),
    )


def _where(given: Mapping[str, list[str]]) -> Where | None:
    """The socket file where there is one: it is the way without a network."""
    if path := _last(given, "localsocket"):
        return Where(socket=path)
    port = _number(_last(given, "tcpsocket"), 0)
    if not 0 < port < 65536:
        return None
    host = _last(given, "tcpaddr", "127.0.0.1")
    return Where(host={"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host), port=port)  # noqa: S104 - read, not bound


def _read(path: Path, package: str) -> bytes:
    try:
        return read_bounded(path.resolve(), LIMIT)
    except FileNotFoundError as error:
        raise Missing(f"{path} is not there", hint=f"apt install {package}") from error
    except (OSError, Failed) as error:
        raise NotPermitted(f"{path} cannot be read: {error}", hint="run mailtui as root") from error


def _directives(content: bytes) -> dict[str, list[str]]:
    """The values of each directive, by its name in lower case, for ClamAV does not mind."""
    found: dict[str, list[str]] = {}
    for name, value in _lines(content):
        found.setdefault(name, []).append(value)
    return found


def _lines(content: bytes) -> Iterator[tuple[str, str]]:
    for line in content.decode("utf-8", "surrogateescape").splitlines():
        name, _, value = line.strip().partition(" ")
        value = value.strip()
        if len(value) > 1 and value[0] == value[-1] == '"':
            value = value[1:-1]
        if name and not name.startswith("#") and value and "\0" not in value:
            yield name.lower(), value


def _last(given: Mapping[str, list[str]], name: str, default: str = "") -> str:
    return given.get(name, [default])[-1]


def _size(text: str, default: int) -> int:
    unit = _UNITS.get(text[-1:].lower(), 1)
    return _number(text[:-1] if unit > 1 else text, -1) * unit if text[:1].isdigit() else default


def _number(text: str, default: int) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else default
