"""The header of a message, unfolded. Pure.

Text is UTF-8 where it can be read as such, otherwise Latin-1, line by line, so that no byte is lost.
"""

import re

HEADERS = 2000
LONGEST = 256 << 10
"""Bytes of a header in which lines are read; those behind are passed over."""

_BLANK = re.compile(rb"\n\r?(?:\n|\Z)")
_HEADER = re.compile(rb"([!-9;-~]+)[ \t]*:")

Header = tuple[str, str]
"""A name as written, and its value, unfolded."""


def split(contents: bytes) -> tuple[tuple[Header, ...], bytes]:
    """The header lines, as far as they are read, and the body; as in Postfix the header ends at the first line that is none."""
    found: list[tuple[str, list[str]]] = []
    at = 0
    while at < len(contents):
        if at >= LONGEST:
            blank = _BLANK.search(contents, at - 1)
            at = blank.end() if blank else len(contents)
            break
        end = contents.find(b"\n", at)
        end = len(contents) if end < 0 else end
        line = contents[at:end].rstrip(b"\r")
        if not line:
            at = end + 1
            break
        if line[:1] in b" \t" and found:
            found[-1][1].append(text(line).strip())
        elif (name := _HEADER.match(line)) and len(found) < HEADERS:
            found.append((name[1].decode(), [text(line[name.end() :]).strip()]))
        else:
            break
        at = end + 1
    return tuple((name, " ".join(filter(None, lines))) for name, lines in found), contents[at:]


def text(content: bytes) -> str:
    """UTF-8, or line by line UTF-8 or Latin-1."""
    try:
        return content.decode()
    except UnicodeDecodeError:
        if b"\n" not in content:
            return content.decode("latin-1")
    return "\n".join(text(line) for line in content.split(b"\n"))
