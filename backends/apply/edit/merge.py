"""Three ways into one: what was last applied, what is there now, what the reference has."""

from collections.abc import Mapping
from difflib import unified_diff
from typing import NamedTuple, TypeVar

from backends.apply.told import Take
from backends.text import visible

T = TypeVar("T")


class Entry(NamedTuple):
    """One entry merged: what it is to be (None: not there), and whether both sides changed it differently.

    `kept`: the machine's own value stays, although the reference has another.
    """

    value: object
    kept: bool = False
    conflict: bool = False


class Text(NamedTuple):
    """A whole file merged."""

    content: bytes
    kept: bool = False
    conflict: bool = False


def merge_entries(
    base: Mapping[str, T] | None, mine: Mapping[str, T], reference: Mapping[str, T], take: Take = Take.NEITHER
) -> dict[str, Entry]:
    """What each entry of the base and of the reference is to be; those that only the machine has are its own.

    Without a base (nothing was applied yet) the reference wins.
    """
    names = dict.fromkeys([*reference, *(base or {})])
    return {name: _entry(name, base, mine.get(name), reference.get(name), take) for name in names}


def _entry(name: str, base: Mapping[str, T] | None, mine: T | None, reference: T | None, take: Take) -> Entry:
    if mine == reference or base is None or base.get(name) == mine:
        return Entry(reference)
    if base.get(name) == reference or take is Take.MINE:
        return Entry(mine, kept=True)
    return Entry(reference) if take is Take.REFERENCE else Entry(mine, conflict=True)


def merge_texts(base: bytes | None, mine: bytes | None, reference: bytes, take: Take = Take.NEITHER) -> Text:
    """What a file is to be; `mine` None: it is not there, `base` None: nothing was applied yet.

    Lines that only one side changed are taken from there. Where both changed the same lines differently the file stays
    as it is, with `conflict` set, or the side that `take` names wins there.
    """
    if mine is None or mine in (reference, base):
        return Text(reference)
    if base == reference:
        return Text(mine, kept=True)
    if base is None:
        return _taken(mine, reference, take)
    from merge3 import Merge3  # noqa: PLC0415 - for apply only

    merged: list[bytes] = []
    sides = [text.splitlines(keepends=True) for text in (base, mine, reference)]
    for group in Merge3(sides[0], sides[1], sides[2]).merge_groups():
        if group[0] != "conflict":
            merged += group[1]
        elif take is Take.NEITHER:
            return Text(mine, conflict=True)
        else:
            merged += group[2] if take is Take.MINE else group[3]
    content = b"".join(merged)
    return Text(content, kept=content != reference)


def _taken(mine: bytes, reference: bytes, take: Take) -> Text:
    if take is Take.REFERENCE:
        return Text(reference)
    return Text(mine, kept=take is Take.MINE, conflict=take is Take.NEITHER)


def difference(path: str, old: bytes | None, new: bytes | None, *, secret: bool = False) -> list[str]:
    """The lines of a unified diff with what would command a terminal made visible; a secret file's are not shown."""
    if old == new:
        return []
    if secret:
        return [f"{path}: differs (not shown: it holds a password)"]
    before, after = (path if side is not None else "/dev/null" for side in (old, new))
    return list(unified_diff(_shown(old), _shown(new), before, after, lineterm=""))


def _shown(content: bytes | None) -> list[str]:
    lines = (content or b"").decode("utf-8", "replace").split("\n")
    return [visible(line.replace("\t", "    ")) for line in (lines[:-1] if lines[-1] == "" else lines)]
