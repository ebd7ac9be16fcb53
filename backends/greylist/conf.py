"""gld's settings, read as gld itself reads them (its cnf.c): what it does not understand it passes over."""

import re

import msgspec

from backends.greylist.values import Rules

LINE = 1023
_NUMBER = re.compile(r"\s*([+-]?\d+)")


class GldConf(msgspec.Struct, frozen=True):
    """The settings in force, with gld's own defaults."""

    port: int = 2525
    min_time: int = 60
    lightgrey: bool = False
    mxgrey: int = 0
    whitelist: bool = True
    dnswl: str = ""
    err_accept: bool = True
    training: bool = False
    loopback: bool = True
    message: str = "Greylisted"
    host: str = "localhost"
    user: str = "myuser"
    password: str = "mypasswd"  # noqa: S105 - gld's default
    database: str = "mydb"

    def __repr__(self) -> str:
        return f"GldConf(host={self.host!r}, user={self.user!r}, database={self.database!r}, …)"

    @property
    def refusal(self) -> str:
        """The action that greylists: a message of one's own 4xx code is an action itself (source: server.c)."""
        return self.message if 400 <= _integer(self.message) <= 499 else f"defer_if_permit {self.message}"

    def rules(self, never_after: int) -> Rules:
        return Rules(self.min_time, never_after)


def parse_conf(content: bytes) -> GldConf:
    """The settings of a gld.conf; of one given twice the last counts, and a last line without its end loses a letter."""
    said = {}
    for line in _lines(content):
        key, equals, value = line.partition("=")
        if equals:
            said[key] = value[:-1]
    return GldConf(
        port=_integer(said.get("PORT", "2525")),
        min_time=_integer(said.get("MINTIME", "60")),
        lightgrey=_integer(said.get("LIGHTGREY", "0")) == 1,
        mxgrey=_integer(said.get("MXGREY", "0")),
        whitelist=_integer(said.get("WHITELIST", "1")) == 1,
        dnswl=said.get("DNSWL", ""),
        err_accept=_integer(said.get("ERRACCEPT", "1")) == 1,
        training=_integer(said.get("TRAINING", "0")) != 0,
        loopback=_integer(said.get("LOOPBACKONLY", "1")) == 1,
        message=said.get("MESSAGE", "Greylisted"),
        host=said.get("SQLHOST", "localhost"),
        user=said.get("SQLUSER", "myuser"),
        password=said.get("SQLPASSWD", "mypasswd"),
        database=said.get("SQLDB", "mydb"),
    )


def _lines(content: bytes) -> list[str]:
    """Lines as fgets(3) gives them, each with its end: longer ones come in pieces, and what is behind a NUL is lost."""
    pieces = []
    for line in content.split(b"\n"):
        whole = line + b"\n"
        pieces += [whole[at : at + LINE].split(b"\0")[0] for at in range(0, len(whole), LINE)]
    pieces[-1] = pieces[-1].removesuffix(b"\n")
    return [piece.decode("utf-8", "surrogateescape") for piece in pieces]


def _integer(text: str) -> int:
    """What atoi(3) makes of it."""
    found = _NUMBER.match(text)
    return int(found[1][:10]) if found else 0
