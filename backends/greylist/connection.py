"""Connections to gld's database. The only module that imports pymysql.

Statements are constants of this package; whatever comes from outside goes into them as a parameter. What was read and
what is sent is text in utf8mb4, as gld's own connection has it.
"""

import select
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import closing, contextmanager, suppress
from typing import TYPE_CHECKING, Any, NamedTuple

from backends.errors import BackendError, BadRequest, ParseFailed, Refused
from backends.greylist.access import Access
from backends.greylist.complaint import explained

if TYPE_CHECKING:
    from ssl import SSLContext

    from pymysql.connections import Connection

Value = str | int | float
CONNECT_TIMEOUT = 3  # s until the server has greeted us, which one that hangs never does
STATEMENT_TIMEOUT = 15  # s, by the server; ours is a little longer, for a server that hangs
LONG_TIMEOUT = 600  # s
CR_SSL_CONNECTION_ERROR = 2026
GLANCE = 0.1  # s
LOCK_TIMEOUT = 5  # s
FRESH = 2.0  # s after which an idle connection is not trusted any more
IDLE_LIMIT = 4
SET_UP = (
    f"SET SESSION max_statement_time = %s, lock_wait_timeout = {LOCK_TIMEOUT},"
    f" innodb_lock_wait_timeout = {LOCK_TIMEOUT}, sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION'"
)


class Sql(NamedTuple):
    """A part of a statement and its parameters."""

    text: str
    values: tuple[Value, ...] = ()


class Session:
    """One connection while it is in use."""

    def __init__(self, connection: "Connection[Any]", access: Access) -> None:
        self._connection, self._access = connection, access

    @property
    def version(self) -> str:
        said = str(self._connection.get_server_info())  # type: ignore[no-untyped-call]
        return said.removeprefix("5.5.5-")  # MariaDB 10 says so to what takes it for MySQL

    @property
    def number(self) -> int:
        """What the server calls this connection."""
        return int(self._connection.thread_id())  # type: ignore[no-untyped-call]

    def rows(self, sql: str, values: Sequence[Value] = ()) -> Sequence[tuple[Any, ...]]:
        """All rows that a statement gives.

        :raises BackendError: it failed; see its hint.
        """
        with _told(self._access), self._connection.cursor() as cursor:
            cursor.execute(sql, tuple(values))
            rows: Sequence[tuple[Any, ...]] = cursor.fetchall()
            return rows

    def rows_between(
        self, first: str, sql: str, values: Sequence[Value], last: str
    ) -> Sequence[tuple[Any, ...]]:
        """All rows that a statement gives which needs one before it and one behind it.

        :raises BackendError: one of them failed; see its hint.
        """
        with _told(self._access):
            connection = self._connection
            connection.query(first)
            with connection.cursor() as cursor:
                cursor.execute(sql, tuple(values))
                rows: Sequence[tuple[Any, ...]] = cursor.fetchall()
            connection.query(last)
            return rows

    def change(self, sql: str, values: Sequence[Value] = ()) -> int:
        """How many rows a statement has changed.

        :raises BackendError: it failed; see its hint.
        """
        with _told(self._access), self._connection.cursor() as cursor:
            changed: int = cursor.execute(sql, tuple(values))
            return changed

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All that is changed inside, or nothing; tables without transactions keep each change.

        :raises BackendError: it failed.
        """
        with _told(self._access):
            self._connection.begin()
        try:
            yield
        except BaseException:
            with suppress(Exception):
                self._connection.rollback()
            raise
        with _told(self._access):
            self._connection.commit()

    def close(self) -> None:
        with suppress(Exception):
            self._connection.close()


class Database:
    """Gives connections, and keeps a few for the next who asks; safe in threads. `access` is asked for each new one."""

    def __init__(self, access: Callable[[], Access]) -> None:
        self._access = access
        self._idle: list[tuple[Session, float]] = []
        self._lock = threading.Lock()

    @contextmanager
    def session(self) -> Iterator[Session]:
        """A connection for a block; one that failed is not used again.

        :raises BackendError: there is none to be had; see its hint.
        """
        session = self._taken() or _connected(self._access())
        try:
            yield session
        except BaseException:
            session.close()
            raise
        with self._lock:
            if len(self._idle) < IDLE_LIMIT:
                self._idle.append((session, time.monotonic()))
                return
        session.close()

    def rows_of_long(
        self,
        sql: str,
        values: Sequence[Value],
        *,
        meanwhile: Callable[[], None],
        stop: threading.Event | None,
    ) -> Sequence[tuple[Any, ...]]:
        """All rows of a statement that may take minutes; `meanwhile` is called again and again while it runs.

        :raises Refused: it was stopped.
        """
        session = _connected(self._access(), LONG_TIMEOUT)
        with closing(session), ThreadPoolExecutor(1) as pool:
            asked = pool.submit(session.rows, sql, values)
            try:
                while not wait([asked], GLANCE).done:
                    if stop is not None and stop.is_set():
                        raise Refused("Stopped before its end", hint="nothing was changed")
                    meanwhile()
            except BaseException:
                with suppress(BackendError), self.session() as other:
                    other.change("KILL QUERY %s", (session.number,))
                raise
            return asked.result()

    def trouble(self) -> BackendError | None:
        """Why there is no new connection to be had; None: there is."""
        try:
            _connected(self._access()).close()
        except BackendError as error:
            return error
        return None

    def close(self) -> None:
        """End the connections that are not in use."""
        with self._lock:
            idle, self._idle = self._idle, []
        for session, _ in idle:
            session.close()

    def _taken(self) -> Session | None:
        while True:
            with self._lock:
                if not self._idle:
                    return None
                session, since = self._idle.pop()
            if time.monotonic() - since < FRESH:
                return session
            session.close()


def _connected(access: Access, timeout: int = 0) -> Session:
    import pymysql  # noqa: PLC0415 - 42 ms that only asking the database should cost

    timeout = timeout or STATEMENT_TIMEOUT
    with _told(access):
        connection: Connection[Any] = pymysql.connect(
            host=access.host,
            unix_socket=access.socket if access.local else None,
            port=access.port,
            user=access.user,
            password=access.password,
            database=access.database,
            charset="utf8mb4",
            autocommit=True,
            read_timeout=timeout + 5,
            write_timeout=STATEMENT_TIMEOUT + 5,
            ssl=_tls() if access.tls and not access.local else None,
            program_name="mailtui",
            defer_connect=True,
        )
        connection.connect(_greeted(access))
    session = Session(connection, access)
    if "mariadb" not in session.version.lower():
        session.close()
        raise Refused(
            f"The server of {access.where} is {session.version[:40]}, not MariaDB",
            hint="mailtui's greylist works with MariaDB 10.5 or newer",
        )
    try:
        session.change(SET_UP, (timeout,))
    except BackendError:
        session.close()
        raise
    return session


def _greeted(access: Access) -> socket.socket:
    """A socket on which the server has begun to speak, as it does before it is told anything.

    :raises OSError: it does not within the time.
    """
    if access.local:
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(CONNECT_TIMEOUT)
    else:
        connection = socket.create_connection((access.host, access.port), CONNECT_TIMEOUT)
    try:
        if access.local:
            connection.connect(str(access.socket))
        else:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if not select.select([connection], [], [], CONNECT_TIMEOUT)[0]:
            raise TimeoutError(f"it does not speak within {CONNECT_TIMEOUT} s")
        connection.settimeout(None)
    except BaseException:
        connection.close()
        raise
    return connection


def _tls() -> "SSLContext":
    """TLS with a certificate of a name and an issuer that this system trusts."""
    import ssl  # noqa: PLC0415 - for connections to other hosts only

    return ssl.create_default_context()


@contextmanager
def _told(access: Access) -> Iterator[None]:
    """Tell what pymysql raises as an error of ours, without the text of a statement."""
    import pymysql  # noqa: PLC0415

    try:
        yield
    except UnicodeEncodeError as error:
        raise BadRequest(
            "The text holds bytes that are no characters", hint="give it in UTF-8, or look for a part of it"
        ) from error
    except UnicodeDecodeError as error:
        raise ParseFailed(
            f"A row of {access.where} holds bytes that are no characters",
            hint="see the character set of the table with: mailtui greylist doctor",
        ) from error
    except pymysql.err.Error as error:
        number, text = (*error.args, "", "")[:2]
        if _is_of_tls(error):
            number = CR_SSL_CONNECTION_ERROR
        raise explained(number if isinstance(number, int) else 0, str(text or number), access) from error
    except OSError as error:
        raise explained(2013, error.strerror or str(error), access) from error


def _is_of_tls(error: Exception) -> bool:
    """Whether TLS has failed, which pymysql tells as a server that cannot be reached."""
    import ssl  # noqa: PLC0415

    return isinstance(getattr(error, "original_exception", None), ssl.SSLError)
