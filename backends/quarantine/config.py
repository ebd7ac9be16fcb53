"""Where amavis keeps its quarantine, and how it names things there, as its configuration says.

The configuration is a program in Perl, which is not run: plain assignments of plain strings are read, anything else
is not understood, and said so where it matters.
"""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

from backends.errors import Failed, NotPermitted, ParseFailed
from backends.files import read_bounded
from backends.quarantine.names import ID_BITS, Naming

FOLDERS = (Path("/usr/share/amavis/conf.d"), Path("/etc/amavis/conf.d"))
HOME = "/var/lib/amavis"
LIMIT = 1 << 20
MANY = 200
_FILE = re.compile("[A-Za-z0-9_-]+")
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
_POD = re.compile(r"^=[a-z].*?(?:^=cut.*?$|\Z)", re.MULTILINE | re.DOTALL)
_END = re.compile(r"^__(?:END|DATA)__$", re.MULTILINE)
_COMMENT = re.compile(r"^[ \t]*#.*$", re.MULTILINE)
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
    return parse(_texts(folders))


def parse(texts: Iterable[str]) -> Amavis:
    """What these files say, one after the other."""
    known: dict[str, str | None] = {}
    methods: dict[tuple[str, str], None] = {}
    for text in texts:
        plain = _COMMENT.sub("", _POD.sub("", _END.split(text, maxsplit=1)[0]))
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


def _texts(folders: Sequence[Path]) -> list[str]:
    """The files that amavis reads, in its order: those that run-parts(8) would take."""
    texts = []
    for folder in folders:
        try:
            files = sorted(path for path in folder.iterdir() if _FILE.fullmatch(path.name) and path.is_file())
            texts += [read_bounded(path.resolve(), LIMIT).decode("utf-8", "replace") for path in files[:MANY]]
        except FileNotFoundError:
            continue
        except (OSError, Failed) as error:
            raise NotPermitted(
                f"Amavis's configuration in {folder} cannot be read: {error}",
                hint="run mailtui as root, or name the folder with --dir DIR",
            ) from error
    return texts


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
