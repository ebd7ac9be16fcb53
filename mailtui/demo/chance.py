"""Chance that repeats: the same numbers always give the same draw, whatever was drawn in between."""

from zlib import crc32


def draw(*parts: object) -> int:
    """A number from 0 to 2³²-1 that depends on the parts alone."""
    return crc32(":".join(map(str, parts)).encode())


def share(*parts: object) -> float:
    """The same as a number from 0 to below 1."""
    return draw(*parts) / 4294967296
