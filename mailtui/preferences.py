"""How a user likes the console: `~/.config/mailtui/config.toml`, and the environment, which wins over it."""

import os
import re
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from backends.errors import BadRequest
from backends.text import parse_age, visible

LIMIT = 1 << 16  # bytes
LEAST = 0.5  # s between two refreshes
EXAMPLES = {
    "theme": 'theme = "mailtui-16"',
    "interval": 'interval = "10s"',
    "plain": "plain = true",
    "read_only": "read_only = true",
    "pane": 'pane = "4"',
    "keys": '[keys]\n"queue.hold" = "ctrl+h"',
}
_NAMES = ("theme", "interval", "plain", "read_only", "pane")
_WORDS = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}


class Preferences(msgspec.Struct, frozen=True):
    """What was chosen; None and empty: nothing. `wrong`: what cannot be meant, a sentence with an example each."""

    theme: str = ""
    interval: float | None = None
    plain: bool = False
    read_only: bool = False
    pane: str = ""
    keys: Mapping[str, str] = {}
    wrong: tuple[str, ...] = ()


def config_file(environment: Mapping[str, str] = os.environ) -> Path | None:
    """Where the file is; None: this user has no home."""
    folder, home = environment.get("XDG_CONFIG_HOME", ""), environment.get("HOME", "")
    if folder.startswith("/"):
        return Path(folder, "mailtui", "config.toml")
    return Path(home, ".config", "mailtui", "config.toml") if home.startswith("/") else None


def preferences(environment: Mapping[str, str] = os.environ) -> Preferences:
    """What the file says and the environment decides; whatever is wrong with either is left out, and named."""
    found: dict[str, Any] = {}
    wrong: list[str] = []
    path = config_file(environment)
    if path is not None:
        try:
            said = _read(path)
        except (BadRequest, OSError) as error:
            wrong.append(f"{visible(str(path))} is not used: {_why(error)}")
        else:
            _take(said, visible(str(path)), found, wrong)
    if environment.get("NO_COLOR"):
        found.pop("theme", None)
    named = {
        name: environment[f"MAILTUI_{name.upper()}"]
        for name in _NAMES
        if environment.get(f"MAILTUI_{name.upper()}")
    }
    _take(named, "the environment", found, wrong, typed=True)
    return Preferences(**found, wrong=tuple(wrong))


def _read(path: Path) -> Mapping[str, Any]:
    """The file's content, where nobody but this user and root can have written it; nothing where it is not there.

    :raises BadRequest: somebody else can, or it is no TOML.
    """
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError):
        return {}
    with os.fdopen(handle, "rb") as file:
        there = os.fstat(handle)
        if not stat.S_ISREG(there.st_mode):
            raise BadRequest("it is not a plain file", hint="make it one")
        if there.st_uid not in {0, os.geteuid()}:
            raise BadRequest("it belongs to another user", hint="with sudo, use sudo -H")
        if there.st_mode & 0o022:
            raise BadRequest("others can write it", hint=f"chmod go-w {path}")
        content = file.read(LIMIT + 1)
    if len(content) > LIMIT:
        raise BadRequest(f"it is larger than {LIMIT >> 10} kB", hint="make it smaller")
    try:
        said: dict[str, Any] = msgspec.toml.decode(content)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise BadRequest(visible(str(error))[:200], hint=f"for example {EXAMPLES['theme']}") from error
    return said


def _take(
    said: Mapping[str, Any], where: str, found: dict[str, Any], wrong: list[str], *, typed: bool = False
) -> None:
    """Add what is said to what was found; what cannot be meant is named instead."""
    for name, value in said.items():
        if name not in EXAMPLES:
            known = ", ".join(EXAMPLES)
            wrong.append(f"{where}: there is no setting {visible(name)[:40]!r}, only {known}")
            continue
        try:
            found[name] = _keys(value, where, wrong) if name == "keys" else _value(name, value, typed=typed)
        except BadRequest as error:
            wrong.append(f"{where}: {name} {error}; for example {EXAMPLES[name]}")


def _keys(value: Any, where: str, wrong: list[str]) -> dict[str, str]:
    """The keys that are text, by their names, also where a name was written without quotation marks; others are named.

    :raises BadRequest: there are no keys at all.
    """
    if not isinstance(value, dict):
        _no(visible(str(value))[:40])
    named: dict[str, Any] = {}
    for name, one in value.items():
        named |= (
            {f"{name}.{last}": key for last, key in one.items()} if isinstance(one, dict) else {name: one}
        )
    for name in [name for name, key in named.items() if not isinstance(key, str)]:
        shown = f"{visible(name)[:60]} cannot be {visible(str(named.pop(name)))[:40]!r}"
        wrong.append(f"{where}: [keys]: {shown}; for example {EXAMPLES['keys'].splitlines()[1]}")
    return named


def _value(name: str, value: Any, *, typed: bool) -> Any:
    """
    :raises BadRequest: it cannot be meant.
    """
    shown = visible(str(value))[:40]
    match name:
        case "interval":
            return (
                interval(str(value))
                if isinstance(value, str | int | float) and value is not True
                else _no(shown)
            )
        case "plain" | "read_only":
            chosen = _WORDS.get(str(value).lower()) if typed else value
            return chosen if isinstance(chosen, bool) else _no(shown)
        case _:
            return (
                str(value)
                if isinstance(value, str) or (name == "pane" and type(value) is int)
                else _no(shown)
            )


def _no(shown: str) -> None:
    raise BadRequest(f"cannot be {shown!r}", hint="")


def interval(text: str) -> float:
    """Seconds between two refreshes, with or without their unit, at least half a second.

    :raises BadRequest: it is no such span of time.
    """
    typed = text.strip()
    seconds = parse_age(f"{typed}s" if re.search(r"\d$", typed, re.ASCII) else typed)
    if seconds < LEAST:
        raise BadRequest("less than half a second", hint="for example 1s")
    return seconds


def _why(error: BadRequest | OSError) -> str:
    if isinstance(error, BadRequest):
        return f"{error}; {error.hint}" if error.hint else str(error)
    return error.strerror or str(error)
