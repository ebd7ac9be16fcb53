"""Two texts beside each other: which lines stand on which side, and where within a line they differ. Pure."""

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from itertools import zip_longest
from typing import Literal, NamedTuple

Kind = Literal["same", "changed", "left", "right", "skipped"]
CONTEXT = 3  # lines shown around a change


class Pair(NamedTuple):
    """One line on both sides, or on one of them; line numbers from 1, 0 where there is none.

    `skipped`: so many lines that are the same are left out.
    """

    kind: Kind
    left: str = ""
    right: str = ""
    left_number: int = 0
    right_number: int = 0
    skipped: int = 0

    @property
    def differs(self) -> bool:
        return self.kind not in {"same", "skipped"}


def pairs(left: Sequence[str], right: Sequence[str], context: int = CONTEXT) -> list[Pair]:
    """Where the texts differ, with some lines around; nothing where they do not."""
    found: list[Pair] = []
    at = 0
    for group in SequenceMatcher(None, left, right).get_grouped_opcodes(context):
        first, last = group[0][1], group[-1][2]
        if first > at:
            found.append(Pair("skipped", skipped=first - at))
        for tag, left_from, left_to, right_from, right_to in group:
            lefts = [(left[i], i + 1) for i in range(left_from, left_to)]
            rights = [(right[i], i + 1) for i in range(right_from, right_to)]
            found += _beside(lefts, rights, same=tag == "equal")
        at = last
    if found and at < len(left):
        found.append(Pair("skipped", skipped=len(left) - at))
    return found


def _beside(
    lefts: Sequence[tuple[str, int]], rights: Sequence[tuple[str, int]], *, same: bool
) -> Iterator[Pair]:
    for left, right in zip_longest(lefts, rights):
        if right is None:
            yield Pair("left", left=left[0], left_number=left[1])
        elif left is None:
            yield Pair("right", right=right[0], right_number=right[1])
        else:
            yield Pair("same" if same else "changed", left[0], right[0], left[1], right[1])


class Spot(NamedTuple):
    """Where two lines differ: so many characters at the start, and at the end, are the same."""

    start: int
    end: int

    def of(self, line: str) -> tuple[str, str, str]:
        """The line before, at, and after the spot."""
        behind = len(line) - self.end
        return line[: self.start], line[self.start : behind], line[behind:]


def spot(left: str, right: str) -> Spot:
    """Where the lines differ."""
    start = _alike(left, right)
    return Spot(start, _alike(left[start:][::-1], right[start:][::-1]))


def _alike(one: str, other: str) -> int:
    """How many characters both begin with."""
    return next(
        (i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other))
    )
