"""Text for people: hostile text made visible, and sizes, ages and times written and read in one way. Pure."""

import re
import time
import unicodedata

from backends.errors import BadRequest

ELLIPSIS = "…"
CHARS_PER_CELL = 8  # a letter with its accents
_BLANK = re.compile("[\u115f\u1160\u2800\u3164\uffa0]")
_AGE_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}
_NUMBER = r"(\d{1,15}(?:\.\d{1,6})?)"
_AGE_PART = rf"{_NUMBER}\s*([smhdw])\s*"
_SIZE = rf"{_NUMBER}\s*([kmgt]?)(?:i?b)?"


class _Visible(dict[int, str]):
    """What each character is shown as; filled as characters are met."""

    def __missing__(self, code: int) -> str:
        shown = self[code] = _shown(code)
        return shown


def _shown(code: int) -> str:
    char = chr(code)
    if char.isprintable() and not _BLANK.match(char):
        return char
    if code < 0x20 or code == 0x7F:
        return f"^{chr(code ^ 0x40)}"
    return " " if unicodedata.category(char) == "Zs" else f"<U+{code:04X}>"


_VISIBLE = _Visible()


def visible(text: str) -> str:
    """The text with everything that could command or confuse a terminal spelt out.

    Control characters become `^[` (DEL `^?`); C1 controls, bidirectional and other format characters, line
    separators, letters that show nothing, surrogates, private and unassigned code points become `<U+202E>`;
    foreign spaces plain ones.
    """
    plain = text.isprintable() and (text.isascii() or not _BLANK.search(text))
    return text if plain else text.translate(_VISIBLE)


def cells(text: str) -> int:
    """How many terminal cells visible text takes."""
    return len(text) if text.isascii() else sum(map(_cells, text))


def clip(text: str, width: int, ellipsis: str = ELLIPSIS) -> str:
    """Visible text in at most so many terminal cells, a one-cell ellipsis in place of what was cut."""
    most = max(width, 0) * CHARS_PER_CELL
    if len(text) <= most and cells(text) <= width:
        return text
    if width < 1:
        return ""
    room, end = width - 1, 0
    for char in text[:most]:
        room -= _cells(char)
        if room < 0:
            break
        end += 1
    return text[:end] + ellipsis


def size_text(size: int) -> str:
    """Bytes in at most five characters: 512, 1.4k, 12k, 3.0M (k is 1024)."""
    if size < 1024:
        return str(size)
    value, units = size / 1024, "kMGTPE"
    while value >= 1023.5 and len(units) > 1:
        value, units = value / 1024, units[1:]
    return f"{value:.1f}{units[0]}" if value < 9.95 else f"{value:.0f}{units[0]}"


def bytes_text(size: int) -> str:
    """Bytes in words, for a sentence: 512 bytes, 1.4 KiB, 3.0 MiB."""
    text = size_text(size)
    if text.isdigit():
        return "1 byte" if size == 1 else f"{size} bytes"
    return f"{text[:-1]} {text[-1].upper()}iB"


def age_text(seconds: float) -> str:
    """A span of time in at most five characters, rounded down: 90s, 21m, 3h, 2d; nothing is older than 9999d."""
    left = max(0, int(seconds))
    if left < 120:
        return f"{left}s"
    if left < 7200:
        return f"{left // 60}m"
    if left < 172_800:
        return f"{left // 3600}h"
    return f"{min(left // 86400, 9999)}d"


def time_text(epoch: float) -> str:
    """Epoch seconds as local date and time to the second; `-` for what no calendar has."""
    try:
        return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(epoch))
    except (OverflowError, ValueError, OSError):
        return "-"


def parse_age(text: str) -> float:
    """Seconds of `90s`, `45m`, `2h30m`, `1.5d`, `1w` or `0`.

    :raises BadRequest: it is none of these; so is another number alone, which one takes for days and the next for seconds.
    """
    plain = text.strip().lower()
    if plain == "0":
        return 0.0
    if re.fullmatch(_NUMBER, plain, re.ASCII):
        raise BadRequest(
            f"{plain[:40]} may be seconds or days",
            hint=f"say which: for example {plain[:9]}d or {plain[:9]}s",
        )
    if re.fullmatch(f"(?:{_AGE_PART})+", plain, re.ASCII):
        return sum(float(n) * _AGE_UNITS[unit] for n, unit in re.findall(_AGE_PART, plain, re.ASCII))
    raise BadRequest(f"{visible(text[:40])!r} is not an age", hint="for example 90s, 45m, 2h30m, 3d or 1w")


def parse_size(text: str) -> int:
    """Bytes of `1500`, `10k`, `1.5M` or `1MiB` (k is 1024).

    :raises BadRequest: it is none of these.
    """
    if found := re.fullmatch(_SIZE, text.strip().lower(), re.ASCII):
        return int(float(found[1]) * 1024 ** " kmgt".index(found[2] or " "))
    raise BadRequest(
        f"{visible(text[:40])!r} is not a size", hint="for example 1500 (bytes), 10k, 1.5M or 1GiB"
    )


def _cells(char: str) -> int:
    if unicodedata.category(char) in {"Mn", "Me"}:
        return 0
    return 2 if unicodedata.east_asian_width(char) in {"W", "F"} else 1


def messages_text(count: int) -> str:
    """`1 message`, `1,000 messages`."""
    return "1 message" if count == 1 else f"{count:,} messages"
