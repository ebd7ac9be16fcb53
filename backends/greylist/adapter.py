"""gld's greylist in MariaDB; implements `backends.host.Greylist`, where the methods are described."""

import socket
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

from backends.errors import BackendError, BadRequest, NotAnswering, NotPermitted
from backends.files import read_bounded
from backends.greylist import decide, doctor, listing, log, policy, reading, where
from backends.greylist.access import GLD_CONF, LIMIT, SOCKET, Access, Way, access_of, read_conf
from backends.greylist.conf import GldConf
from backends.greylist.connection import Database, Session
from backends.greylist.doing import Doing, Record, record
from backends.greylist.matching import checked, is_address
from backends.greylist.plan import Act, Plan, Trashed
from backends.greylist.rights import lacking
from backends.greylist.scanning import scan
from backends.greylist.schema import Table, needed, tables
from backends.greylist.stats import Statistics
from backends.greylist.stats_values import ALL, Part, Wanted
from backends.greylist.trash import Trash
from backends.greylist.values import DAY, About, Decision, Filter, Finding, Key, Listed, Logged, Page, Rules
from backends.journal import Journal
from backends.maillog.files import LOG
from backends.outcome import Outcome
from backends.runner import Runner

Progress = Callable[[float], None]
DNS_PATIENCE = 5.0  # s
LONGEST_PAGE = 10_000


class MariaGreylist:
    """The greylist that gld.conf names. `way` is asked when it is needed; all else stands in for this machine's."""

    def __init__(
        self,
        journal: Journal,
        way: Callable[[], Way] = Way,
        *,
        conf: Path = GLD_CONF,
        unix_socket: str = SOCKET,
        trash: Trash | None = None,
        clock: Callable[[], float] = time.time,
        record: Record = record,
        resolve: Callable[[str], object] = socket.gethostbyname,
        mail_log: Path = LOG,
        runner: Runner | None = None,
    ) -> None:
        self._conf, self._way, self._socket = conf, way, unix_socket
        self._clock, self._resolve, self._log, self._runner = clock, resolve, mail_log, runner
        self._database = Database(self._access)
        self._doing = Doing(self._database, trash or Trash(), journal, clock=clock, record=record)

    def about(self) -> About:
        conf = read_conf(self._conf)
        with self._database.session() as session:
            table = self._table(session)
            return About(
                where=self._access().where,
                server=session.version,
                engine=table.engine,
                schema=table.kind,
                charset=table.charset,
                rows=table.rows,
                rules=conf.rules(DAY),
                lightgrey=conf.lightgrey,
                mxgrey=conf.mxgrey,
                uses_whitelist=conf.whitelist,
                dnswl=conf.dnswl,
                training=conf.training,
                err_accept=conf.err_accept,
                port=conf.port,
                lacking=lacking(session, self._access().database),
            )

    def hears(self) -> bool:
        return policy.hear(read_conf(self._conf).port).takes

    def page(
        self,
        wanted: Filter,
        after: Key | None = None,
        *,
        limit: int = 100,
        backwards: bool = False,
        never_after: int = DAY,
        progress: Progress | None = None,
        stop: Event | None = None,
    ) -> Page:
        checked(wanted)
        limit = max(1, min(limit, LONGEST_PAGE))
        by_key = where.client(wanted.client)
        with self._database.session() as session:
            if wanted.by_key:
                return reading.page(session, by_key, after, limit, backwards=backwards)
            condition = where.condition(wanted, self._rules(never_after), self._clock())
            return reading.page_by_scan(
                session,
                self._table(session),
                condition,
                by_key=by_key,
                after=after,
                limit=limit,
                backwards=backwards,
                progress=progress,
                stop=stop,
            )

    def count(
        self,
        wanted: Filter,
        *,
        never_after: int = DAY,
        progress: Progress | None = None,
        stop: Event | None = None,
    ) -> int:
        condition = where.condition(checked(wanted), self._rules(never_after), self._clock())
        total = 0
        for part in scan(
            self._database,
            self._known(),
            reading.COUNT,
            wanted=condition,
            within=where.client(wanted.client),
            stop=stop,
        ):
            total += int(part.rows[0][0])
            if progress is not None:
                progress(part.done)
        return total

    def stats(
        self,
        each: Callable[[Part], None],
        parts: Sequence[Wanted] = ALL,
        *,
        never_after: int = DAY,
        top: int = 10,
        stop: Event | None = None,
    ) -> None:
        statistics = Statistics(
            self._database,
            self._known(),
            self._rules(never_after),
            now=self._clock(),
            each=each,
            top=top,
            stop=stop,
        )
        for part in parts:
            statistics.tell(part)

    def logged(self, stop: Event | None = None) -> Logged:
        return log.read_log(self._log, self._runner, now=self._clock(), stop=stop)

    def whitelist(self) -> list[Listed]:
        with self._database.session() as session:
            needed(tables(session), "whitelist")
            return listing.read(session)

    def check(self, client: str, sender: str, recipient: str) -> Decision:
        conf = self._asked(client, sender, recipient)
        question = decide.question(client, sender, recipient, conf)
        return decide.decide(conf, question, self._facts(conf, question), self._clock())

    def ask(self, client: str, sender: str, recipient: str) -> str:
        port = self._asked(client, sender, recipient).port
        try:
            return policy.ask(port, client, sender, recipient)
        except NotAnswering as error:
            if (cause := self._database.trouble()) is not None:
                raise NotAnswering(f"gld cannot answer: {cause}", hint=cause.hint) from error
            raise

    def plan(self, act: Act, stop: Event | None = None) -> Plan:
        return self._doing.plan(act, self._rules(DAY), stop)

    def carry_out(self, plan: Plan, progress: Progress | None = None, stop: Event | None = None) -> Outcome:
        return self._doing.carry_out(plan, self._rules(DAY), progress, stop)

    def trash(self) -> list[Trashed]:
        return self._doing.trash.batches()

    def undo(self, number: int | None = None) -> Outcome:
        return self._doing.undo(number)

    def doctor(self, each: Callable[[Finding], None]) -> list[Finding]:
        found: list[Finding] = []

        def tell(finding: Finding) -> None:
            found.append(finding)
            each(finding)

        try:
            conf = read_conf(self._conf)
            for finding in doctor.of_settings(self._conf, conf, read_bounded(self._conf, LIMIT)):
                tell(finding)
            tell(doctor.of_port(conf))
            for finding in doctor.of_database(self._database, self._access(), self._clock):
                tell(finding)
        except BackendError as error:
            tell(Finding("settings", "bad", str(error), error.hint))
        return found

    def close(self) -> None:
        """End the connections that are not in use."""
        self._database.close()

    def _access(self) -> Access:
        return access_of(read_conf(self._conf), self._way(), self._socket)

    def _rules(self, never_after: int) -> Rules:
        return read_conf(self._conf).rules(never_after)

    def _known(self) -> Table:
        with self._database.session() as session:
            return self._table(session)

    @staticmethod
    def _table(session: Session) -> Table:
        return needed(tables(session), "greylist")

    def _asked(self, client: str, sender: str, recipient: str) -> GldConf:
        """gld's settings, for a request that it would take.

        :raises BadRequest: it would not.
        """
        if not is_address(client):
            raise BadRequest(
                f"{client[:60]!r} is not an address", hint="for example 192.0.2.1 or 2001:db8::1"
            )
        if not recipient or any(char in text for text in (sender, recipient) for char in "\n\r\0"):
            raise BadRequest("There is no such recipient or sender", hint="for example ann@example.org")
        return read_conf(self._conf)

    def _facts(self, conf: GldConf, asked: decide.Question) -> decide.Facts:
        """What the tables and the DNS answer; a database that fails is an answer, too."""
        try:
            with self._database.session() as session:
                table = self._table(session)
                key = (asked.ip, asked.sender, asked.recipient)
                rows = session.rows(f"SELECT first FROM greylist WHERE {where.SAME}", key)  # noqa: S608
                listed: tuple[str, ...] = ()
                if conf.whitelist:
                    places = ", ".join(["%s"] * len(asked.listed))
                    sql = f"SELECT mail FROM whitelist WHERE mail IN ({places}) ORDER BY mail"  # noqa: S608
                    listed = tuple(row[0] for row in session.rows(sql, asked.listed))
                passed = 0
                if conf.mxgrey > 0:
                    sql = "SELECT COUNT(*) FROM greylist WHERE ip = %s AND n > 1"
                    passed = int(session.rows(sql, (asked.ip,))[0][0])
        except NotPermitted:
            raise
        except BackendError as error:
            return decide.Facts(error=str(error))
        first = int(rows[0][0]) if rows else 0
        dns = None
        if not rows and not listed and conf.dnswl and asked.reversed_ip:
            dns = self._in_dns(f"{asked.reversed_ip}.{conf.dnswl}")
        return decide.Facts(first, bool(rows), listed, passed, dns, table.ip_length)

    def _in_dns(self, name: str) -> bool | None:
        """Whether the name is there; None: no answer in time."""
        pool = ThreadPoolExecutor(1)
        try:
            pool.submit(self._resolve, name).result(DNS_PATIENCE)
        except TimeoutError:
            return None
        except OSError:
            return False
        finally:
            pool.shutdown(wait=False)
        return True
