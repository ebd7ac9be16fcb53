"""Where amavis keeps its quarantine, and how it names things there, as its configuration says.

The configuration is a program in Perl, which is not run: plain assignments of plain strings are read, anything else
is not understood, and said so where it matters.
"""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

from backends.amavis_files import FOLDERS, texts, without_comments
from backends.errors import ParseFailed
from backends.quarantine.names import ID_BITS, Naming

HOME = "/var/lib/amavis"
_KIND_OF = {
    "virus": "virus",
    "banned_files": "banned",
    "unchecked": "unchecked",
    "spam": "spam",
    "bad_header": "badh",
    "clean": "clean",
    "archive": "archive",
}
_STRING = r"'[^'\\\n]*'|\"[^\"\\@%\n]*\""
_ASSIGNED = re.compile(
    r"^[ \t]*(?:our[ \t]+)?\$(MYHOME|TEMPBASE|QUARANTINEDIR|mail_id_size_bits|daemon_user)[ \t]*=(?!=)\s*([^;]*);",
    re.MULTILINE,
)
_METHOD = re.compile(
    rf"\b({'|'.join(_KIND_OF)})_quarantine_method['\"]?\s*=>?\s*('[^'\\\n]*'|\"[^\"\\@$\n]*\")",
    re.MULTILINE,
)
_VARIABLE = re.compile(r"\$(?:\{(\w+)\}|(\w+))")


class Amavis(msgspec.Struct, frozen=True):
    """What its configuration says. A folder is None where it cannot be read there, `quarantine` empty: there is none.

    `methods`: the quarantine methods, with the kind of each; `id_bits`: the size of a mail_id; `user`: whom it runs as.
    """

    quarantine: str | None = f"{HOME}/virusmails"
    work: str | None = f"{HOME}/tmp"  # noqa: S108 - amavis's own
    methods: tuple[tuple[str, str], ...] = ()
    id_bits: int = ID_BITS
    user: str = "amavis"

    @property
    def naming(self) -> Naming:
        """The grammar of its names."""
        return Naming(self.methods, self.id_bits)


def configured(folders: Sequence[Path] = FOLDERS) -> Amavis:
    """What the files in amavis's configuration folders say; Debian's defaults where there are none.

    :raises NotPermitted: a file cannot be read.
    """
    return parse(texts(folders))


def parse(contents: Iterable[str]) -> Amavis:
    """What these files say, one after the other."""
    known: dict[str, str | None] = {}
    methods: dict[tuple[str, str], None] = {}
    for text in contents:
        plain = without_comments(text)
        for name, value in _ASSIGNED.findall(plain):
            known[name] = _value(value.strip(), known)
        for kind, quoted in _METHOD.findall(plain):
            methods[_KIND_OF[kind], quoted[1:-1]] = None
    bits = known.get("mail_id_size_bits") or ""
    size = int(bits) if bits.isascii() and bits.isdigit() and len(bits) < 4 else ID_BITS
    return Amavis(
        quarantine=known.get("QUARANTINEDIR", Amavis().quarantine),
        work=known.get("TEMPBASE", known.get("MYHOME", Amavis().work)),
        methods=tuple(methods),
        id_bits=size if size % 24 == 0 and 0 < size <= 120 else ID_BITS,
        user=known.get("daemon_user") or Amavis().user,
    )


def not_understood() -> ParseFailed:
    """The error for a folder that the configuration does not plainly name."""
    return ParseFailed(
        "Amavis's configuration does not plainly say where its quarantine is",
        hint="name the folder: mailtui cleanup --dir DIR",
    )


def _value(text: str, known: dict[str, str | None]) -> str | None:
    """The value of an expression: a number, a string, or `undef` (empty); None: it is not understood."""
    if text == "undef":
        return ""
    if text.isascii() and text.isdigit():
        return text
    if not re.fullmatch(_STRING, text):
        return None
    if text[0] == "'":
        return text[1:-1]
    parts = []
    at = 0
    inside = text[1:-1]
    for found in _VARIABLE.finditer(inside):
        value = known.get(found[1] or found[2])
        if value is None:
            return None
        parts += [inside[at : found.start()], value]
        at = found.end()
    rest = inside[at:]
    return None if "$" in rest else "".join((*parts, rest))
