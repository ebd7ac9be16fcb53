"""The doubtful messages: those whose score lies nearest to a threshold."""

import numpy as np

from backends.scores.store import NO_SCORE, Store
from backends.scores.tally import VIRUS_KIND, Numbers, kinds, thousandths

WITHIN = 1.0
MOST = 500


def doubtful(
    store: Store, level: float, since: float, until: float, *, within: float = WITHIN, most: int = MOST
) -> Numbers:
    """The messages within so much of a level, the nearest first, of equals the latest; at most `most`.

    Those with a virus are not doubtful.
    """
    numbers, distances = np.empty(0, np.int64), np.empty(0, np.int64)
    at, reach = thousandths(level), thousandths(within)
    for block in store.blocks(since, until):
        scores = block.rows["score"].astype(np.int64)
        apart = np.abs(scores - at)
        wanted = (apart <= reach) & (scores != NO_SCORE) & (kinds(block.rows) != VIRUS_KIND)
        if wanted.any():
            numbers = np.concatenate([numbers, block.numbers[wanted]])
            distances = np.concatenate([distances, apart[wanted]])
            order = np.lexsort((-numbers, distances))[:most]
            numbers, distances = numbers[order], distances[order]
    return numbers
