"""The real clamd and freshclam with a configuration, signatures and logs of one's own, and a web server for the latter."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from backends.antivirus.adapter import ClamAntivirus
from backends.runner import LocalRunner
from tests.support.postfix import wait_until

EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
EICAR_NDB = f"Eicar-Test-Signature:0:*:{EICAR[:-10].hex()}\n"
PROGRAMS = ("/usr/sbin/clamd", "/usr/bin/freshclam", "/usr/bin/sigtool")


def why_not() -> str:
    """Why there is none here, or nothing."""
    if os.geteuid() != 0:
        return "a clamd of one's own needs root"
    missing = [program for program in PROGRAMS if not Path(program).exists()]
    return f"ClamAV is not installed: there is no {missing[0]}" if missing else ""


class PrivateClamd:
    """A clamd that knows the EICAR test file, running while its `with` block does.

    `settings` are further lines of clamd.conf; with `tcp` it listens on a port instead of a socket file.
    """

    def __init__(self, *settings: str, tcp: bool = False) -> None:
        self._settings, self._tcp = settings, tcp
        self.process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.folder = Path(tempfile.mkdtemp(prefix="mailtui-clamav-"))
        self.folder.chmod(0o755)
        self.signatures = self.folder / "signatures"
        self.signatures.mkdir()
        self.conf, self.socket, self.log = (
            self.folder / name for name in ("clamd.conf", "socket", "clamd.log")
        )
        self.freshclam_conf, self.freshclam_log = (
            self.folder / "freshclam.conf",
            self.folder / "freshclam.log",
        )
        (self.signatures / "eicar.ndb").write_text(EICAR_NDB)
        shutil.chown(self.signatures, "clamav", "clamav")
        shutil.chown(self.folder, "clamav", "clamav")
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = int(free.getsockname()[1])
        listens = f"TCPSocket {self.port}\nTCPAddr 127.0.0.1" if self._tcp else f"LocalSocket {self.socket}"
        lines = (
            *(listens, "FixStaleSocket yes", f"DatabaseDirectory {self.signatures}", f"LogFile {self.log}"),
            *("LogTime yes", "Foreground yes", "SelfCheck 3600", "MaxThreads 4", *self._settings),
        )
        self.conf.write_text("".join(f"{line}\n" for line in lines))
        try:
            self.start()
        except BaseException:
            self._leave()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._leave()

    def antivirus(self, clamd_conf: Path | None = None, patience: float = 2.0) -> ClamAntivirus:
        """The adapter on it."""
        return ClamAntivirus(
            LocalRunner(),
            clamd_conf=clamd_conf or self.conf,
            freshclam_conf=self.freshclam_conf,
            patience=patience,
            record=lambda *_, **__: None,
        )

    def start(self) -> None:
        self.process = subprocess.Popen(
            ["/usr/sbin/clamd", f"--config-file={self.conf}"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        wait_until("clamd to answer", lambda: self.antivirus().status().daemon.answers)

    def stop(self) -> None:
        if self.process is not None:
            self.process.send_signal(signal.SIGCONT)
            self.process.terminate()
            self.process.wait(30)
            self.process = None

    @contextlib.contextmanager
    def hung(self) -> Iterator[None]:
        """Meanwhile it is stopped in its tracks."""
        assert self.process is not None
        self.process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self.process.send_signal(signal.SIGCONT)

    def container(self, name: str, version: int) -> None:
        """Make a file of signatures with a header, as ClamAV's own have one, but unsigned."""
        folder = Path(tempfile.mkdtemp(dir=self.folder))
        (folder / "COPYING").touch()
        stem = name.partition(".")[0]
        (folder / f"{stem}.ndb").write_text(f"Test.Daily.{version}:0:*:{version:08x}deadbeefcafe\n")
        subprocess.run(
            ["sigtool", "--unsigned", f"--build={stem}.cud", f"--cvd-version={version}"],
            cwd=folder,
            input=b"ann\n",
            check=True,
            capture_output=True,
            timeout=60,
        )
        (folder / f"{stem}.cud").rename(self.signatures / name)

    def sets_up_freshclam(self, *settings: str) -> None:
        """Write freshclam's configuration: no official signatures, nobody asked but who is named in `settings`."""
        lines = (
            *("DatabaseOwner clamav", f"UpdateLogFile {self.freshclam_log}", "LogTime yes", "Checks 24"),
            *(f"DatabaseDirectory {self.signatures}", f"NotifyClamd {self.conf}", "DNSDatabaseInfo no"),
            *("DatabaseMirror 127.0.0.1:1", "MaxAttempts 1", "ConnectTimeout 2"),
            *("ExcludeDatabase main", "ExcludeDatabase daily", "ExcludeDatabase bytecode", *settings),
        )
        self.freshclam_conf.write_text("".join(f"{line}\n" for line in lines))

    @contextlib.contextmanager
    def freshclam_daemon(self, *, foreground: bool = True) -> Iterator[int]:
        """freshclam as a daemon, once its first run is over; gives its process."""
        pid_file = self.folder / "freshclam.pid"
        argv = ["freshclam", f"--config-file={self.freshclam_conf}", "-d", f"--pid={pid_file}"]
        if foreground:
            argv.append("--foreground=true")
        started = subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_until(
            "freshclam's first run", lambda: "is up-to-date" in self._logged() or "updated" in self._logged()
        )
        time.sleep(0.3)
        pid = started.pid if foreground else int(pid_file.read_text())
        try:
            yield pid
        finally:

            def ended() -> bool:
                # Asked again: freshclam sets its flag back as it goes to work, and forgets a SIGTERM of that moment
                if started.poll() is None or not foreground:
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGTERM)
                return not Path(f"/proc/{pid}").exists()

            wait_until("freshclam's end", ended)
            started.wait(10)

    def _logged(self) -> str:
        return self.freshclam_log.read_text() if self.freshclam_log.exists() else ""

    def _leave(self) -> None:
        self.stop()
        shutil.rmtree(self.folder)


@contextlib.contextmanager
def web_server(folder: Path, waits: threading.Event | None = None) -> Iterator[str]:
    """A web server of the files in a folder; gives its URL. `waits`: it answers nothing before that is set."""

    class Handler(SimpleHTTPRequestHandler):
        def do_GET(self) -> None:
            if waits is not None:
                waits.wait(10)
            super().do_GET()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            pass

    handler = partial(Handler, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
