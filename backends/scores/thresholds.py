"""The levels in force, out of amavis's configuration: plain assignments of plain numbers are read, nothing is run. Pure.

Source: Amavis/Conf.pm 2.13: `$sa_tag_level_deflt` and its like, `@spam_tag_level_maps`, and the same in a policy bank.
"""

import re
from collections.abc import Iterable
from typing import Literal

import msgspec

from backends.amavis_files import without_comments
from backends.scores.told import Thresholds

Level = Literal["tag", "tag2", "kill"]
_DESTINY = re.compile(
    r"^[ \t]*(?:our[ \t]+)?\$final_spam_destiny[ \t]*=\s*D_(PASS|DISCARD|REJECT|BOUNCE)\s*;", re.MULTILINE
)
_DESTINED = re.compile(r"\bfinal_(?:spam_destiny|destiny(?:_maps)?_by_ccat)\b")
LEVELS: tuple[Level, ...] = ("tag", "tag2", "kill")
BANKS = 100
_NUMBER = r"[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d{1,3})?"
_ASSIGNED = re.compile(
    r"^[ \t]*(?:our[ \t]+)?(?:\$sa_(?P<level>tag2?|kill)_level_deflt|@spam_(?P<maps>tag2?|kill)_level_maps"
    r"|\$policy_bank\{\s*['\"](?P<bank>[\w.-]{1,100})['\"]\s*\})[ \t]*=(?!=)\s*",
    re.MULTILINE,
)
_NAMED = re.compile(r"\b(?:sa_(?:tag2?|kill)_level_deflt|spam_(?:tag2?|kill)_level_maps)\b(?!\s*[=!<>]=)")
"""A level that is named where it is not plainly set: pushed onto, set within a line, in a bank's own bank."""
_SIMPLE = re.compile(rf"(?P<value>undef|{_NUMBER}|'{_NUMBER}'|\"{_NUMBER}\")\s*;")
_OTHER = re.compile(r"\$sa_(tag2?|kill)_level_deflt\s*;")
_DEFAULT_MAPS = re.compile(r"\(\s*\\\$sa_(tag2?|kill)_level_deflt\s*\)\s*;")
_IN_BANK = re.compile(
    rf"['\"]?\bspam_(tag2?|kill)_level_maps['\"]?\s*=>\s*(?:\[\s*)?\\?(undef|{_NUMBER})?\s*\]?\s*(,|\}}|\Z)?"
)
_CLOSED = re.compile(r"^\s*\};|\};[ \t]*$", re.MULTILINE)


def parse(contents: Iterable[str]) -> tuple[Thresholds, ...]:
    """The levels of all other mail first, then of each policy bank that sets its own; files one after the other.

    Without any file those of amavis itself: no level is set, and nothing counts as spam.
    """
    contents = tuple(contents)
    base = Thresholds(tag=None, tag2=None, kill=None, destiny=_destiny(contents))
    banks: dict[str, str] = {}
    for content in contents:
        plain = without_comments(content)
        read = 0
        for found in _ASSIGNED.finditer(plain):
            if _NAMED.search(plain, read, found.start()):
                base = _changed(base, understood=False)
            rest = plain[found.end() : found.end() + 20_000]
            size = 0
            if found["bank"]:
                body = _body(rest)
                size = len(body)
                if len(banks) < BANKS:
                    banks[found["bank"]] = _uncommented(body)
            elif found["maps"]:
                match = _DEFAULT_MAPS.match(rest)
                size = match.end() if match else 0
                base = _changed(
                    base, understood=base.understood and bool(match and match[1] == found["maps"])
                )
            else:
                base, size = _assigned(base, found["level"], rest)
            read = max(read, found.end() + size)
        if _NAMED.search(plain, read):
            base = _changed(base, understood=False)
    own = (_bank(name, body, base) for name, body in banks.items())
    return (base, *(bank for bank in own if bank is not None))


def _destiny(contents: Iterable[str]) -> str:
    """The last one that is plainly set, `pass` where none is; empty: it is set by other means as well."""
    found = "pass"
    for content in contents:
        plain = without_comments(content)
        set_plainly = _DESTINY.findall(plain)
        if len(_DESTINED.findall(plain)) > len(set_plainly):
            return ""
        found = set_plainly[-1].lower() if set_plainly else found
    return found


def _assigned(base: Thresholds, level: str, rest: str) -> tuple[Thresholds, int]:
    """The levels with this one, and how much of the rest says it."""
    if match := _SIMPLE.match(rest):
        return _changed(base, **{level: _value(match["value"])}), match.end()
    if match := _OTHER.match(rest):
        return _changed(base, **{level: getattr(base, match[1])}), match.end()
    return _changed(base, understood=False), 0


def _bank(name: str, body: str, base: Thresholds) -> Thresholds | None:
    """What a policy bank sets; None: no level."""
    found = [(match[1], match[2], match[3]) for match in _IN_BANK.finditer(body)]
    if not found:
        return None
    bank = _changed(base, bank=name)
    for level, written, closed in found:
        plain = written is not None and closed is not None
        bank = _changed(bank, **({level: _value(written)} if plain else {"understood": False}))
    return bank


def _body(rest: str) -> str:
    end = _CLOSED.search(rest)
    return rest[: end.start() if end else len(rest)]


def _uncommented(body: str) -> str:
    return re.sub(r"#[^\n'\"]*$", "", body, flags=re.MULTILINE)


def _value(written: str) -> float | None:
    return None if written == "undef" else float(written.strip("'\""))


def _changed(levels: Thresholds, **changes: object) -> Thresholds:
    return msgspec.structs.replace(levels, **changes)
