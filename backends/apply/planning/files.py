"""One managed file: what the reference says of it, merged with what is there and what was last applied."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from backends.apply.edit.aliases import aliases, with_aliases
from backends.apply.edit.assignments import assignments, directives, with_assignments, with_directives
from backends.apply.edit.main_cf import parameters, with_parameters
from backends.apply.edit.master_cf import services, with_services
from backends.apply.edit.merge import Entry, merge_entries, merge_texts
from backends.apply.told import Take
from backends.reference.manifest import Kind


class Merged(NamedTuple):
    """What a file is to be. `kept` and `conflicts` name its entries, or the whole file by an empty name.

    `kept`: changed here, and left so. `conflicts`: changed both here and in the reference; left as they are here.
    """

    content: bytes
    kept: tuple[str, ...] = ()
    conflicts: tuple[str, ...] = ()


class _Grammar(NamedTuple):
    read: Callable[[bytes], Mapping[str, Any]]
    edit: Callable[[bytes, Any], bytes]
    absent: Any = None


_GRAMMARS: dict[Kind, _Grammar] = {
    "parameters": _Grammar(parameters, with_parameters),
    "services": _Grammar(services, with_services),
    "assignments": _Grammar(assignments, with_assignments),
    "directives": _Grammar(directives, with_directives, ()),
    "aliases": _Grammar(aliases, with_aliases),
}


def merged(
    kind: Kind,
    reference: bytes,
    mine: bytes | None,
    base: bytes | None,
    *,
    overrides: Mapping[str, str] | None = None,
    take: Take = Take.NEITHER,
) -> Merged:
    """The three in one. `mine` None: the file is not there; `base` None: nothing was applied to it yet.

    `overrides` are entries that the site decides: they win over both. An alias that is there before anything was
    applied stays: it is somebody's mail.
    """
    if kind == "whole":
        text = merge_texts(base, mine, reference, take)
        return Merged(text.content, ("",) if text.kept else (), ("",) if text.conflict else ())
    grammar = _GRAMMARS[kind]
    there = mine or b""
    now = grammar.read(there)
    wanted = {**grammar.read(reference), **(overrides or {})}
    before = None if base is None else grammar.read(base)
    if kind == "aliases" and before is None:
        before = {name: wanted[name] for name in wanted.keys() & now.keys()}
    entries = merge_entries(before, now, wanted, take)
    entries |= {name: Entry(value) for name, value in (overrides or {}).items()}
    settled = {name: grammar.absent if one.value is None else one.value for name, one in entries.items()}
    return Merged(
        grammar.edit(there, settled),
        tuple(name for name, one in entries.items() if one.kept),
        tuple(name for name, one in entries.items() if one.conflict),
    )


def reference_alone(
    kind: Kind, reference: bytes, mine: bytes | None, overrides: Mapping[str, str] | None = None
) -> bytes:
    """The file without what was changed here in what the reference speaks of."""
    if kind == "whole":
        return reference
    grammar = _GRAMMARS[kind]
    return grammar.edit(mine or b"", {**grammar.read(reference), **(overrides or {})})


def base_of(kind: Kind, reference: bytes, overrides: Mapping[str, str] | None = None) -> bytes:
    """What to remember as last applied."""
    if kind == "whole" or not overrides:
        return reference
    return _GRAMMARS[kind].edit(reference, dict(overrides))
