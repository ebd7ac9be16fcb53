"""What came of an act, whatever was acted on, as values."""

import msgspec

ASKED_ABOVE = 20
"""An act on more than that wants their number typed."""


class LeftOut(msgspec.Struct, frozen=True):
    """What was asked for and not acted on, by the name it goes by (queue ID, path, triplet), and why."""

    what: str
    why: str


class Outcome(msgspec.Struct, frozen=True):
    """How many were asked for and done; of very many left out only some may be named.

    `printed`: what the programs said, `undo`: the number to undo it by.
    """

    action: str
    asked: int
    done: int
    left_out: tuple[LeftOut, ...] = ()
    printed: tuple[str, ...] = ()
    undo: int | None = None
