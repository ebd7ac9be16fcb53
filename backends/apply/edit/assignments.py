"""Files of one setting a line: `KEY=value` (gld.conf, /etc/default), or `Key value` where keys may come again."""

import re
from collections.abc import Iterable, Mapping, Sequence

_ASSIGNMENT = re.compile(r"\s*([A-Za-z_]\w*)=(.*)")
_DIRECTIVE = re.compile(r"\s*([A-Za-z]\w*)(?:\s+(.*))?")


def assignments(content: bytes) -> dict[str, str]:
    """Keys and values; of one given twice the last counts."""
    found = (_ASSIGNMENT.fullmatch(line) for line in _lines(content))
    return {match[1]: match[2] for match in found if match}


def with_assignments(content: bytes, wanted: Mapping[str, str | None]) -> bytes:
    """The file with these values; None takes one away. The last line ends with a line end, which gld needs."""
    lines = {name: () if value is None else (f"{name}={value}",) for name, value in wanted.items()}
    return _edited(content, _ASSIGNMENT, lines)


def directives(content: bytes) -> dict[str, tuple[str, ...]]:
    """Keys and all their values in order."""
    found: dict[str, tuple[str, ...]] = {}
    for line in _lines(content):
        if match := _DIRECTIVE.fullmatch(line):
            found[match[1]] = (*found.get(match[1], ()), (match[2] or "").strip())
    return found


def with_directives(content: bytes, wanted: Mapping[str, Sequence[str]]) -> bytes:
    """The file with exactly these values of these keys; none takes a key away."""
    lines = {name: [f"{name} {value}".rstrip() for value in values] for name, values in wanted.items()}
    return _edited(content, _DIRECTIVE, lines)


def _edited(content: bytes, pattern: re.Pattern[str], wanted: Mapping[str, Sequence[str]]) -> bytes:
    """The file with these lines for these keys, where the key stands first; at the end where it does not."""
    lines = _lines(content)
    keys = [match[1] if (match := pattern.fullmatch(line)) else None for line in lines]
    now = {name: [line for line, key in zip(lines, keys, strict=True) if key == name] for name in wanted}
    changed = {name: new for name, new in wanted.items() if [*new] != now[name]}
    if not changed:
        return content
    written: list[str] = []
    placed: set[str] = set()
    for line, key in zip(lines, keys, strict=True):
        if key is None or key not in changed:
            written.append(line)
        elif key not in placed:
            placed.add(key)
            written += changed[key]
    written += [line for name, new in changed.items() if name not in placed for line in new]
    return _joined(written)


def _lines(content: bytes) -> list[str]:
    lines = content.decode("utf-8", "surrogateescape").split("\n")
    return lines[:-1] if lines[-1] == "" else lines


def _joined(lines: Iterable[str]) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode("utf-8", "surrogateescape")
