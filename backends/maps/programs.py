"""postconf, postmap and postalias of one instance."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from backends.errors import BackendError, Failed, Missing
from backends.maps.config import Config, parse
from backends.runner import Command, Result, Runner
from backends.text import visible

_OF_CONFIGURATION = re.compile(r"\S*/(?:main|master)\.cf[,:]")
ASKED = 10.0
"""Seconds in which a table must answer."""
BUILT = 900.0
"""Seconds in which a table must be built, and one more for each `PACE` bytes of its source."""
PACE = 64 << 10


class Programs:
    """The commands of the default instance, or of the one configured in `folder`."""

    def __init__(self, runner: Runner, folder: str | None) -> None:
        self.runner = runner
        self.instance = ("-c", str(Path(folder).absolute())) if folder else ()

    def config(self) -> Config:
        """The configuration as it is now.

        :raises Missing: there is none.
        """
        texts = [
            self._postconf(*options)
            for options in (("-x", "-C", "builtin,service"), ("-x", "-C", "user"), ("-x", "-P"))
        ]
        config = parse("", *texts)
        folder = (
            self.instance[1] if self.instance else config.parameters.get("config_directory", "/etc/postfix")
        )
        return Config(folder, config.parameters, config.tables, config.named)

    def ask(self, table: str, keys: Sequence[str], *, shown: str = "", discreet: bool = False) -> Result:
        """`postmap -q -`: the keys, one a line, over standard input. `shown` is the table's name as others may see it."""
        stdin = "".join(f"{key}\n" for key in keys).encode("utf-8", "surrogateescape")
        words = ("postmap", *self.instance, "-q", "-")
        told = (*words, shown or table)
        command = Command((*words, table), stdin, ASKED, discreet=discreet, shown=told)
        return self._run(command)

    def build(self, tool: str, table: str, *, size: int, discreet: bool = False) -> Result:
        """Build a table of a source of so many bytes."""
        timeout = BUILT + size / PACE
        command = Command((tool, *self.instance, table), timeout=timeout, mutates=True, discreet=discreet)
        return self._run(command)

    def contents(self, table: str) -> Iterator[bytes]:
        """What `postmap -s` prints, in chunks.

        :raises Failed: the table cannot be read.
        """
        with self.runner.stream(Command(("postmap", *self.instance, "-s", table), timeout=60)) as stream:
            while chunk := stream.read():
                yield chunk
            result = stream.result()
        if result.code != 0:
            raise Failed(
                f"{visible(table)} cannot be listed: {visible(result.complaint)}",
                hint="see `mailtui maps lint`",
            )

    def _postconf(self, *options: str) -> str:
        result = self._run(Command(("postconf", *self.instance, *options)))
        if result.code != 0:
            raise _unreadable(result)
        return result.stdout.decode("utf-8", "surrogateescape")

    def _run(self, command: Command) -> Result:
        try:
            return self.runner.run(command)
        except Missing as error:
            raise Missing(f"{error}: Postfix is not installed", hint="apt install postfix") from error


def complaints(result: Result) -> list[str]:
    """What a program wrote to standard error, without its name and level, and without what it says of main.cf."""
    lines = result.stderr.decode("utf-8", "replace").split("\n")
    said = [line.partition(": ")[2].removeprefix("warning: ").strip() for line in lines if line.strip()]
    return [one for one in said if not _OF_CONFIGURATION.match(one)]


def _unreadable(result: Result) -> BackendError:
    return Missing(
        f"The configuration cannot be read: {visible(result.complaint)}",
        hint="see what it says: postconf; or name another folder with --config-dir",
    )
