"""The files of signatures on disk: official ones by their header, others by their lines.

The folder belongs to the clamav user: its files are opened below it, none of them followed out of it.
"""

import os
import re
import stat
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import NamedTuple

import msgspec

from backends.antivirus.values import Database
from backends.errors import Missing, NotPermitted

HEADER = 512
MAGIC = b"ClamAV-VDB:"
CONTAINERS = frozenset({"cvd", "cld", "cud"})
TEXTS = frozenset(
    {
        *("ndb", "ndu", "hdb", "hsb", "hdu", "hsu", "mdb", "msb", "mdu", "msu", "ldb", "ldu", "idb", "cdb"),
        *("cat", "crb", "fp", "sfp", "ftm", "gdb", "wdb", "pdb", "ign", "ign2", "yar", "yara", "imp", "pwdb"),
        *("db", "zmd", "rmd"),
    }
)
"""Endings of the files that clamd loads besides containers (`CLI_DBEXT` of libclamav/readdb.h)."""
OFFICIAL = frozenset({"main", "daily", "bytecode"})
MOST = 2000
COUNTED = 1 << 30
"""Bytes of text files whose lines are counted."""
LONGEST_NAME = 512
_BLOCK = 1 << 20


class Header(NamedTuple):
    """What a container says of itself; `built` in epoch seconds."""

    version: int
    signatures: int
    built: float


def read(folder: Path, source: Callable[[str], str] = lambda _: "") -> list[Database]:
    """All of them, official ones first; `source` tells who brings a file. Whether they are loaded is not known yet.

    :raises Missing: there is no such folder.
    :raises NotPermitted: this user may not read it.
    """
    handle = _opened(folder)
    try:
        names = _names(handle, CONTAINERS | TEXTS)
        left = COUNTED
        found = []
        for name in names:
            one = _database(handle, name, left)
            left -= one.size if one.kind == "third-party" else 0
            found.append(msgspec.structs.replace(one, source=source(name)))
    finally:
        os.close(handle)
    return sorted(found, key=lambda one: (one.kind == "third-party", one.kind == "unsigned"))


def files_of(folder: Path, names: Collection[str]) -> dict[str, str]:
    """In which text file each of these signatures is; those found in none are left out.

    :raises BackendError: the folder cannot be read.
    """
    handle = _opened(folder)
    try:
        texts = _names(handle, TEXTS)
        wanted = {
            name: re.compile(rb"(?:^|[\n:\s])" + re.escape(name.removeprefix("YARA.").encode()) + rb"[\s:;{]")
            for name in names
        }
        found: dict[str, str] = {}
        left = COUNTED
        for text in texts:
            for block in _blocks(handle, text, left):
                left -= len(block)
                for name in [name for name in wanted if name not in found]:
                    word = name.removeprefix("YARA.").encode()
                    if word in block and wanted[name].search(block):
                        found[name] = text
    finally:
        os.close(handle)
    return found


def header(content: bytes) -> Header:
    """`ClamAV-VDB:TIME:VERSION:SIGNATURES:LEVEL:MD5:SIGNATURE:BUILDER:SECONDS` (`cl_cvdparse` of libclamav/cvd.c).

    :raises ValueError: it is none.
    """
    if not content.startswith(MAGIC):
        raise ValueError("not a ClamAV database")
    fields = content[:HEADER].decode("ascii").split(":")
    numbers = [field.strip() for field in (*fields[2:4], *fields[8:9])]
    if len(numbers) < 3 or not all(text.isdigit() and len(text) < 16 for text in numbers):
        raise ValueError("its header cannot be read")
    return Header(int(numbers[0]), int(numbers[1]), float(numbers[2]))


def _names(folder: int, endings: Collection[str]) -> list[str]:
    with os.scandir(folder) as entries:
        return sorted(entry.name for entry in entries if _ending(entry.name) in endings)[:MOST]


def _opened(folder: Path) -> int:
    try:
        return os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except PermissionError as error:
        raise NotPermitted(f"{folder} cannot be read", hint="run mailtui as root") from error
    except OSError as error:
        raise Missing(
            f"{folder}, where the signatures should be, is not there", hint="apt install clamav-freshclam"
        ) from error


def _blocks(folder: int, name: str, limit: int) -> Iterator[bytes]:
    """The content of a plain file in blocks, each with the end of the one before it; nothing of other files."""
    try:
        handle = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=folder)
    except OSError:
        return
    try:
        if not stat.S_ISREG(os.fstat(handle).st_mode) or os.fstat(handle).st_size > limit:
            return
        rest = b"\n"
        while block := os.read(handle, _BLOCK):
            yield rest + block
            rest = block[-LONGEST_NAME:]
    except OSError:
        return
    finally:
        os.close(handle)


def _database(folder: int, name: str, left: int) -> Database:
    kind = _kind(name)
    try:
        handle = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=folder)
    except OSError as error:
        return Database(name, kind, 0, 0.0, trouble=error.strerror or "cannot be opened")
    found = os.fstat(handle)
    plain = Database(name, kind, found.st_size, max(found.st_mtime, found.st_ctime), built=found.st_mtime)
    try:
        if not stat.S_ISREG(found.st_mode) or not found.st_size:
            raise ValueError("it is empty" if stat.S_ISREG(found.st_mode) else "not a plain file")
        if _ending(name) in CONTAINERS:
            told = header(os.read(handle, HEADER))
            return msgspec.structs.replace(plain, **told._asdict())
        counted = _lines(handle) if found.st_size <= left else None
        return msgspec.structs.replace(plain, signatures=counted)
    except (OSError, ValueError) as error:
        return msgspec.structs.replace(plain, trouble=str(error)[:100])
    finally:
        os.close(handle)


def _kind(name: str) -> str:
    stem, _, ending = name.rpartition(".")
    if ending.lower() == "cud":
        return "unsigned"
    if ending.lower() in CONTAINERS and stem in OFFICIAL:
        return "bytecode" if stem == "bytecode" else "official"
    return "third-party"


def _lines(handle: int) -> int:
    count, last = 0, b"\n"
    while block := os.read(handle, _BLOCK):
        count += block.count(b"\n")
        last = block[-1:]
    return count + (last != b"\n")


def _ending(name: str) -> str:
    return name.rpartition(".")[2].lower() if "." in name else ""
