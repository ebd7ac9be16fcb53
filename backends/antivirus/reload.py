"""Whether clamd has loaded what has come: seen in its log, or by the version that it tells."""

import os
import time
from collections.abc import Callable
from pathlib import Path
from threading import Event

from backends.antivirus import answers, databases
from backends.antivirus.clamd import Clamd
from backends.antivirus.conf import ClamdConf
from backends.antivirus.logs import Log
from backends.errors import BackendError, Refused

PATIENCE = 180.0  # s; clamd reads eight million signatures
GLANCE = 0.2  # s
_DONE = "Database correctly reloaded ("
_BROKEN = ("reload_th: ", "reload db failed", "LibClamAV Error")


class Reload:
    """A loading that is waited for; made before what is to be loaded comes."""

    def __init__(self, clamd: Clamd, conf: ClamdConf, patience: float = PATIENCE) -> None:
        self._clamd, self._conf, self._patience = clamd, conf, patience
        self._since = time.time()
        path = Path(conf.log) if conf.log else None
        readable = path is not None and os.access(path, os.R_OK)
        self._log = Log(path, at_end=True) if path is not None and readable else None

    def wait(
        self, tell: Callable[[str], None], stop: Event | None, *, notified: bool
    ) -> tuple[bool | None, str]:
        """Whether it has loaded them, and how that is known; None: it is not known. `notified`: clamd knows already.

        :raises Refused: `stop` was set.
        """
        try:
            if not notified:
                tell("clamd was not notified: it is told to reload")
                if self._clamd.ask("RELOAD", "RELOADING") is None:
                    return (
                        None,
                        "clamd's configuration does not permit RELOAD: it looks itself, as SelfCheck says",
                    )
            tell("waiting until clamd has loaded them")
            return self._waited(stop)
        except Refused:
            raise
        except BackendError as error:
            return False, str(error)

    def _waited(self, stop: Event | None) -> tuple[bool | None, str]:
        deadline = time.monotonic() + self._patience
        while time.monotonic() < deadline:
            if stop is not None and stop.is_set():
                raise Refused("Stopped before its end", hint="the signatures are there; clamd loads them")
            if self._log is not None:
                found = self._logged(self._log)
            else:
                found = (True, "clamd tells the version that is on disk") if self._in_memory() else None
            if found is not None:
                return found
            time.sleep(GLANCE)
        if self._log is None:
            return None, "clamd's log cannot be read: whether it has loaded them is not known"
        return False, f"clamd has not loaded them within {self._patience:g} s"

    def _logged(self, log: Log) -> tuple[bool, str] | None:
        for line in log.new():
            if line.when is not None and line.when < self._since - 1:
                continue
            if line.text.startswith(_DONE):
                return True, line.text
            if any(word in line.text for word in _BROKEN):
                return False, line.text
        return None

    def _in_memory(self) -> bool:
        """Whether clamd tells the version of daily that is on disk, and that one has come since."""
        said = self._clamd.ask("VERSION", answers.VERSION)
        come = [
            one.version
            for one in databases.read(Path(self._conf.folder))
            if one.name.startswith("daily.") and one.changed >= self._since - 1
        ]
        return said is not None and answers.version(said).daily in come
