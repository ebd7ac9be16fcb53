"""Keys that a user has given other keys' work: checked against all bindings of the console before Textual gets them."""

import unicodedata
from collections.abc import Iterator, Mapping
from importlib import import_module
from pkgutil import walk_packages

from textual.binding import Binding
from textual.keys import KEY_NAME_REPLACEMENTS, KEY_TO_UNICODE_NAME, Keys, _character_to_key

from backends.text import visible

PARTS = ("mailtui.panes", "mailtui.screens", "mailtui.widgets")
SHARED = frozenset({"app", "pane", "table", "marks", "text", "histogram", "confirm"})
"""Groups whose keys work beside those of every other group, or must never be one with them."""
FIXED = frozenset({"confirm", "choose", "ask"})
"""Groups that answer questions: what confirms is never the key that asked."""
MODIFIERS = frozenset({"ctrl", "shift", "alt"})
_NAMED = frozenset(key.value for key in Keys)
EXAMPLE = 'for example "queue.hold" = "ctrl+h"'


def keymap(
    wanted: Mapping[str, str], bindings: Mapping[str, str] | None = None
) -> tuple[dict[str, str], list[str]]:
    """The keys as Textual takes them, by the ids of their bindings, and of those left out why; pure but for imports.

    A conflict is a key that would do two things where both can be reached.
    """
    known = dict(bindings if bindings is not None else known_keys())
    taken: dict[str, str] = {}
    wrong: list[str] = []
    for name, text in wanted.items():
        keys = [key.strip() for key in text.split(",")] if text != "," else [","]
        if name not in known:
            wrong.append(f"[keys]: there is nothing called {visible(name)[:60]!r}; {EXAMPLE}")
        elif _group(name) in FIXED:
            wrong.append(
                f"[keys]: {name} stays as it is: what answers a question is never the key that asked"
            )
        elif (bad := next((key for key in keys if not is_key(key)), None)) is not None:
            wrong.append(f"[keys]: {name}: there is no key {visible(bad)[:40]!r}; {EXAMPLE}")
        else:
            taken[name] = ",".join(_spelt(key) for key in keys)
    while conflict := _conflict(taken, known):
        name, other, key = conflict
        del taken[name]
        wrong.append(f"[keys]: {name} cannot be {key!r}, which is {other}: give that one another key as well")
    return taken, wrong


def is_key(text: str) -> bool:
    """Whether a terminal can send it: a character, `f5`, `ctrl+h`, or the name of a sign (`question_mark`)."""
    *before, last = text.split("+") if text != "+" else ["+"]
    if not MODIFIERS.issuperset(before) or len(set(before)) != len(before):
        return False
    if len(last) == 1:
        return last.isprintable() and last != " "
    if last in _NAMED:
        return True
    if last in KEY_TO_UNICODE_NAME or last in KEY_NAME_REPLACEMENTS.values():
        return True
    try:
        return _character_to_key(unicodedata.lookup(last.replace("_", " "))) == last
    except KeyError:
        return False


def known_keys() -> dict[str, str]:
    """The keys of every binding of the console by its id; whatever has bindings is imported for it."""
    found: dict[str, str] = {}
    for binding in _all():
        if binding.id:
            found.setdefault(binding.id, binding.key)
    return found


def _all() -> Iterator[Binding]:
    for name in ("mailtui.app", *(one for part in PARTS for one in _modules(part))):
        for value in vars(import_module(name)).values():
            if isinstance(value, type) and value.__module__ == name:
                yield from (one for one in vars(value).get("BINDINGS", ()) if isinstance(one, Binding))


def _modules(part: str) -> Iterator[str]:
    return (one.name for one in walk_packages(import_module(part).__path__, f"{part}."))


def _conflict(taken: Mapping[str, str], known: Mapping[str, str]) -> tuple[str, str, str] | None:
    """A changed binding, the one it is in conflict with, and their key; None: there is no conflict."""
    for name, text in reversed(list(taken.items())):
        keys = set(text.split(","))
        for other, default in known.items():
            if other == name or not _meet(_group(name), _group(other)):
                continue
            theirs = {_spelt(key) for key in taken.get(other, default).split(",")}
            before = {_spelt(key) for key in known[name].split(",")} & {
                _spelt(key) for key in default.split(",")
            }
            if both := (keys & theirs) - before:
                return name, other, min(both)
    return None


def _meet(one: str, other: str) -> bool:
    return one == other or one in SHARED or other in SHARED


def _group(name: str) -> str:
    return name.partition(".")[0]


def _spelt(key: str) -> str:
    """As App.set_keymap spells it: signs by their names."""
    *before, last = key.split("+") if key != "+" else ["+"]
    if len(last) == 1 and not last.isalnum():
        last = _character_to_key(last)
    return "+".join([*before, last])
