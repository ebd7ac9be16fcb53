"""The virus scanner as a host gives it."""

from collections.abc import Callable, Iterable
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from backends.antivirus import values as antivirus


class Antivirus(Protocol):
    """clamd, its signatures, and what fetches them. Every method may block, and may raise a BackendError."""

    def status(self, stop: Event | None = None) -> "antivirus.Status":
        """clamd, the files of signatures, freshclam, and what is wrong with them; what does not answer is told.

        Once `stop` is set nobody is waited for any more.
        """

    def databases(self) -> "tuple[antivirus.Database, ...]":
        """The files of signatures on disk, and whether clamd has them in memory.

        :raises Missing: there is no such folder.
        """

    def why_not(self) -> str:
        """Why this user may not fetch signatures; empty: that is permitted."""

    def update(
        self, tell: Callable[[str], None], stop: Event | None = None, *, third_party: bool = False
    ) -> "antivirus.Updated":
        """Fetch signatures now, and wait until clamd has loaded them; `tell` is told each line of freshclam.

        `third_party`: by clamav-unofficial-sigs instead.

        :raises NotPermitted: this user may not.
        :raises Refused: another freshclam is at work, or it was stopped.
        """

    def scan(self, name: str, chunks: Iterable[bytes], stop: Event | None = None) -> "antivirus.Scanned":
        """What clamd says of a content; a BackendError that the content raises is told as why it was not looked at.

        :raises NotAnswering: clamd does not answer.
        :raises Refused: it was stopped.
        """

    def scan_file(self, path: Path, stop: Event | None = None) -> "antivirus.Scanned":
        """What clamd says of a file of this machine."""

    def selftest(
        self, each: "Callable[[antivirus.Finding], None]", stop: Event | None = None
    ) -> "list[antivirus.Finding]":
        """Whether clamd finds the test virus of EICAR; `each` is told each finding."""

    def caught(self) -> "antivirus.Caught":
        """What the signatures have caught, by the mail log.

        :raises NotPermitted: this user may not read it.
        """
