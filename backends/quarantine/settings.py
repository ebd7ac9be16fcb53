"""The table `[quarantine]` of the site's file: for how long which kind of message is kept, and in how much room."""

import re
from collections.abc import Callable, Iterator
from typing import Literal

import msgspec

from backends.errors import BadRequest
from backends.text import parse_age, parse_size, visible

FOREVER = "forever"
Kind = Literal["virus", "banned", "unchecked", "spam", "badh", "clean", "archive", "other"]
_PERCENT = re.compile(r"(\d{1,2}(?:\.\d{1,3})?)\s*%", re.ASCII)


class KeepSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Table `[quarantine.keep]`: an age such as 30d for each kind, or `forever`."""

    virus: str = "30d"
    banned: str = "30d"
    unchecked: str = "30d"
    spam: str = "14d"
    badh: str = "14d"
    clean: str = "14d"
    archive: str = FOREVER
    other: str = "30d"


class QuarantineSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Table `[quarantine]`.

    `max_size` (2GiB) and `min_free` (10%, or a size) are limits that files are deleted for before their time, in the
    `order` of kinds, the oldest first; a kind that is not in it is not deleted for them. `tmp`: the age at which
    amavis's leftover work folders go. `max_delete`: a run that would delete more files deletes none; 0 is no limit.
    `undo`: for how long what is deleted by hand can be brought back, such as 24h or 3d.
    """

    keep: KeepSettings = KeepSettings()
    order: tuple[Kind, ...] = ("clean", "spam", "badh", "other", "unchecked", "banned", "virus")
    max_size: str = ""
    min_free: str = ""
    tmp: str = "2d"
    max_delete: int = 0
    undo: str = "24h"

    @property
    def kept_for(self) -> float:
        """`undo` in seconds."""
        return parse_age(self.undo)


class Reserve(msgspec.Struct, frozen=True):
    """Room to be left free on the file system: so much of it (and of its inodes), or so many bytes."""

    part: float = 0.0
    size: int = 0


def kept_for(text: str) -> float | None:
    """Seconds; None: forever.

    :raises BadRequest: it is no age.
    """
    return None if text.strip().lower() == FOREVER else parse_age(text)


def reserve(text: str) -> Reserve:
    """What `10%` or `2GiB` means.

    :raises BadRequest: it is neither.
    """
    if found := _PERCENT.fullmatch(text.strip()):
        return Reserve(part=float(found[1]) / 100)
    try:
        return Reserve(size=parse_size(text))
    except BadRequest as error:
        raise BadRequest(
            f"{visible(text[:40])!r} is neither a share nor a size", hint="for example 10% or 2GiB"
        ) from error


def check(settings: QuarantineSettings, where: str) -> None:
    """Whether all of it can be meant; `where` it is written, for the error.

    :raises BadRequest: the first that cannot.
    """
    for key, value, parse in _values(settings):
        try:
            parse(value)
        except BadRequest as error:
            raise BadRequest(f"{where} cannot be used: quarantine.{key}: {error}", hint=error.hint) from error
    if settings.max_delete < 0:
        raise BadRequest(
            f"{where} cannot be used: quarantine.max_delete is below 0",
            hint="for example 10000; 0 is no limit",
        )


def _values(settings: QuarantineSettings) -> Iterator[tuple[str, str, Callable[[str], object]]]:
    for kind, value in msgspec.structs.asdict(settings.keep).items():
        yield f"keep.{kind}", value, kept_for
    for key, value, parse in (
        ("max_size", settings.max_size, parse_size),
        ("min_free", settings.min_free, reserve),
        ("tmp", settings.tmp, kept_for),
    ):
        if value:
            yield key, value, parse
