"""What an apply would change, before anything is: packages to install, files with their old and new content."""

import grp
import pwd
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

import msgspec

from backends.apply.checkpoint.places import There, look
from backends.apply.edit.merge import difference
from backends.apply.machine.facts import Facts
from backends.apply.planning.files import base_of, merged, reference_alone
from backends.apply.told import Take
from backends.errors import Missing
from backends.reference.manifest import Change, ManagedFile, changes_of, load
from backends.reference.render import applies, render
from backends.reference.values import Values

MAIN_CF = "/etc/postfix/main.cf"


class FilePlan(msgspec.Struct, frozen=True):
    """One file: how it is, how it is to be, and what is remembered as applied (None: nothing any more).

    `kept` and `conflicts` are as in `backends.apply.planning.files.Merged`; `decided` are entries in which the site overrides
    the reference; `reference` is the file as it would be without what was changed here.
    """

    component: str
    file: ManagedFile
    old: There
    new: There
    base: bytes | None
    kept: tuple[str, ...] = ()
    conflicts: tuple[str, ...] = ()
    decided: tuple[str, ...] = ()
    reference: bytes = b""

    @property
    def changed(self) -> bool:
        return self.old != self.new

    @property
    def diff(self) -> list[str]:
        """The lines of a unified diff, without those that a password stands in; then what else of it changes.

        Of a conflict: what the reference would make of it.
        """
        after = self.reference if self.conflicts else self.new.content
        lines = difference(self.file.path, self.old.content, after, secret=self.file.secret)
        if None not in {self.old.content, self.new.content}:
            if self.old.mode != self.new.mode:
                lines.append(f"mode {self.old.mode:04o} becomes {self.new.mode:04o}")
            if (self.old.uid, self.old.gid) != (self.new.uid, self.new.gid):
                lines.append(f"owner becomes {self.file.owner}:{self.file.group}")
        return lines


class Plan(msgspec.Struct, frozen=True):
    """`waiting`: components whose packages must be installed before their files can be planned."""

    packages: tuple[str, ...]
    waiting: tuple[str, ...]
    files: tuple[FilePlan, ...]

    @property
    def in_sync(self) -> bool:
        """Whether nothing would change."""
        return not self.packages and not any(one.changed for one in self.files)

    @property
    def conflicts(self) -> list[FilePlan]:
        return [one for one in self.files if one.conflicts]

    @property
    def services(self) -> dict[str, Change]:
        """What must be reloaded or restarted, for the files that change."""
        return changes_of(one.file for one in self.files if one.changed)


class Sides(NamedTuple):
    """What a file's reference is compared with."""

    facts: Facts
    base: Callable[[str], bytes | None]
    overrides: Mapping[str, str]
    take: Take
    root: Path


def planned(
    values: Values,
    facts: Facts,
    base: Callable[[str], bytes | None],
    *,
    overrides: Mapping[str, str] | None = None,
    take: Take = Take.NEITHER,
    root: Path = Path("/"),
) -> Plan:
    """Compare a machine with the reference; `base` gives what was last applied to a path.

    `overrides` are main.cf parameters that the site decides. Files are looked at below `root`.

    :raises Refused: something else than a file is in the place of one.
    :raises Missing: a file's owner or group is not there.
    """
    packages: list[str] = []
    waiting: list[str] = []
    files: list[FilePlan] = []
    for component in load(values.release):
        if not applies(component.when, values):
            continue
        missing = [name for name in component.packages if name not in facts.packages]
        packages += missing
        if missing:
            waiting.append(component.name)
            continue
        rendered = render(component, values)
        sides = Sides(facts, base, overrides or {}, take, root)
        for file in component.files:
            if file.path in rendered:
                files.append(_file(component.name, file, rendered[file.path], sides))
            elif (gone := _gone(component.name, file, sides)) is not None:
                files.append(gone)
    return Plan(tuple(dict.fromkeys(packages)), tuple(waiting), tuple(files))


def _file(component: str, file: ManagedFile, reference: bytes, sides: Sides) -> FilePlan:
    old = look(sides.root / file.path.lstrip("/"))
    decided = sides.overrides if file.path == MAIN_CF else {}
    base = sides.base(file.path)
    untouched = old.content is not None and sides.facts.pristine(file.path, old.content)
    if file.kind == "whole" and base is None and untouched:
        base = old.content
    mine = None if file.ours else old.content
    result = merged(file.kind, reference, mine, base, overrides=decided, take=sides.take)
    new = There(result.content, _user(file.owner), _group(file.group), file.mode)
    return FilePlan(
        component,
        file,
        old,
        new,
        base_of(file.kind, reference, decided),
        result.kept,
        result.conflicts,
        tuple(decided),
        reference_alone(file.kind, reference, old.content, decided),
    )


def _gone(component: str, file: ManagedFile, sides: Sides) -> FilePlan | None:
    """A file that was applied and is not asked for any more: it goes, unless it was changed here."""
    base = sides.base(file.path)
    if base is None:
        return None
    old = look(sides.root / file.path.lstrip("/"))
    kept = ("",) if old.content not in {None, base} else ()
    return FilePlan(component, file, old, old if kept else There(), None, kept)


def _user(name: str) -> int:
    try:
        return pwd.getpwnam(name).pw_uid
    except KeyError as error:
        raise Missing(f"There is no user {name}", hint="install the package that makes it again") from error


def _group(name: str) -> int:
    try:
        return grp.getgrnam(name).gr_gid
    except KeyError as error:
        raise Missing(f"There is no group {name}", hint="install the package that makes it again") from error
