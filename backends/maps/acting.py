"""A table's source changed on a copy: built, compared, put in its place with its index, and asked again."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from glob import escape
from pathlib import Path
from secrets import token_hex

from backends.apply.checkpoint.change import New, recover, replace_all
from backends.apply.checkpoint.places import There, explained, look
from backends.apply.checkpoint.store import Store
from backends.errors import BadRequest, Failed, Missing, Refused
from backends.files import sync_folder
from backends.maps.blocks import opened, unreadable
from backends.maps.check import KEY, index_of, stale
from backends.maps.hiding import hides, unquoted
from backends.maps.kinds import HIDDEN, INDEX, PATTERNS
from backends.maps.programs import Programs, complaints
from backends.maps.reading import must_have_entries
from backends.maps.safe import must_be_safe
from backends.maps.values import Change, Done, Table
from backends.runner import Result
from backends.text import visible

RELOAD = "processes that run read it when they start anew; for it to count at once: postfix reload"


def source(table: Table) -> There:
    """The source as it is.

    :raises BadRequest: the table has none that could be changed.
    :raises Missing: it is not there.
    """
    must_have_entries(table)
    try:
        there = look(Path(table.path))
    except OSError as error:
        raise unreadable(Path(table.path), error) from error
    if there.content is None:
        raise Missing(f"{table.path} is not there", hint=f"begin it: touch {table.path}")
    return there


def notes(table: Table) -> tuple[str, ...]:
    """What comes of changing a table besides the change."""
    if stale(table) and Path(f"{table.path}{INDEX[table.type]}").exists():
        return ("the index is older than the source: what was changed before takes effect as well",)
    return ()


def carry_out(
    programs: Programs, store: Store, change: Change, now: float, hook: Callable[[str], None] = lambda _: None
) -> Done:
    """Put a planned change in place.

    :raises Refused: the file is not the planned one any more, or Postfix would complain of the new one.
    :raises Failed: it was changed, but does not answer as it should.
    """
    table, path = change.table, Path(change.table.path)
    must_be_safe(path)
    with store.locked():
        recover(store)
        _sweep(path)
        there = source(table)
        if there.content != change.before:
            raise Refused(
                f"{path} was changed by somebody else meanwhile: nothing was done",
                hint="look at it, and do it again",
            )
        with _copy(path, change.after) as copy:
            _must_be_good(programs, change, copy, path)
            hook("checked")
            number = replace_all(
                store,
                {path: New(There(change.after, there.uid, there.gid, there.mode), base=change.after)},
                why=f"{change.action} {visible(change.key)}".strip() + f" in {table.name}",
                now=now,
                step=hook,
            )
            _put_index(table, copy, there)
    if different := wrong(programs, change, table.name):
        raise Failed(
            f"{table.name} was changed, but does not answer as it should: {different}",
            hint=f"take it back: mailtui maps undo {number}",
        )
    return Done(table.name, change.action, number, () if table.type in INDEX else (RELOAD,))


def rebuild(programs: Programs, store: Store, table: Table, *, fewer: bool = False) -> Done:
    """Build a table's index from its source, beside the old one, and put it in its place.

    :raises BadRequest: it is not one that is built.
    :raises Refused: the new one has fewer entries than the old one, and `fewer` was not said.
    """
    index, path = index_of(table), Path(table.path)
    if index is None:
        raise BadRequest(
            f"{visible(table.name)} is not built: {table.type}: has no index",
            hint="Postfix reads it as it is",
        )
    must_be_safe(path)
    with store.locked(), opened(path) as file:
        _sweep(path)
        before = os.fstat(file.fileno())
        with _copy(path, None) as copy:
            with copy.open("wb") as target:
                shutil.copyfileobj(file, target, 1 << 20)
            said = _shown(table, complaints(_build(programs, table, copy)))
            new = _count(programs, f"{table.type}:{copy}")
            old = _count(programs, table.name) if index.exists() else 0
            if new < old and not fewer:
                raise Refused(
                    f"{table.name} holds {old:,} entries now, and would hold {new:,}: nothing was done",
                    hint="see which ones are missing from its source: postmap -s; then say --fewer",
                )
            after = path.stat()
            if (before.st_mtime_ns, before.st_size, before.st_ino) != (
                after.st_mtime_ns,
                after.st_size,
                after.st_ino,
            ):
                raise Refused(f"{path} was changed meanwhile: nothing was done", hint="do it again")
            there = There(None, before.st_uid, before.st_gid, before.st_mode & 0o7777)
            _put_index(table, copy, there)
    return Done(
        table.name,
        "rebuild",
        None,
        (f"{new:,} entries, {old:,} before", *(_placed(one, copy, path) for one in said)),
    )


@contextmanager
def _copy(path: Path, content: bytes | None) -> Iterator[Path]:
    """A copy beside the file, which goes with its index at the end; readable by its maker alone."""
    copy = path.with_name(f".{path.name}.mailtui-{token_hex(6)}")
    try:
        handle = os.open(copy, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise explained(path, error) from error
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content or b"")
        yield copy
    except OSError as error:
        raise explained(path, error) from error
    finally:
        for ending in ("", *set(INDEX.values())):
            Path(f"{copy}{ending}").unlink(missing_ok=True)


def _sweep(path: Path) -> None:
    """Remove copies that an act left which was broken off; whoever holds the lock has none yet."""
    for left in path.parent.glob(f".{escape(path.name)}.mailtui-*"):
        left.unlink(missing_ok=True)


def _build(programs: Programs, table: Table, copy: Path) -> Result:
    """
    :raises Failed: it cannot be built.
    """
    tool = "postalias" if table.alias else "postmap"
    result = programs.build(tool, f"{table.type}:{copy}", size=copy.stat().st_size, discreet=hides(table))
    if result.code != 0:
        complaint = _shown(table, complaints(result)[-1:] or [result.complaint])[0]
        said = _placed(visible(complaint), copy, Path(table.path))
        raise Failed(
            f"{table.name} cannot be built: {said}",
            hint=f"see what is wrong with it: mailtui maps lint {table.path}",
        )
    return result


def _complaints(programs: Programs, table: Table, copy: Path) -> list[str]:
    """What Postfix says of a copy, which is built where that is needed."""
    if table.type in INDEX:
        return complaints(_build(programs, table, copy))
    return complaints(programs.ask(f"{table.type}:{copy}", [KEY], discreet=hides(table)))


def _shown(table: Table, said: list[str]) -> list[str]:
    hidden = hides(table)
    return [visible(unquoted(one) if hidden else one) for one in said]


def _must_be_good(programs: Programs, change: Change, copy: Path, path: Path) -> None:
    """
    :raises Refused: Postfix complains of the copy, and not of the file as it is, or it does not answer as planned.
    """
    table = change.table
    said = [_placed(one, copy, path) for one in _complaints(programs, table, copy)]
    if said:
        with _copy(path, change.before) as old:
            known = {_unnumbered(_placed(one, old, path)) for one in _complaints(programs, table, old)}
        said = [one for one in said if _unnumbered(one) not in known]
    if said:
        raise Refused(
            f"Postfix would complain: {_shown(table, said)[0]}",
            hint="nothing was changed; correct it, and do it again",
        )
    if different := wrong(programs, change, f"{table.type}:{copy}"):
        raise Refused(
            f"The changed table would not answer as planned: {different}", hint="nothing was changed"
        )


def wrong(programs: Programs, change: Change, table: str) -> str:
    """How the answer for the changed key differs from what was wanted; empty: it does not, or no key was named."""
    if not change.key or change.table.type in PATTERNS:
        return ""
    result = programs.ask(table, [change.key], discreet=change.hidden)
    found = result.stdout.decode("utf-8", "surrogateescape").partition("\t")[2].removesuffix("\n")
    if said := complaints(result):
        return visible(unquoted(said[-1]) if change.hidden else said[-1])
    shown = HIDDEN if change.hidden else repr(visible(found))
    if change.value is None:
        return f"{visible(change.key)} still gives {shown}" if found else ""
    if found != change.value.strip() and not (change.table.alias and found):
        return f"{visible(change.key)} gives {shown}"
    return ""


def _put_index(table: Table, copy: Path, there: There) -> None:
    """Put a built index in its place, with the owner and mode of the old one or else of the source."""
    index = index_of(table)
    if index is None:
        return
    built = Path(f"{copy}{INDEX[table.type]}")
    try:
        old = index.lstat()
        uid, gid, mode = old.st_uid, old.st_gid, old.st_mode & 0o777
    except FileNotFoundError:
        uid, gid, mode = there.uid, there.gid, there.mode
    with built.open("rb") as file:
        os.fchown(file.fileno(), uid, gid)
        os.fchmod(file.fileno(), mode)
        os.utime(file.fileno())
        os.fsync(file.fileno())
    built.rename(index)
    sync_folder(index.parent)


def _count(programs: Programs, name: str) -> int:
    """How many entries an index has, without those that postalias adds; 0: it cannot be read."""
    rest, count = b"", 0
    try:
        for chunk in programs.contents(name):
            *lines, rest = (rest + chunk).split(b"\n")
            count += sum(not line.startswith((b"YP_", b"@\t")) for line in lines)
    except Failed:
        return 0
    return count


def _placed(said: str, copy: Path, path: Path) -> str:
    return said.replace(str(copy), str(path))


def _unnumbered(said: str) -> str:
    head, line, rest = said.partition(", line ")
    return f"{head}: {rest.partition(': ')[2]}" if line else said
