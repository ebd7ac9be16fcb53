"""A private Postfix whose queue is filled by copying one deferred message, which is quicker than sending many."""

import os
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.support.postfix import SENDER, PrivatePostfix

DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


class LiveQueue:
    """A running Postfix with so many deferred messages, none of which is tried before tomorrow."""

    def __init__(self, count: int) -> None:
        self.count = count
        self._ends = ExitStack()

    def __enter__(self) -> Self:
        self.postfix = self._ends.enter_context(PrivatePostfix())
        try:
            self.ids = self._fill()
        except BaseException:
            self._ends.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ends.close()

    @property
    def config_dir(self) -> str:
        return self.postfix.config_dir

    def _fill(self) -> list[str]:
        (first,) = self.postfix.deferred(1)
        model = self.postfix.file(first)
        spool = self.postfix.queue_directory
        owner = model.stat().st_uid
        content = model.read_bytes()
        log = (spool / "defer" / first[0] / first).read_bytes()
        folders = spool / "deferred", spool / "defer"
        for folder in folders:
            for digit in "0123456789ABCDEF":
                (folder / digit).mkdir(mode=0o700, exist_ok=True)
                os.chown(folder / digit, owner, -1)
        ids = [first]
        for number in range(1, self.count):
            ids.append(_copy(spool, number, owner, content.replace(SENDER.encode(), _sender(number))))
            said = log.replace(
                b"127.0.0.1[127.0.0.1]", b"mx%d.example.net[203.0.113.%d]" % (number % 9, number % 250)
            )
            path = spool / "defer" / ids[-1][0] / ids[-1]
            path.write_bytes(said)
            path.chmod(0o600)
            os.chown(path, owner, -1)
        tomorrow = time.time() + 86_400
        os.utime(model, (tomorrow, tomorrow))
        return ids


def _sender(number: int) -> bytes:
    """Another sender of the same length, since the lengths of records are written before them."""
    name = "".join(DIGITS[number // 36**place % 36] for place in range(SENDER.index("@")))
    return f"{name}{SENDER[SENDER.index('@') :]}".encode()


def _copy(spool: Path, number: int, owner: int, content: bytes) -> str:
    """Write a queue file; its ID is made of a time and its inode, as Postfix makes them."""
    with tempfile.NamedTemporaryFile(dir=spool / "deferred", delete=False) as file:
        file.write(content)
        file.flush()
        os.fchmod(file.fileno(), 0o700)
        os.fchown(file.fileno(), owner, -1)
        tomorrow = time.time() + 86_400
        os.utime(file.fileno(), (tomorrow, tomorrow))
        queue_id = f"{number * 7919 % (1 << 20):05X}{os.fstat(file.fileno()).st_ino:X}"
    Path(file.name).rename(spool / "deferred" / queue_id[0] / queue_id)
    return queue_id
