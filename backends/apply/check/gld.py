"""A staged gld.conf: gld itself complains of nothing, it passes over what it does not understand."""

import re

CONFIG = "/etc/gld.conf"
LONGEST = 1022
"""Bytes of a line that gld reads (a buffer of 1024); the rest would be a line of its own."""

TEXTS = (
    "CLIENTS",
    "USER",
    "GROUP",
    "DNSWL",
    "FACILITY",
    "MESSAGE",
    "SQLHOST",
    "SQLUSER",
    "SQLPASSWD",
    "SQLDB",
)
NUMBERS = ("PORT", "MAXCON", "MINTIME", "MXGREY", "KEEPDBOPEN")
SWITCHES = ("LOOPBACKONLY", "LIGHTGREY", "WHITELIST", "ERRACCEPT", "SYSLOG", "TRAINING")
FACILITIES = ("daemon", "mail", *(f"local{number}" for number in range(8)))
_TOLD = 5
_LINE = re.compile(rb"([A-Z]+)=(.*)", re.DOTALL)


def check_gld(content: bytes) -> list[str]:
    """What is wrong with a gld.conf, line by line; no value is told, one is the password."""
    found = []
    for number, line in enumerate(content.split(b"\n"), 1):
        if complaint := _of_line(line):
            found.append(f"{CONFIG}, line {number}: {complaint}")
    if content and not content.endswith(b"\n"):
        found.append(f"{CONFIG}: the last line has no end, gld would cut off its last character")
    return found[:_TOLD]


def _of_line(line: bytes) -> str:
    if len(line) > LONGEST:
        return f"longer than the {LONGEST} bytes that gld reads"
    if not line.strip() or line.lstrip().startswith(b"#"):
        return ""
    given = _LINE.fullmatch(line)
    if given is None:
        return "not KEY=value, in capitals and without spaces before `=`"
    key, value = given[1].decode(), given[2].decode("utf-8", "replace")
    if any(char < " " for char in value):
        return f"{key} holds a control character (a file with DOS line ends?)"
    return _of_value(key, value.strip())


def _of_value(key: str, value: str) -> str:
    numeric = value.isascii() and value.isdigit()
    if key in SWITCHES:
        return "" if value in {"0", "1"} else f"{key} is neither 0 nor 1"
    if key == "PORT":
        return "" if numeric and 0 < int(value) < 65536 else "PORT is not a port number"
    if key in NUMBERS:
        return "" if numeric else f"{key} is not a number"
    if key == "FACILITY":
        return "" if value in FACILITIES else f"FACILITY is none of {', '.join(FACILITIES)}"
    return "" if key in TEXTS else f"gld knows no {key}"
