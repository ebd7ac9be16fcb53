"""The way to gld's database: gld's own account as /etc/gld.conf has it, port and TLS as the site says."""

from pathlib import Path
from typing import NamedTuple

import msgspec

from backends.errors import Failed, Missing, NotPermitted
from backends.files import read_bounded
from backends.greylist.conf import GldConf, parse_conf
from backends.text import visible

GLD_CONF = Path("/etc/gld.conf")
SOCKET = "/run/mysqld/mysqld.sock"
LIMIT = 1 << 20


class Way(NamedTuple):
    """What the site says of the way to another host: gld has no such settings."""

    port: int = 3306
    tls: bool = False


class Access(msgspec.Struct, frozen=True):
    """A login; a `socket` is used for the host `localhost`, TCP for any other. The password is never shown."""

    host: str
    user: str
    password: str
    database: str
    socket: str = SOCKET
    port: int = 3306
    tls: bool = False

    def __repr__(self) -> str:
        return f"Access({self.where!r})"

    @property
    def local(self) -> bool:
        return self.host == "localhost"

    @property
    def where(self) -> str:
        """Database, account and host in words."""
        host = self.socket if self.local else f"{self.host}:{self.port}"
        return visible(f"{self.user}@{host}/{self.database}")[:300]


def read_conf(path: Path = GLD_CONF) -> GldConf:
    """gld's settings.

    :raises Missing: gld is not set up here.
    :raises NotPermitted: this user may not read them.
    """
    try:
        return parse_conf(read_bounded(path, LIMIT))
    except FileNotFoundError as error:
        raise Missing(
            f"There is no {path}: gld is not installed here",
            hint="mailtui --apply, or apt install postfix-gld",
        ) from error
    except OSError as error:
        raise NotPermitted(
            f"{path} cannot be read: {error.strerror}", hint="run mailtui as root: the password is in it"
        ) from error


def access_of(conf: GldConf, way: Way, socket: str = SOCKET) -> Access:
    """gld's own login.

    :raises Failed: a part of it cannot be used.
    """
    for name, text in (("SQLHOST", conf.host), ("SQLUSER", conf.user), ("SQLDB", conf.database)):
        if not text or not text.isprintable():
            raise Failed(
                f"{name} in {GLD_CONF} cannot be used", hint=f"mend {name} there, without blanks behind it"
            )
    return Access(conf.host, conf.user, conf.password, conf.database, socket, way.port, way.tls)
