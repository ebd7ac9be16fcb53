"""main.cf by parameter, as postconf(1) reads and edits it."""

from collections.abc import Mapping

from backends.apply.edit import pieces
from backends.apply.edit.pieces import Piece

HEADING = "# set by mailtui --apply"


def parameters(content: bytes) -> dict[str, str]:
    """The parameters with their values, white space squeezed; of one given twice the last counts."""
    return {_name(piece): _value(piece) for piece in pieces.read(content) if "=" in piece.text}


def with_parameters(content: bytes, wanted: Mapping[str, str | None]) -> bytes:
    """The file with these values; None takes a parameter away."""
    return pieces.edited(
        content,
        dict(wanted),
        name_of=_name,
        same=lambda piece, value: _value(piece) == " ".join(value.split()),
        written=lambda name, value: f"{name} = {value}".rstrip() + "\n",
        heading=HEADING,
    )


def _name(piece: Piece) -> str:
    name, equals, _ = piece.text.partition("=")
    return name.strip() if equals else ""


def _value(piece: Piece) -> str:
    return piece.text.partition("=")[2].strip()
