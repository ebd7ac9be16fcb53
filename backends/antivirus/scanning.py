"""Having clamd look at a content: files, messages, and what a self-test is made of."""

import base64
import os
import re
import stat
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Protocol

from backends.antivirus.clamd import CHUNK
from backends.antivirus.conf import ClamdConf
from backends.antivirus.values import Finding, Scanned, Verdict
from backends.errors import BackendError, Failed, Missing, NotPermitted
from backends.text import size_text, visible

LONGEST = 120.0  # s that clamd may take when its configuration sets no limit
TRANSFER = 60.0  # s for bringing the content there
_FOUND = re.compile(r"stream: (?P<name>.+?)(?:\([0-9a-f]+:\d+\))? FOUND", re.DOTALL)
_CUT = ("Heuristics.Limits.Exceeded",)
_EICAR = ("X5O!P%@AP[4\\PZX54(P^)7CC)7}", "$EICAR-STANDARD-ANTIVIRUS-TEST-FILE", "!$H+H*")


class Scanner(Protocol):
    """What a content is streamed to: `Clamd`, where it is described."""

    def stream(self, chunks: Iterable[bytes], limit: int, patience: float) -> tuple[str | None, int]: ...


def scan(clamd: Scanner, conf: ClamdConf, name: str, chunks: Iterable[bytes]) -> Scanned:
    """What clamd says of a content; one that could not be read, or looked at, whole is not called clean.

    :raises BackendError: clamd does not answer.
    """
    started, trouble = time.monotonic(), list[BackendError]()
    content = _guarded(chunks, trouble)
    said, size = clamd.stream(content, conf.stream_limit, (conf.scan_time or LONGEST) + TRANSFER)
    verdict, signature, why = _understood(said, size, conf)
    if trouble and verdict != "infected":
        verdict, why = "unscanned", f"{trouble[0]}"
    return Scanned(name, verdict, signature, why, size, time.monotonic() - started)


def _understood(said: str | None, size: int, conf: ClamdConf) -> tuple[Verdict, str, str]:
    """Verdict, signature, and why it was not looked at whole."""
    if said is None or "size limit exceeded" in said:
        limit = f", {size_text(conf.stream_limit)}" if conf.stream_limit else ""
        why = f"it is larger than clamd's StreamMaxLength{limit}"
        return "unscanned", "", why
    if found := _FOUND.fullmatch(said):
        signature = visible(found["name"])[:200]
        if signature.startswith(_CUT):
            why = f"it goes beyond clamd's limits: {signature}"
            return "unscanned", "", why
        return "infected", signature, ""
    if not said.endswith(": OK"):
        why = f"clamd says: {visible(said)[:200]}"
        return "unscanned", "", why
    for most, directive in ((conf.file_limit, "MaxFileSize"), (conf.scan_limit, "MaxScanSize")):
        if most and size > most:
            why = f"clamd skips what is larger than its {directive}, {size_text(most)}"
            return "unscanned", "", why
    return "clean", "", ""


def of_file(path: Path) -> Iterator[bytes]:
    """The content of a file that somebody named.

    :raises BackendError: it cannot be read, or is no plain file.
    """
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    except PermissionError as error:
        raise NotPermitted(f"{path} cannot be read by this user", hint="run mailtui as root") from error
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise Missing(f"{path} cannot be read: {why}", hint="look what is there with ls -l") from error
    try:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise Failed(
                f"{path} is not a plain file", hint="name files; those of a folder: find DIR -type f"
            )
        while True:
            try:
                chunk = os.read(handle, CHUNK)
            except OSError as error:
                raise Failed(
                    f"{path} cannot be read: {error.strerror}", hint="look at the disk: dmesg"
                ) from error
            if not chunk:
                return
            yield chunk
    finally:
        os.close(handle)


def selftest(
    scanned: Callable[[str, Iterable[bytes]], Scanned], each: Callable[[Finding], None]
) -> list[Finding]:
    """Whether it finds the test virus of EICAR, plain and in a message, and nothing where there is nothing.

    `each` is told each finding.

    :raises BackendError: clamd does not answer.
    """
    eicar, findings = "".join(_EICAR).encode("ascii"), list[Finding]()
    for name, content, wanted in (
        ("EICAR test file", eicar, "infected"),
        ("EICAR in a message", _message(eicar), "infected"),
        ("a clean message", _message(b"nothing in here\n"), "clean"),
    ):
        found = scanned(name, [content])
        said = f"{found.verdict} in {found.seconds * 1000:.0f} ms"
        said = (
            f"{found.signature}, {said}"
            if found.signature
            else f"{said}{': ' if found.why else ''}{found.why}"
        )
        findings.append(_judged(name, found, wanted, said))
        each(findings[-1])
    return findings


def _guarded(chunks: Iterable[bytes], trouble: list[BackendError]) -> Iterator[bytes]:
    """The chunks up to what keeps more from coming, which is noted: it must not pass for clamd's trouble."""
    try:
        yield from chunks
    except BackendError as error:
        trouble.append(error)


def _judged(name: str, found: Scanned, wanted: str, said: str) -> Finding:
    if found.verdict == wanted and (wanted == "clean" or "eicar" in found.signature.lower()):
        return Finding(name, "good", said)
    if wanted == "clean":
        return Finding(
            name, "bad", said, "a signature hits what is harmless: see which, and leave its set out"
        )
    hint = "clamd has no official signatures, or ScanMail is off: mailtui av status; see clamd.conf"
    return Finding(name, "bad", said, hint)


def _message(content: bytes) -> bytes:
    """A message with this attached."""
    return (
        b"From: selftest@localhost\r\nTo: selftest@localhost\r\nSubject: mailtui selftest\r\nMIME-Version: 1.0\r\n"
        b'Content-Type: multipart/mixed; boundary="part"\r\n\r\n--part\r\nContent-Type: text/plain\r\n\r\n'
        b"A test of the virus scanner.\r\n--part\r\nContent-Type: application/octet-stream\r\n"
        b'Content-Disposition: attachment; filename="test.bin"\r\nContent-Transfer-Encoding: base64\r\n\r\n'
        + base64.encodebytes(content).replace(b"\n", b"\r\n")
        + b"--part--\r\n"
    )
