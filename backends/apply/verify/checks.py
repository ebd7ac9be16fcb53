"""Checks as they are made: each is timed, told at once, and ends in a value whatever happens."""

import time
from collections.abc import Callable
from typing import NamedTuple

from backends.apply.told import Check
from backends.errors import BackendError
from backends.text import clip, visible

LONGEST = 400  # cells of evidence; a server's answer may be of any length
Clock = Callable[[], float]
Sleep = Callable[[float], None]


class Found(NamedTuple):
    """Whether something is as it must be, on what evidence, and what to do if not."""

    good: bool
    evidence: str
    hint: str = ""


class Checks:
    """The checks of one verification; `each` is told each as it is made, `clock` gives seconds."""

    def __init__(self, each: Callable[[Check], None], clock: Clock = time.monotonic) -> None:
        self.made: list[Check] = []
        self._each, self._clock = each, clock

    def look(self, name: str, found: Callable[[], Found]) -> bool:
        """Make one check; gives whether it is good."""
        started = self._clock()
        try:
            good, evidence, hint = found()
        except BackendError as error:
            good, evidence, hint = False, str(error), error.hint
        except OSError as error:
            good, evidence, hint = (
                False,
                str(error),
                "run it again as root; see the mail log for what is wrong",
            )
        said = clip(visible(evidence), LONGEST)
        check = Check(name, good, said, "" if good else hint, round(self._clock() - started, 3))
        self.made.append(check)
        self._each(check)
        return good

    def not_tried(self, name: str, why: str) -> None:
        """A check that cannot come out well any more."""
        self.look(name, lambda: Found(good=False, evidence=f"not tried: {why}", hint="mend that first"))
