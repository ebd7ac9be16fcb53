"""The real gld, as Debian packages it, on a private MariaDB: asked by policy requests as Postfix makes them.

Its configuration is always /etc/gld.conf: it runs as a copy in which that path is one of the folder that it is started
in. The package is fetched, unpacked beside the lab's images, and never installed.
"""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.support.mariadb import PrivateMariaDB
from tests.support.mariadb import why_not as why_no_mariadb

PACKAGE = "postfix-gld"
CONFIG, PRIVATE = b"/etc/gld.conf\0", b"./private.cnf\0"
TABLES = "/usr/share/gld/tables.mysql"
ACCOUNT, PASSWORD = "gld", 'it\'s "a" pass#;='
_CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "mailtui" / "lab" / PACKAGE


def why_not() -> str:
    """Why there is none here, or nothing."""
    if reason := why_no_mariadb():
        return reason
    try:
        package()
    except (OSError, subprocess.SubprocessError) as error:
        return f"Debian's {PACKAGE} cannot be fetched: {error}"
    return ""


def package() -> Path:
    """The folder that the package is unpacked in, or `/` where it is installed.

    :raises CalledProcessError: it cannot be fetched.
    """
    if Path("/usr/sbin/gld").exists():
        return Path("/")
    if not _CACHE.exists():
        _CACHE.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=_CACHE.parent) as folder:
            fetch = ["apt-get", "download", "-qq", PACKAGE]
            subprocess.run(fetch, cwd=folder, check=True, capture_output=True, timeout=120)
            (deb,) = Path(folder).glob("*.deb")
            unpacked = Path(folder) / "unpacked"
            subprocess.run(["dpkg-deb", "-x", deb, unpacked], check=True, capture_output=True, timeout=60)
            shutil.move(unpacked, _CACHE)
    return _CACHE


def tables(engine: str = "InnoDB", charset: str = "latin1", *, ip: int = 45) -> str:
    """The package's statements that make gld's tables, with another engine and character set."""
    made = (package() / TABLES.lstrip("/")).read_text()
    return made.replace("ENGINE=MyISAM", f"ENGINE={engine} CHARSET={charset}").replace(
        "char(45)", f"char({ip})"
    )


def make_database(
    server: PrivateMariaDB,
    name: str = "gld",
    *,
    engine: str = "InnoDB",
    charset: str = "latin1",
    ip: int = 45,
) -> None:
    """Make gld's database anew, and its account with the rights that the reference gives."""
    password = PASSWORD.replace("'", "''")
    server.client(
        f"DROP DATABASE IF EXISTS {name}; CREATE DATABASE {name} CHARACTER SET {charset};"
        f"CREATE OR REPLACE USER {ACCOUNT}@localhost IDENTIFIED BY '{password}';"
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON {name}.* TO {ACCOUNT}@localhost; USE {name};"
        + tables(engine, charset, ip=ip)
    )


class PrivateGld:
    """Runs while its `with` block does; `settings` are lines of gld.conf, as `MINTIME=1`."""

    def __init__(self, server: PrivateMariaDB, *settings: str, database: str = "gld") -> None:
        self._server, self._settings, self._database = server, settings, database

    def __enter__(self) -> Self:
        self.folder = Path(tempfile.mkdtemp(prefix="mailtui-gld-"))
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = int(free.getsockname()[1])
        program = (package() / "usr/sbin/gld").read_bytes()
        assert program.count(CONFIG) == 1
        (self.folder / "gld").write_bytes(program.replace(CONFIG, PRIVATE))
        (self.folder / "gld").chmod(0o755)
        self.config = self.folder / "private.cnf"
        self.config.write_text(self._text())
        self._said = (self.folder / "said").open("wb")
        self._start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()
        self._said.close()
        shutil.rmtree(self.folder)

    @contextmanager
    def hanging(self) -> Iterator[None]:
        """It neither answers nor goes."""
        self._process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._process.send_signal(signal.SIGCONT)

    def restart(self) -> None:
        """Have it read its configuration anew."""
        self._stop()
        self._start()

    def run(self, *words: str, timeout: float = 120) -> str:
        """What gld prints with these words, such as `-i` or `-C 30`."""
        ran = subprocess.run(
            ["./gld", *words],
            check=False,
            cwd=self.folder,
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=timeout,
        )
        return ran.stdout

    def ask(self, client: str, sender: str | bytes, recipient: str | bytes) -> str:
        """The answer to one request: `dunno`, `defer_if_permit …`, or nothing."""
        sender, recipient = (text.encode() if isinstance(text, str) else text for text in (sender, recipient))
        request = b"request=smtpd_access_policy\nclient_address=%s\nsender=%s\nrecipient=%s\n\n" % (
            client.encode(),
            sender,
            recipient,
        )
        answer = b""
        with socket.create_connection(("127.0.0.1", self.port), timeout=10) as gld:
            gld.sendall(request)
            while more := gld.recv(4096):
                answer += more
        return answer.decode().strip().removeprefix("action=")

    @property
    def _environment(self) -> dict[str, str]:
        return {"PATH": "/usr/bin:/bin", "MYSQL_UNIX_PORT": str(self._server.socket)}

    def _text(self) -> str:
        own = (
            *(f"PORT={self.port}", "LOOPBACKONLY=1", "SYSLOG=0", "SQLHOST=localhost", f"SQLUSER={ACCOUNT}"),
            *(f"SQLPASSWD={PASSWORD}", f"SQLDB={self._database}"),
        )
        return "".join(f"{line}\n" for line in (*own, *self._settings))

    def _stop(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(15)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _start(self) -> None:
        self._process = subprocess.Popen(
            ["./gld", "-d"],
            cwd=self.folder,
            env=self._environment,
            stdout=self._said,
            stderr=subprocess.STDOUT,
        )
        deadline = time.monotonic() + 10
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return
            except OSError:
                if time.monotonic() > deadline or self._process.poll() is not None:
                    self.__exit__(None, None, None)
                    raise RuntimeError("gld did not start") from None
                time.sleep(0.05)
