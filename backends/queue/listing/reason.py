"""Delay reasons, normalised: hosts, addresses, IDs and numbers folded, so that one cause is one row."""

import re
from collections.abc import Sequence
from typing import TypeVar

K = TypeVar("K")

REASON_LIMIT = 500
LABEL_LIMIT = 4096
_CACHE_LIMIT = 65_536
_NO_DIGITS = str.maketrans("", "", "0123456789")

_CODES = r"""
    (?<![\w.]) (?: [245]\d\d [ -] )? [245]\.\d{1,3}\.\d{1,3} (?![\w.])
  | (?: \A | (?<=said:[ ]) | (?<=me:[ ]) | (?<=output:[ ]) ) [245]\d\d (?![\w.])
"""
_WORD = r"""[^\s<>\[\]=,;:()"']"""
_FOLD = re.compile(  # words are taken whole (++) from where they begin, so that no text takes long
    rf"""
    (?P<code> {_CODES} )
  | (?P<keep> (?<=blocked[ ]using[ ]) [\w.-]++ | (?<![\w/]) /(?:usr|bin|sbin|lib|etc|opt)/ [\w./+-]*+ )
  | (?P<angle> < [^<>\s]++ > )
  | https?://\S++
  | (?<![\w/]) / [\w.@+-]++ / [^\s"':;,]* (?<!\.)
  | (?<=for[ ]user[ ]) [^\s:]+ (?<!\.)
  | \b \d{{4}}-\d\d-\d\d [T ] \d\d:\d\d [\d:.]*+ Z?
  | (?<!{_WORD}) (?= [^\s<>\[\]=,;:()"'@]++ @ ) {_WORD}++
  | (?<![\w.-]) [\w.-]++ \[ [0-9A-Fa-f.:]++ \] (?: :\d++ )?
  | \[ [0-9A-Fa-f.:]++ \] (?: :\d++ )?
  | (?<![\w.]) \d{{1,3}} (?: \.\d{{1,3}} ){{3}} (?![\w.])
  | \b (?: [0-9A-Fa-f]{{1,4}} : ){{3,}}+ [0-9A-Fa-f:]*+
  | (?<![\w.-]) (?: [\w-]++ \. )++ [A-Za-z][\w-]++ \.?
  | \b (?= [^\W\d]*+\d ) [\w-]{{6,}}+ (?: \.\d++ )*+
  | \b \d++ \b
    """,
    re.VERBOSE,
)

_SEEN_CODES = re.compile(_CODES, re.VERBOSE)
_HOST_FIRST = re.compile(
    r"(?:delivery temporarily suspended: )?(?:connect to|host|conversation with|lost connection with)"
    r" [\w.-]+\[[0-9A-Fa-f.:]+\]"
)
_PREFIX = re.compile(r"^(?:delivery temporarily suspended: )?(?:host \* said: )?")


def normalise(reason: str) -> str:
    """A delay reason with `*` for what differs between messages; status codes stay, a leading host goes."""
    folded = _FOLD.sub(_fold, reason[:REASON_LIMIT])
    return _PREFIX.sub("", " ".join(folded.split()), count=1)


def _fold(match: re.Match[str]) -> str:
    if code := match["code"]:
        return code.replace("-", " ")
    return match["keep"] or ("<*>" if match["angle"] else "*")


class Reasons:
    """Numbers for normalised reasons: `labels[number]`. Number 0 is no reason at all.

    Normalising costs microseconds, a million reasons are few causes. Most differ in the host alone, which ends with
    the first bracket; so what stands after it is remembered, and for the others what is left without digits.
    """

    def __init__(self) -> None:
        self.labels: list[str] = [""]
        self._numbers: dict[str, int] = {"": 0}
        self._tails: dict[str, int] = {"": 0}
        self._bare: dict[tuple[str, ...], int] = {}

    def numbers(self, reasons: Sequence[str]) -> list[int]:
        """The number of each."""
        tails = [r[:5] + cut[2] if (cut := r.partition("]"))[2] else r for r in reasons]
        get = self._tails.get
        found = [get(tail, -1) for tail in tails]
        if -1 not in found:
            return found
        for i, known in enumerate(found):
            if known < 0:
                found[i] = self._look(reasons[i])
                if tails[i] == reasons[i] or _HOST_FIRST.match(reasons[i]):
                    _remember(self._tails, tails[i], found[i])
        return found

    def _look(self, reason: str) -> int:
        start = reason[:REASON_LIMIT]
        bare = (start.translate(_NO_DIGITS), *_SEEN_CODES.findall(start))
        number = self._bare.get(bare, -1)
        if number < 0:
            number = self._number(normalise(reason))
            _remember(self._bare, bare, number)
        return number

    def _number(self, label: str) -> int:
        number = self._numbers.get(label)
        if number is None:
            if len(self.labels) >= LABEL_LIMIT:
                return len(self.labels) - 1
            number = len(self.labels)
            self.labels.append("other reasons" if number == LABEL_LIMIT - 1 else label)
            self._numbers[self.labels[number]] = number
        return number


def _remember(cache: dict[K, int], key: K, number: int) -> None:
    if len(cache) >= _CACHE_LIMIT:
        cache.clear()
    cache[key] = number
