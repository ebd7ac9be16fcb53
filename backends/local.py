"""This machine as a host."""

import os
import shutil
import time
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from backends.host import (
    Antivirus,
    Bayes,
    Config,
    Greylist,
    Health,
    Maps,
    Quarantine,
    Queue,
    Scores,
    ServiceState,
)
from backends.journal import Journal
from backends.runner import Command, LocalRunner, search_path
from backends.text import visible

if TYPE_CHECKING:
    from backends.greylist.access import Way

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

        return PostfixQueue(self._runner, config_dir=self._config_dir, kept_for=_kept_for)

    @cached_property
    def config(self) -> Config:
        from backends.apply.adapter import LocalConfig  # noqa: PLC0415 - for applying only

        return LocalConfig(self._runner)

    @cached_property
    def greylist(self) -> Greylist:
        from backends.greylist.adapter import MariaGreylist  # noqa: PLC0415 - for the greylist only
        from backends.greylist.trash import Trash  # noqa: PLC0415

        return MariaGreylist(
            self.journal, _way_to_greylist, trash=Trash(kept_for=_greylist_kept_for), runner=self._runner
        )

    @cached_property
    def quarantine(self) -> Quarantine:
        from backends.quarantine.adapter import AmavisQuarantine  # noqa: PLC0415 - when it is asked for

        return AmavisQuarantine(self._runner, kept_for=_quarantined_for)

    @cached_property
    def antivirus(self) -> Antivirus:
        from backends.antivirus.adapter import ClamAntivirus  # noqa: PLC0415 - when it is asked for

        return ClamAntivirus(self._runner)

    @cached_property
    def maps(self) -> Maps:
        from backends.maps.adapter import PostfixMaps  # noqa: PLC0415 - numpy

        return PostfixMaps(self._runner, config_dir=self._config_dir)

    @cached_property
    def scores(self) -> Scores:
        from backends.quarantined import Quarantined  # noqa: PLC0415 - numpy
        from backends.scores.adapter import AmavisScores  # noqa: PLC0415

        return AmavisScores(self._runner, Quarantined(lambda: self.quarantine))

    @cached_property
    def bayes(self) -> Bayes:
        from backends.scores.bayes import SpamAssassinBayes  # noqa: PLC0415 - when it is asked for

        return SpamAssassinBayes(self._runner, _amavis_user)

    @cached_property
    def health(self) -> Health:
        from backends.health.adapter import HostHealth, RingFile  # noqa: PLC0415 - when it is asked for
        from backends.health.local import LocalSources  # noqa: PLC0415

        sources = LocalSources(self, self._runner, self._config_dir)
        return HostHealth(sources, RingFile(), self._runner)

    def services(self) -> list[ServiceState]:
        """The services of the machine; of several Postfix instances the one that was named."""
        from backends.services import services  # noqa: PLC0415 - psutil

        found = services()
        if self._config_dir is None:
            return found
        asked = self._runner.run(Command(("postfix", "-c", self._config_dir, "status"), timeout=10))
        state = "running" if asked.code == 0 else "stopped"
        return [ServiceState("postfix", state) if one.name == "postfix" else one for one in found]

    def now(self) -> float:
        return time.time()

    def close(self, *, acts: bool = True) -> None:
        self._runner.close(acts=acts)
        if (greylist := self.__dict__.get("greylist")) is not None:
            greylist.close()


def _kept_for() -> float:
    from backends.site.file import load_site  # noqa: PLC0415 - for deletions only

    return load_site().queue.kept_for


def _quarantined_for() -> float:
    from backends.site.file import load_site  # noqa: PLC0415 - for deletions only

    return load_site().quarantine.kept_for


def _greylist_kept_for() -> float:
    from backends.site.file import load_site  # noqa: PLC0415 - for acts only

    return load_site().greylist.kept_for


def _amavis_user() -> str:
    from backends.quarantine.config import configured  # noqa: PLC0415 - for the Bayes database only

    return configured().user


def _way_to_greylist() -> "Way":
    from backends.greylist.access import Way  # noqa: PLC0415 - for connections only
    from backends.site.file import load_site  # noqa: PLC0415

    site = load_site().greylist
    return Way(site.port, site.tls)


def has_mail_stack(config_dir: str | None = None) -> bool:
    """Whether there is a Postfix to look at: its configuration file, and the program that lists its queue."""
    if not Path(config_dir or CONFIG_DIR, "main.cf").exists():
        return False
    return shutil.which("postqueue", path=search_path()) is not None
