"""Postfix's commands for one instance: run, streamed, and what they complain of turned into errors."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from backends.errors import Failed, Missing, ParseFailed
from backends.queue.complaint import explain
from backends.runner import Command, Result, Runner, Stream

QUIET = 60.0
"""Seconds for which a command may stay silent before it counts as hung."""


class Programs:
    """The commands of the default instance, or of the one configured in the folder `config_dir`."""

    def __init__(self, runner: Runner, config_dir: str | None) -> None:
        self.runner = runner
        self.instance = ("-c", str(Path(config_dir).absolute())) if config_dir else ()

    def run(self, command: Command) -> Result:
        """How the command ended.

        :raises Missing: Postfix is not installed.
        :raises NotAnswering: it did not end in its time.
        """
        with _installed(command):
            return self.runner.run(command)

    def ask(self, command: Command) -> Result:
        """How the command ended, which must be well.

        :raises BackendError: it did not; the error is for what it complained of.
        """
        result = self.run(command)
        if result.code != 0:
            raise explain(command, result)
        return result

    @contextmanager
    def stream(self, command: Command) -> Iterator[Stream]:
        """The command while it runs.

        :raises Missing: Postfix is not installed.
        """
        with _installed(command), self.runner.stream(command) as stream:
            yield stream

    def listing(self) -> Iterator[bytes]:
        """What `postqueue -j` prints, in chunks.

        :raises BackendError: at the end, when postqueue did not end well.
        """
        command = Command(("postqueue", *self.instance, "-j"), timeout=QUIET)
        lines = 0
        with self.stream(command) as stream:
            for chunk in chunks(stream):
                lines += chunk.count(b"\n")
                yield chunk
            result = stream.result()
        if result.code < 0:
            raise Failed(
                f"postqueue was ended by signal {-result.code} after {lines:,} messages",
                hint="read the queue again; if it happens again, look for a lack of memory in the kernel's log",
            )
        if result.code != 0:
            raise explain(command, result)

    def queue_directory(self) -> tuple[Path, frozenset[str], int]:
        """Where the queue is, which queues are hashed into sub-folders, and how deep; from postconf(1)."""
        command = Command(
            ("postconf", *self.instance, "-h", "queue_directory", "hash_queue_names", "hash_queue_depth")
        )
        lines = self.ask(command).stdout.decode("utf-8", "replace").splitlines()
        if len(lines) != 3 or not lines[2].isdecimal():
            raise ParseFailed(
                "postconf did not tell the queue directory", hint="see what it says: postconf -n"
            )
        hashed = frozenset(re.split(r"[\s,]+", lines[1]))
        return Path(lines[0]), hashed, int(lines[2])


def chunks(stream: Stream) -> Iterator[bytes]:
    """All that a command prints."""
    while chunk := stream.read():
        yield chunk


@contextmanager
def _installed(command: Command) -> Iterator[None]:
    try:
        yield
    except Missing as error:
        if command.argv[0] == "sudo":
            raise
        raise Missing(f"{error}: Postfix is not installed", hint="apt install postfix") from error
