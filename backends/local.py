"""This machine as a host."""

import os
import shutil
import time
from functools import cached_property
from pathlib import Path

from backends.host import Queue, ServiceState
from backends.journal import Journal
from backends.runner import SBIN, LocalRunner
from backends.text import visible

CONFIG_DIR = "/etc/postfix"


class LocalHost:
    """The machine that mailtui runs on, or another Postfix instance of it with its own configuration folder."""

    demo = False

    def __init__(self, config_dir: str | None = None) -> None:
        self.name = visible(os.uname().nodename)
        self.journal = Journal()
        self._runner = LocalRunner(self.journal)
        self._config_dir = config_dir

    @cached_property
    def queue(self) -> Queue:
        from backends.queue.adapter import PostfixQueue  # noqa: PLC0415 - not for what only asks for services

        return PostfixQueue(self._runner, config_dir=self._config_dir)

    def services(self) -> list[ServiceState]:
        from backends.services import services  # noqa: PLC0415 - psutil

        return services()

    def now(self) -> float:
        return time.time()

    def close(self) -> None:
        self._runner.close()


def has_mail_stack(config_dir: str | None = None) -> bool:
    """Whether there is a Postfix to look at: its configuration file, and the program that lists its queue."""
    if not Path(config_dir or CONFIG_DIR, "main.cf").exists():
        return False
    return shutil.which("postqueue", path=f"{os.environ.get('PATH', '')}:{SBIN}") is not None
