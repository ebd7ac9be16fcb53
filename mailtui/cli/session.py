"""One run of a command: its options, where it writes, and the host it is about."""

from argparse import Namespace
from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING

from backends.errors import Refused
from mailtui.cli.output import Output

if TYPE_CHECKING:
    from backends.host import Host

Connect = Callable[[Namespace], "Host"]


class Session:
    """What every command is given; the host is made when it is first asked for."""

    def __init__(self, options: Namespace, out: Output, connect: Connect) -> None:
        self.options, self.out = options, out
        self._connect = connect

    @cached_property
    def host(self) -> "Host":
        """The host.

        :raises Missing: there is none here.
        """
        host = self._connect(self.options)
        if host.demo and self.options.command is not None:
            self.out.note(
                "mailtui: DEMO: invented messages; what you change is forgotten at the end of this command"
            )
        return host

    def must_change(self) -> None:
        """
        :raises Refused: nothing may be changed in this run.
        """
        if self.options.read_only:
            raise Refused("This would change something", hint="leave out --read-only")

    def close(self) -> None:
        """End whatever still runs for the host."""
        if "host" in self.__dict__:
            self.host.close()
