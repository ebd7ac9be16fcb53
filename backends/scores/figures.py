"""Numbers out of windows of bytes, a window each: scores, sizes, times taken; by tables of what each byte counts. Pure."""

import numpy as np
import numpy.typing as npt

from backends.scores.store import NO_SCORE
from backends.scores.windows import Bools, Bytes, Ints, digits, words

_LONGEST_SCORE = 10
LONGEST_NUMBER = 9
_MOST_FIGURES = 6  # before the dot: what is more does not fit 32 bits


def _score_weights() -> npt.NDArray[np.int32]:
    """What each byte of a score counts, by the place of its comma and of its dot (the comma's where there is none)."""
    table = np.zeros((_LONGEST_SCORE + 1, _LONGEST_SCORE + 1, _LONGEST_SCORE), np.int32)
    for comma in range(1, _LONGEST_SCORE + 1):
        for dot in range(comma + 1):
            for power, column in enumerate(range(dot - 1, max(-1, dot - 1 - _MOST_FIGURES), -1)):
                table[comma, dot, column] = 1000 * 10**power
            for column, value in zip(range(dot + 1, comma), (100, 10, 1), strict=False):
                table[comma, dot, column] = value
    return table


_SCORE_WEIGHTS = _score_weights()
_WEIGHTS = np.array(
    [[10 ** (n - 1 - i) if i < n else 0 for i in range(LONGEST_NUMBER)] for n in range(LONGEST_NUMBER + 1)],
    np.int32,
)
_REVERSE = np.array(
    [[10**i if i < n else 0 for i in range(LONGEST_NUMBER)] for n in range(LONGEST_NUMBER + 1)], np.int32
)


def _weighed(figures: Bytes, weights: npt.NDArray[np.int32]) -> npt.NDArray[np.int32]:
    """The sum of each row's figures, each by its weight."""
    sums: npt.NDArray[np.int32] = np.einsum("ij,ij->i", figures.astype(np.int32), weights)
    return sums


def scores(part: Bytes, comma: Ints) -> tuple[Ints, Bools]:
    """Thousandths, of a number with at most three decimals, or `-`."""
    part = part[:, :_LONGEST_SCORE]
    negative = part[:, 0] == ord("-")
    none = negative & (comma == 1)
    fine = comma <= _LONGEST_SCORE
    comma = np.where(fine, comma, 0)
    dot = (part == ord(".")).argmax(1)
    dot = np.where((dot > 0) & (dot < comma), dot, comma)
    values = part - ord("0")
    figures = (values < 10) & (np.arange(_LONGEST_SCORE) < comma[:, None])
    count = figures.sum(1, dtype=np.int64)
    good = fine & (count > 0) & (count + negative + (dot < comma) == comma) & (comma - dot <= 4)
    good &= dot - negative <= _MOST_FIGURES
    value = _weighed(values * figures, _SCORE_WEIGHTS[comma, dot])
    return np.where(none, NO_SCORE, np.where(negative, -value, value)), good | none


def forward(part: Bytes) -> tuple[npt.NDArray[np.int32], Ints]:
    """The number that each begins with, and how many figures it has; 0: too many."""
    figures = digits(part).argmin(1)
    return _weighed(part[:, :LONGEST_NUMBER] - ord("0"), _WEIGHTS[figures]), figures


def backward(part: Bytes) -> tuple[npt.NDArray[np.int32], Ints]:
    """The number of `, N ms` at the end of each, and how many figures it has; 0: it ends in something else."""
    width = part.shape[1]
    reverse = part[:, width - 4 :: -1][:, : LONGEST_NUMBER + 1]
    figures = digits(reverse).argmin(1)
    value = _weighed(reverse[:, :LONGEST_NUMBER] - ord("0"), _REVERSE[figures])
    flat, last = part.ravel(), np.arange(len(part)) * width + width - 4 - figures
    good = (words(part)[:, -1] >> np.uint64(40)) == int.from_bytes(b" ms", "little")
    good &= (flat[last] == ord(" ")) & (flat[last - 1] == ord(","))
    return value, np.where(good, figures, 0)
