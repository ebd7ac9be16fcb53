"""A MariaDB of one's own: data, socket and port below a temporary folder, gone at the end."""

import os
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Self


def why_not() -> str:
    """Why there is none here, or nothing."""
    if shutil.which("mariadbd", path=_PATH) is None:
        return "MariaDB is not installed"
    return "" if os.getuid() == 0 else "a MariaDB of one's own is made by root here"


_PATH = "/usr/sbin:/usr/bin"


class PrivateMariaDB:
    """Runs while its `with` block does; root gets in by the socket without a password. `options` are the server's."""

    def __init__(self, *options: str) -> None:
        self._options = options

    def __enter__(self) -> Self:
        self.folder = Path(tempfile.mkdtemp(prefix="mailtui-mariadb-"))
        self.folder.chmod(0o755)
        self.socket = self.folder / "socket"
        data = self.folder / "data"
        data.mkdir()
        subprocess.run(
            ["mariadb-install-db", "--no-defaults", "--user=root", "--skip-test-db", f"--datadir={data}"],
            check=True,
            capture_output=True,
            timeout=120,
        )
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = int(free.getsockname()[1])
        self.process = subprocess.Popen(
            [
                *("mariadbd", "--no-defaults", "--user=root", f"--datadir={data}", f"--socket={self.socket}"),
                *("--bind-address=127.0.0.1", f"--port={self.port}", f"--pid-file={self.folder}/pid"),
                *("--character-set-server=utf8mb4", "--innodb-buffer-pool-size=8M", "--skip-log-bin"),
                *self._options,
            ],
            env={"PATH": _PATH},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + 60
        while self.client("SELECT 1", check=False).returncode != 0:
            if time.monotonic() > deadline or self.process.poll() is not None:
                self.__exit__(None, None, None)
                raise RuntimeError("MariaDB did not start")
            time.sleep(0.1)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.process.terminate()
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.folder)

    def client(self, statements: str, *, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run statements as root; the output has tabs between columns."""
        argv = ["mariadb", "--no-defaults", f"--socket={self.socket}", "--batch", "--skip-column-names"]
        return subprocess.run(argv, input=statements, capture_output=True, text=True, check=check, timeout=60)
