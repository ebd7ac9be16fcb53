"""Delay reasons, normalised: hosts, addresses, IDs and numbers folded, so that one cause is one row."""

import re
from collections.abc import Sequence
from typing import TypeVar

K = TypeVar("K")

REASON_LIMIT = 500
LABEL_LIMIT = 4096
_CACHE_LIMIT = 65_536
_NO_DIGITS = str.maketrans("", "", "0123456789")

_FOLD = re.compile(
    r"""
    (?P<keep> (?<![\w.]) [245]\d\d (?: [ -] [245]\.\d{1,3}\.\d{1,3} )? (?![\w.])
            | (?<![\w.]) [245]\.\d{1,3}\.\d{1,3} (?![\w.]) )
  | (?P<angle> < [^<>\s]+ > )
  | https?://\S+
  | [^\s<>\[\]=,;:()"']+ @ [^\s<>\[\]=,;:()"']+
  | [\w.-]+ \[ [0-9A-Fa-f.:]+ \] (?: :\d+ )?
  | \[ [0-9A-Fa-f.:]+ \] (?: :\d+ )?
  | \b \d{1,3} (?: \.\d{1,3} ){3} \b
  | \b (?: [0-9A-Fa-f]{1,4} : ){3,} [0-9A-Fa-f:]*
  | \b (?: [\w-]+ \. )+ [A-Za-z][\w-]+ \b \.?
  | \b (?= \w*\d ) [\w-]{6,} \b
  | \b \d+ \b
    """,
    re.VERBOSE,
)
_CODE = re.compile(r"(?:^| said: | me: )([245]\d\d(?:[ -][245]\.\d{1,3}\.\d{1,3})?)")
_PREFIX = re.compile(r"^(?:delivery temporarily suspended: )?(?:host \* said: )?")


def normalise(reason: str) -> str:
    """A delay reason with `*` for what differs between messages; status codes stay, a leading host goes."""
    folded = _FOLD.sub(_fold, reason[:REASON_LIMIT])
    return _PREFIX.sub("", " ".join(folded.split()), count=1)


def _fold(match: re.Match[str]) -> str:
    if code := match.group("keep"):
        return code.replace("-", " ")
    return "<*>" if match.group("angle") else "*"


class Reasons:
    """Numbers for normalised reasons: `labels[number]`. Number 0 is no reason at all.

    Normalising costs microseconds, a million reasons are few causes. Most differ in the host alone, which ends with
    the first bracket; so what stands after it is remembered, and for the others what is left without digits.
    """

    def __init__(self) -> None:
        self.labels: list[str] = [""]
        self._numbers: dict[str, int] = {"": 0}
        self._tails: dict[str, int] = {"": 0}
        self._bare: dict[tuple[str, str], int] = {}

    def numbers(self, reasons: Sequence[str]) -> list[int]:
        """The number of each."""
        tails = [r[:5] + cut[2] if (cut := r.partition("]"))[2] else r for r in reasons]
        get = self._tails.get
        found = [get(tail, -1) for tail in tails]
        for i, known in enumerate(found):
            if known < 0:
                found[i] = self._look(reasons[i])
                _remember(self._tails, tails[i], found[i])
        return found

    def _look(self, reason: str) -> int:
        code = _CODE.search(reason, 0, REASON_LIMIT)
        bare = (code.group(1) if code else "", reason[:REASON_LIMIT].translate(_NO_DIGITS))
        number = self._bare.get(bare, -1)
        if number < 0:
            number = self._number(normalise(reason))
            _remember(self._bare, bare, number)
        return number

    def _number(self, label: str) -> int:
        number = self._numbers.get(label)
        if number is None:
            if len(self.labels) >= LABEL_LIMIT:
                return self._numbers.setdefault("other reasons", len(self.labels) - 1)
            number = self._numbers[label] = len(self.labels)
            self.labels.append("other reasons" if number == LABEL_LIMIT - 1 else label)
        return number


def _remember(cache: dict[K, int], key: K, number: int) -> None:
    if len(cache) >= _CACHE_LIMIT:
        cache.clear()
    cache[key] = number
