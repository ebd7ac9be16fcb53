"""The state folder: contents by their digest, checkpoints by number, the base, and the change under way."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import TypeVar

import msgspec

from backends import files
from backends.apply.checkpoint.places import There, explained
from backends.errors import Failed
from backends.files import lock, read_bounded, replace

STATE = files.STATE / "apply"
KEPT = 50
LIMIT = 64 << 20
T = TypeVar("T")


class Was(msgspec.Struct, frozen=True):
    """What was at a path: the digest of its content (None: nothing was there), owner, group and mode."""

    digest: str | None = None
    uid: int = 0
    gid: int = 0
    mode: int = 0


class Checkpoint(msgspec.Struct, frozen=True, kw_only=True):
    """How all files that a change was about to touch were before it; `taken` in epoch seconds.

    `bases` are the digests of what had last been applied to them, `folders` those that were not there.
    """

    number: int
    taken: float
    why: str
    files: Mapping[str, Was]
    bases: Mapping[str, str | None]
    folders: tuple[str, ...] = ()


class Step(msgspec.Struct, frozen=True):
    """One file of a change: where it is staged (None: the file goes), and the digest of its base afterwards."""

    staged: str | None
    base: str | None


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """The change under way; once it is `decided` it is finished, before that it is undone."""

    number: int
    steps: Mapping[str, Step]
    decided: bool = False


class Unconfirmed(msgspec.Struct, frozen=True):
    """A change that is taken back unless it is confirmed: back to which checkpoint, and when (epoch seconds)."""

    number: int
    until: float


class Store:
    """Everything below one folder, which only root may look into."""

    def __init__(self, folder: Path = STATE) -> None:
        self._folder = folder

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Have the folder for oneself.

        :raises Refused: another mailtui has it.
        """
        with self._written(self._folder):
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            for name in ("objects", "checkpoints"):
                (self._folder / name).mkdir(exist_ok=True, mode=0o700)
        with lock(self._folder / "lock"):
            yield

    def keep(self, content: bytes) -> str:
        """Keep a content; gives its digest."""
        digest = sha256(content).hexdigest()
        path = self._folder / "objects" / digest
        if not path.exists():
            self._replace(path, content)
        return digest

    def kept(self, digest: str) -> bytes:
        """A content that was kept.

        :raises Failed: it is damaged or gone.
        """
        try:
            content = read_bounded(self._folder / "objects" / digest, LIMIT)
        except FileNotFoundError:
            content = b""
        if sha256(content).hexdigest() != digest:
            raise Failed(
                f"A content kept in {self._folder} is damaged or gone", hint="take the file from a backup"
            )
        return content

    def was(self, there: There) -> Was:
        """Keep what is at a path."""
        if there.content is None:
            return Was()
        return Was(self.keep(there.content), there.uid, there.gid, there.mode)

    def there(self, was: Was) -> There:
        """What `was` stands for."""
        if was.digest is None:
            return There()
        return There(self.kept(was.digest), was.uid, was.gid, was.mode)

    def history(self) -> list[Checkpoint]:
        """All checkpoints, the latest first."""
        found = [self._read(path, Checkpoint) for path in (self._folder / "checkpoints").glob("*.json")]
        return sorted((one for one in found if one), key=lambda one: one.number, reverse=True)

    def next_number(self) -> int:
        """The number that the next checkpoint gets."""
        return self.history()[0].number + 1 if self.history() else 1

    def record(self, checkpoint: Checkpoint) -> None:
        """Write a checkpoint, and let go of those beyond the newest fifty."""
        self._write(self._checkpoint(checkpoint.number), checkpoint)
        for old in self.history()[KEPT:]:
            self._checkpoint(old.number).unlink()

    def forget(self, number: int) -> None:
        """Let go of a checkpoint: the change behind it did not come to be."""
        self._checkpoint(number).unlink(missing_ok=True)

    def bases(self) -> dict[str, str]:
        """The digest of what was last applied, by path."""
        return self._read(self._folder / "bases.json", dict[str, str]) or {}

    def set_bases(self, bases: Mapping[str, str | None]) -> None:
        """Change some of them; None: nothing is applied to the path any more."""
        now = {**self.bases(), **bases}
        self._write(self._folder / "bases.json", {path: digest for path, digest in now.items() if digest})

    def remember(self, bases: Mapping[str, bytes | None]) -> None:
        """Files that are as applied already: what is to be remembered of them, where that is not known yet."""
        known = self.bases()
        wanted = {path: None if base is None else sha256(base).hexdigest() for path, base in bases.items()}
        new = {path: digest for path, digest in wanted.items() if known.get(path) != digest}
        for path in new:
            if (base := bases[path]) is not None:
                self.keep(base)
        if new:
            self.set_bases(new)

    def change(self) -> Change | None:
        """The change under way, if one was broken off."""
        return self._read(self._folder / "change.json", Change)

    def begin(self, change: Change) -> None:
        """Write down the change under way."""
        self._write(self._folder / "change.json", change)

    def end(self) -> None:
        """No change is under way any more; contents that nothing refers to go."""
        (self._folder / "change.json").unlink(missing_ok=True)
        referred = set(self.bases().values())
        for checkpoint in self.history():
            referred.update(was.digest for was in checkpoint.files.values() if was.digest)
            referred.update(digest for digest in checkpoint.bases.values() if digest)
        for path in (self._folder / "objects").iterdir():
            if path.name not in referred:
                path.unlink()

    def owed(self) -> dict[str, str]:
        """Services that have yet to be reloaded or restarted for files that were replaced, and which of it."""
        return self._read(self._folder / "owed.json", dict[str, str]) or {}

    def owe(self, services: Mapping[str, str]) -> None:
        """Write down what is owed to services; nothing: it was done."""
        if services:
            self._write(self._folder / "owed.json", services)
        else:
            (self._folder / "owed.json").unlink(missing_ok=True)

    def unconfirmed(self) -> Unconfirmed | None:
        """The change that waits to be confirmed, if one does."""
        return self._read(self._folder / "unconfirmed.json", Unconfirmed)

    def expect(self, unconfirmed: Unconfirmed | None) -> None:
        """Write down which change waits to be confirmed; None: no more."""
        if unconfirmed:
            self._write(self._folder / "unconfirmed.json", unconfirmed)
        else:
            (self._folder / "unconfirmed.json").unlink(missing_ok=True)

    def _checkpoint(self, number: int) -> Path:
        return self._folder / "checkpoints" / f"{number}.json"

    def _read(self, path: Path, kind: type[T]) -> T | None:
        try:
            return msgspec.json.decode(read_bounded(path, LIMIT), type=kind)
        except FileNotFoundError:
            return None
        except msgspec.MsgspecError as error:
            raise Failed(
                f"{path} is damaged: {error}", hint="move it away; files can be compared by hand"
            ) from error

    def _write(self, path: Path, value: object) -> None:
        self._replace(path, msgspec.json.encode(value))

    def _replace(self, path: Path, content: bytes) -> None:
        with self._written(path):
            replace(path, content)

    @contextmanager
    def _written(self, path: Path) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise explained(path, error) from error
