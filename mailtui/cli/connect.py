"""Which host a command is about: this machine, or the demo host."""

from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from backends.errors import Missing

if TYPE_CHECKING:
    from backends.host import Host


STARTED_ONCE = "/var/lib/postfix/master.lock"
"""Made by master(8) when it first starts (data_directory of Debian's Postfix)."""


def choose(options: Namespace) -> "Host":
    """The host that the options name. Without any Postfix here the console and the overview get the demo host.

    A command for `any_machine` needs no Postfix: it may be the one that brings it.

    :raises Missing: there is no such Postfix, and a command asks for one.
    """
    if options.demo:
        return demo()
    from backends.local import CONFIG_DIR, LocalHost, has_mail_stack  # noqa: PLC0415 - not for the demo host

    if options.any_machine or has_mail_stack(options.config_dir):
        return LocalHost(options.config_dir)
    if options.command is None and options.config_dir is None:
        if Path(STARTED_ONCE).exists():
            raise Missing(
                f"Postfix has run here, but {CONFIG_DIR}/main.cf or postqueue is gone",
                hint=f"restore {CONFIG_DIR}/main.cf from a backup, or see the demo host with --demo",
            )
        return demo()
    raise Missing(
        f"There is no Postfix with a main.cf in {options.config_dir or CONFIG_DIR}",
        hint="install and configure postfix, name another instance with --config-dir, or try --demo",
    )


def demo() -> "Host":
    """The demo host, the same at each start, so that an ID from one run is one in the next."""
    from mailtui.demo import DemoHost  # noqa: PLC0415 - the simulation is needed for nothing else

    return DemoHost()
