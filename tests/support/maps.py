"""A configuration folder of its own for lookup tables: postconf and postmap read it, nothing runs."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from backends.maps.adapter import PostfixMaps
from backends.maps.values import About, Finding
from backends.runner import LocalRunner

MAIN = """\
compatibility_level = 3.6
queue_directory = {folder}/spool
data_directory = {folder}/data
myhostname = mail.example.test
mydestination = example.test
myorigin = example.test
mynetworks = 127.0.0.0/8
recipient_delimiter = +
alias_maps =
alias_database =
"""


@contextmanager
def open_folder() -> Iterator[Path]:
    """A folder that everybody may enter, as that of a configuration; with a short name, so that screens show all of it."""
    with TemporaryDirectory(prefix="mt-") as folder:
        path = Path(folder)
        path.chmod(0o755)
        yield path


def why_not() -> str | None:
    """Why there can be no such folder here, or None."""
    if os.geteuid() != 0:
        return "lookup tables are built by root"
    if shutil.which("postmap", path="/usr/sbin:/usr/bin") is None:
        return "postmap comes with the package postfix"
    return None


class Tables:
    """main.cf and files beside it; `maps` is the adapter on them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.etc = folder / "etc"
        self.etc.mkdir()
        (self.etc / "master.cf").write_text("smtp inet n - n - - smtpd\n")
        (self.etc / "dynamicmaps.cf").write_text("")
        self._main = MAIN.format(folder=folder)
        self.main()
        self.runner = LocalRunner()
        self.maps = PostfixMaps(
            self.runner, config_dir=str(self.etc), state=folder / "state", record=lambda *_: None
        )

    def main(self, text: str = "", master: str = "") -> None:
        """Say more in main.cf and master.cf; `$etc` is the folder."""
        (self.etc / "main.cf").write_text(self._main + text.replace("$etc", str(self.etc)))
        if master:
            (self.etc / "master.cf").write_text(master.replace("$etc", str(self.etc)))

    def write(self, name: str, content: bytes | str, kind: str = "", tool: str = "postmap") -> Path:
        """Write a source, and build it where a kind is given."""
        path = self.etc / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        if kind:
            self.run(tool, f"{kind}:{path}")
        return path

    def run(self, *argv: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            [argv[0], "-c", str(self.etc), *argv[1:]],
            input=stdin,
            capture_output=True,
            check=False,
            timeout=120,
            env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C"},
        )

    def get(self, key: str, table: str) -> str:
        """What the real table gives."""
        return self.run("postmap", "-q", key, table).stdout.decode().rstrip("\n")

    def checked(self, *names: str) -> tuple[list[About], list[Finding]]:
        """What is said of the tables."""
        tables: list[About] = []
        return tables, self.maps.check(tables.append, names)

    def said(self, *names: str) -> list[str]:
        """The findings alone, in words, with paths shortened."""
        return [
            f"{one.line or ''}{' ' if one.line else ''}{one.what}".replace(f"{self.etc}/", "")
            for one in self.checked(*names)[1]
        ]
