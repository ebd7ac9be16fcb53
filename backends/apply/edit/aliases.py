"""aliases(5) by name."""

from collections.abc import Mapping

from backends.apply.edit import pieces
from backends.apply.edit.main_cf import HEADING
from backends.apply.edit.pieces import Piece


def aliases(content: bytes) -> dict[str, str]:
    """Names, in lower case and without quotation marks, and what they stand for."""
    return {_name(piece): _value(piece) for piece in pieces.read(content) if ":" in piece.text}


def with_aliases(content: bytes, wanted: Mapping[str, str | None]) -> bytes:
    """The file with these aliases; None takes one away."""
    return pieces.edited(
        content,
        dict(wanted),
        name_of=_name,
        same=lambda piece, value: _value(piece) == " ".join(value.split()),
        written=lambda name, value: f"{name}: {value}\n",
        heading=HEADING,
    )


def _name(piece: Piece) -> str:
    return _parts(piece)[0]


def _value(piece: Piece) -> str:
    return _parts(piece)[1]


def _parts(piece: Piece) -> tuple[str, str]:
    text = piece.text
    if text.startswith('"'):
        name, _, rest = text[1:].partition('"')
        return name.lower(), rest.partition(":")[2].strip()
    name, colon, rest = text.partition(":")
    return name.strip().lower() if colon else "", rest.strip()
