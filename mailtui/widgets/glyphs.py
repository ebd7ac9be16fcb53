"""The few drawing characters beside colours, and their ASCII twins for plain mode."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Glyphs:
    """A shape says what a colour says, for those who see no colour."""

    good: str = "●"
    part: str = "◐"
    bad: str = "✖"
    warn: str = "▲"
    mark: str = "✓"
    dot: str = "·"
    more: str = "…"
    times: str = "×"
    gone: str = "○"
    full: str = "━"
    rest: str = "─"


DRAWN = Glyphs()
PLAIN = Glyphs("o", "~", "X", "!", "*", "-", "~", "x", ".", "#", "-")


def glyphs(*, plain: bool) -> Glyphs:
    """The characters for this terminal."""
    return PLAIN if plain else DRAWN
