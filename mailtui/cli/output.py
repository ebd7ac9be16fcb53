"""The only place where the command line writes: lines of safe text, JSON, and notes on standard error."""

import os
import sys
from contextlib import suppress
from io import TextIOWrapper
from pathlib import Path
from typing import Any, TextIO

from backends.errors import BackendError
from backends.text import clip, visible

_PLAIN = str.maketrans({"●": "*", "✖": "X", "▲": "!", "○": "-", "…": "~", "–": "-", "└": "`"})


class Output:
    """Standard output and standard error of one run.

    Nothing reaches either that could command a terminal: a line is text without control characters, and JSON is
    ASCII. `columns` is the width of the terminal, or None where the output is no terminal; `plain` draws with ASCII.
    """

    def __init__(self) -> None:
        self._out = _usable(sys.stdout)
        self._err = _usable(sys.stderr)
        self.columns = _columns(self._out)
        self._passing = False
        self.plain = "utf" not in (self._out.encoding or "").lower()

    def line(self, text: str = "") -> None:
        """One line of text; clipped to the terminal's width only by whoever lays it out."""
        self._end_passing()
        text = visible(text)
        self._out.write((text.translate(_PLAIN) if self.plain else text) + "\n")

    def fitted(self, text: str) -> None:
        """One line of text, cut at the terminal's width."""
        self.line(text if self.columns is None else clip(visible(text), self.columns))

    def passing(self, text: str) -> None:
        """A line that the next one replaces; on a terminal only."""
        if self.columns is not None:
            self._out.write(f"\r{clip(visible(text), self.columns - 1)}\x1b[K")
            self._out.flush()
            self._passing = True

    def _end_passing(self) -> None:
        if self._passing:
            self._out.write("\r\x1b[K")
            self._passing = False

    def json(self, value: object, extra: bytes = b"") -> None:
        """One value as JSON on one line; `extra` are further members of an object, encoded."""
        self._out.write(_json(value, extra))

    def note(self, text: str) -> None:
        """One line for the person, on standard error: not part of what was asked for."""
        with suppress(BrokenPipeError):
            self._end_passing()
            self.flush()
        with suppress(OSError):
            self._err.write(visible(text) + "\n")
            self._err.flush()

    def complain(self, error: BackendError) -> None:
        """What went wrong, and what to do about it."""
        self.note(f"mailtui: {error}")
        self.note(f"  {error.hint}")

    def ask(self, text: str) -> None:
        """A question on standard error; the answer is typed behind it."""
        self._err.write(visible(text))
        self._err.flush()

    def flush(self) -> None:
        self._out.flush()

    def abandon(self) -> None:
        """Nobody reads standard output any more: let go of what is left of it."""
        try:
            nothing = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nothing, self._out.fileno())
            os.close(nothing)
        except (OSError, ValueError):
            return


def _json(value: object, extra: bytes) -> str:
    import msgspec  # noqa: PLC0415 - `--help` and text output of errors do without

    try:
        encoded = msgspec.json.encode(value)
        if not encoded.isascii():
            encoded = _ascii(msgspec.to_builtins(value))
    except UnicodeEncodeError:
        encoded = _ascii(msgspec.to_builtins(value))
    if extra:
        encoded = encoded[:-1] + b"," + extra + b"}"
    return encoded.replace(b"\x7f", rb"\u007f").decode("ascii") + "\n"


def _ascii(value: Any) -> bytes:
    import json  # noqa: PLC0415 - only text that is not ASCII needs it

    return json.dumps(value, separators=(",", ":")).encode("ascii")


def _usable(stream: TextIO | None) -> TextIO:
    if stream is None:  # closed before we began
        return _nowhere()
    if isinstance(stream, TextIOWrapper):
        stream.reconfigure(errors="backslashreplace")
    return stream


def _nowhere() -> TextIO:
    return Path(os.devnull).open("w", encoding="utf-8")


def _columns(stream: TextIO) -> int | None:
    """The width: as the variable COLUMNS says, else as the terminal does, at least 20."""
    try:
        if not stream.isatty():
            return None
        wanted = os.environ.get("COLUMNS", "")
        return max(
            20, int(wanted) if wanted.isdigit() else os.get_terminal_size(stream.fileno()).columns or 80
        )
    except (OSError, ValueError):
        return 80
