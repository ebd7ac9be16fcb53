"""The Maildir that mailboxes are imported into: found, opened by a safe way, made by its owner, and its room."""

import os
import pwd
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from backends import way
from backends.errors import BadRequest, Missing, NotPermitted, Refused
from backends.text import visible
from backends.workers import Job, Owner, Stop, each


class Target(msgspec.Struct, frozen=True):
    """A Maildir: its path, its handle (of the folder above where it is still to be made), whose it is.

    `user`: who reads it as `~/Maildir`, empty where nobody does so.
    """

    path: Path
    handle: int
    owner: Owner
    user: str
    is_there: bool

    @property
    def block(self) -> int:
        """Bytes that files take up at a time."""
        return os.fstatvfs(self.handle).f_frsize

    @property
    def free(self) -> int:
        """Bytes that the owner may still use on its file system."""
        found = os.fstatvfs(self.handle)
        return found.f_bavail * found.f_frsize

    @property
    def free_files(self) -> int | None:
        """Files that can still be made there; None where that has no limit."""
        found = os.fstatvfs(self.handle)
        return found.f_favail if found.f_files else None


@contextmanager
def target_at(path: Path, user: str, *, really: bool) -> Iterator[Target]:
    """The Maildir at a path, or where that is empty the user's `~/Maildir`; made if it is not there, and `really`.

    :raises BadRequest: there is no such user, or the path is not absolute.
    :raises Missing: the folder above it is not there.
    :raises NotPermitted: it is another user's.
    :raises Refused: the way to it is not safe.
    """
    account = _account(user) if user else None
    path = Path(account.pw_dir, "Maildir") if account is not None else path
    if not path.is_absolute() or ".." in path.parts or len(path.parts) < 2:
        raise BadRequest(
            f"{visible(str(path))} is not an absolute path", hint="for example /home/alice/Maildir"
        )
    handle = _folder(path, really=really)
    is_there = handle >= 0
    handle = handle if is_there else _folder(path.parent, really=True)
    try:
        found = os.fstat(handle)
        owner = Owner(found.st_uid, found.st_gid)
        if account is not None and owner.uid != account.pw_uid:
            raise Refused(
                f"{visible(str(path if is_there else path.parent))} does not belong to {user}",
                hint="chown it, or name the Maildir with --to",
            )
        if os.geteuid() not in {0, owner.uid}:
            raise NotPermitted(f"{visible(str(path))} belongs to another user", hint="run mailtui as root")
        yield Target(path, handle, owner, user or _reader(path, owner), is_there)
    finally:
        os.close(handle)


def _folder(path: Path, *, really: bool) -> int:
    """The handle of a folder; if `really` it is made first where it is not there; else -1 then."""
    shown = visible(str(path))
    try:
        return way.opened(path)
    except FileNotFoundError as error:
        if not really:
            return -1
        try:
            above = way.opened(path.parent)
        except FileNotFoundError:
            raise Missing(f"There is no folder {shown}", hint="make it first, for the right user") from error
    except NotADirectoryError as error:
        raise Refused(
            f"{shown} is no folder: perhaps maildrop has made an mbox of it",
            hint=f"move it away and import it: mv {shown} {shown}.mbox",
        ) from error
    except PermissionError as error:
        raise NotPermitted(f"The folder {shown} cannot be entered", hint="run mailtui as root") from error
    try:
        found = os.fstat(above)
        owner = Owner(found.st_uid, found.st_gid)
        each([Job(owner, lambda _: os.mkdir(path.name, 0o700, dir_fd=above))], type(None), Stop())
    finally:
        os.close(above)
    return way.opened(path)


def _account(user: str) -> pwd.struct_passwd:
    try:
        return pwd.getpwnam(user)
    except (KeyError, ValueError) as error:
        raise BadRequest(f"There is no user {visible(user)!r}", hint="see: getent passwd") from error


def _reader(path: Path, owner: Owner) -> str:
    """Whose `~/Maildir` it is; empty: nobody's."""
    for account in pwd.getpwall():
        if account.pw_uid == owner.uid and path == Path(account.pw_dir, "Maildir"):
            return account.pw_name
    return ""
