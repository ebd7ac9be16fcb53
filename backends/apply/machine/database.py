"""gld's database: what of it is there, made where it is not, and a login as gld itself would do it."""

import re
from collections.abc import Mapping
from importlib import resources
from importlib.resources.abc import Traversable
from typing import NamedTuple

from backends.errors import BackendError, Failed, NotAnswering, Refused
from backends.reference.manifest import Database
from backends.runner import Command, Result, Runner
from backends.site.settings import GreylistSettings
from backends.text import visible

COLUMNS = {
    "greylist": ("ip", "sender", "recipient", "first", "last", "n"),
    "whitelist": ("mail", "comment"),
}
"""gld inserts by position: its tables must have these columns and no others (source: gld's sockets.c, greylist.c)."""
_NAME = re.compile(r"[A-Za-z0-9_]{1,64}")


class Need(NamedTuple):
    """What is still to do, in words; empty: nothing."""

    database: tuple[str, ...]
    login: str


class GreylistDatabase:
    """The database on this machine or another. `client` are the words that start the client as its administrator."""

    def __init__(
        self,
        runner: Runner,
        settings: GreylistSettings,
        spec: Database,
        *,
        client: tuple[str, ...] = ("mariadb",),
    ) -> None:
        self._runner, self._settings, self._spec, self._client = runner, settings, spec, client
        for name in (settings.database, settings.user):
            if not _NAME.fullmatch(name):
                raise Refused(
                    f"{visible(name)!r} is no name for a database", hint="use letters, digits and _"
                )

    @property
    def local(self) -> bool:
        """Whether it is this machine's, reached by its socket; then mailtui makes it."""
        return self._settings.host == "localhost"

    @property
    def _schema(self) -> Traversable:
        return resources.files("backends.reference").joinpath("gld", self._spec.schema)

    def need(self, password: str) -> Need:
        """Compare it with what gld needs. Changes nothing.

        :raises Refused: it has a table of gld's name that is not gld's.
        :raises NotAnswering: the server cannot be asked.
        """
        try:
            tables = self._tables(self._login(password))
        except BackendError as error:
            if not self.local or isinstance(error, Refused):
                raise
            why = str(error)
            return Need(self._missing(self._tables(None)), why)
        return Need(self._missing(tables), "")

    def make(self, password: str) -> None:
        """Make what is missing, and set the password. Tables that are there stay as they are.

        :raises Refused: as `need`, or the database is another machine's.
        """
        if not self.local:
            raise Refused(
                f"The database on {self._settings.host} is not made from here",
                hint=f"make it there with the statements in {self._schema}, and an account for gld that may "
                + ", ".join(self._spec.grants),
            )
        self._missing(self._tables(None))
        name, account = self._settings.database, f"{_quoted(self._settings.user)}@localhost"
        schema = self._schema.read_text()
        statements = (
            f"CREATE DATABASE IF NOT EXISTS {name} CHARACTER SET {self._spec.charset}",
            f"CREATE USER IF NOT EXISTS {account}",
            f"ALTER USER {account} IDENTIFIED BY {_quoted(password)}",
            f"GRANT {', '.join(self._spec.grants)} ON {name}.* TO {account}",
            f"USE {name}",
        )
        self._ask(None, f"{';'.join(statements)};\n{schema}", mutates=True)

    def _missing(self, tables: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
        missing = []
        for name, columns in COLUMNS.items():
            if name not in tables:
                missing.append(f"the table {self._settings.database}.{name} is missing")
            elif tables[name] != columns:
                raise Refused(
                    f"The table {self._settings.database}.{name} is not gld's: it has the columns "
                    f"{visible(', '.join(tables[name]))[:200]}",
                    hint='name another database in site.toml: [greylist] and below it database = "greylist"',
                )
        return tuple(missing)

    def _tables(self, login: bytes | None) -> dict[str, tuple[str, ...]]:
        asked = self._ask(
            login,
            "SELECT table_name, column_name FROM information_schema.columns"  # noqa: S608 - a checked name
            f" WHERE table_schema = {_quoted(self._settings.database)} ORDER BY table_name, ordinal_position",
        )
        found: dict[str, tuple[str, ...]] = {}
        for line in asked.stdout.decode("utf-8", "replace").splitlines():
            table, _, column = line.partition("\t")
            found[table] = (*found.get(table, ()), column)
        return found

    def _login(self, password: str) -> bytes:
        """An option file for the client: gld's own way in."""
        settings = self._settings
        lines = ["[client]", f"user={settings.user}", f"password={_option(password)}"]
        if not self.local:
            lines += [f"host={settings.host}", f"port={settings.port}", *(["ssl"] if settings.tls else [])]
        return "".join(f"{line}\n" for line in lines).encode()

    def _ask(self, login: bytes | None, statements: str, *, mutates: bool = False) -> Result:
        """Run statements as the administrator, or with a login; neither shows a password to anybody."""
        program, *words = self._client
        batch = ("--batch", "--skip-column-names", "--connect-timeout=5")
        if login is None:
            command = Command(
                (program, *words, *batch), stdin=statements.encode(), mutates=mutates, secret=True
            )
        else:
            file = "--defaults-extra-file=/dev/stdin"
            argv = (program, file, *words, *batch, f"--execute={statements}")
            command = Command(argv, stdin=login, mutates=mutates, secret=True)
        result = self._runner.run(command)
        if result.code != 0:
            raise _explained(result, self._settings.host)
        return result


def _explained(result: Result, host: str) -> BackendError:
    what = visible(result.complaint)[:300]
    refused = "ERROR 1045" in what or "ERROR 1044" in what or "is not allowed to connect" in what
    if not refused and re.search(r"ERROR 20(02|03|05|13)\b", what):
        return NotAnswering(
            f"The database on {host} does not answer: {what}",
            hint=f"systemctl status mariadb{'' if host == 'localhost' else f' on {host}'}; then run it again",
        )
    if refused:
        return Failed(
            f"The database on {host} does not let gld in: {what}",
            hint="check the password in /etc/mailtui/greylist.password and the account's rights",
        )
    return Failed(
        f"The database on {host} failed: {what}", hint="see /var/log/mysql or journalctl -u mariadb"
    )


def _quoted(text: str) -> str:
    """A text as an SQL string."""
    return "'" + text.replace("\\", "\\\\").replace("'", "''") + "'"


def _option(text: str) -> str:
    """A value in an option file."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
