"""Several files changed together: all of them, or after a crash all or none; and changed back."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from secrets import token_hex

import msgspec

from backends.apply.checkpoint import places
from backends.apply.checkpoint.places import There, look
from backends.apply.checkpoint.store import Change, Checkpoint, Step, Store, Was
from backends.errors import BackendError, Missing

Hook = Callable[[str], None]


class New(msgspec.Struct, frozen=True):
    """What is to be at a path, and what of it the reference says (None: the reference says nothing of it)."""

    there: There
    base: bytes | None = None


def replace_all(
    store: Store, new: Mapping[Path, New], *, why: str, now: float, step: Hook = lambda _name: None
) -> int:
    """Change these files together; gives the number of the checkpoint before it. `step` is told each step's name.

    The store must be locked, and no broken-off change be in it (see `recover`).

    :raises BackendError: nothing has changed.
    """
    bases = {path: None if one.base is None else store.keep(one.base) for path, one in new.items()}
    return _change(store, {path: one.there for path, one in new.items()}, bases, why=why, now=now, step=step)


def recover(store: Store, step: Hook = lambda _name: None) -> str:
    """Finish or undo a change that was broken off; gives in a sentence what was done, or nothing."""
    change = store.change()
    if change is None:
        return ""
    if change.decided:
        _finish(store, change, step)
        return f"The change after checkpoint {change.number}, which was broken off, is finished"
    _undo(store, change)
    return f"The change after checkpoint {change.number}, which was broken off, is undone"


def roll_back(
    store: Store, number: int, *, now: float, why: str = "", step: Hook = lambda _name: None
) -> int:
    """Bring all files back to how they were at a checkpoint; gives the number of the checkpoint before that.

    :raises Missing: there is no such checkpoint.
    """
    since = _since(store, number)
    wanted = at_checkpoint(store, number)
    bases: dict[str, str | None] = {}
    for one in since:
        bases |= one.bases
    made = [Path(folder) for one in since for folder in one.folders]
    taken = _change(
        store,
        wanted,
        {Path(path): digest for path, digest in bases.items()},
        why=why or f"rollback to {number}",
        now=now,
        step=step,
    )
    for folder in sorted(made, reverse=True):
        if folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()
    return taken


def at_checkpoint(store: Store, number: int) -> dict[Path, There]:
    """How each file that was changed since a checkpoint was then.

    :raises Missing: there is no such checkpoint.
    """
    files: dict[str, Was] = {}
    for one in _since(store, number):
        files |= one.files
    return {Path(path): store.there(was) for path, was in files.items()}


def _since(store: Store, number: int) -> list[Checkpoint]:
    """That checkpoint and all after it, the latest first."""
    since = [one for one in store.history() if one.number >= number]
    if not since or since[-1].number != number:
        raise Missing(f"There is no checkpoint {number}", hint="`mailtui history` lists them")
    return since


def _change(
    store: Store,
    wanted: Mapping[Path, There],
    bases: Mapping[Path, str | None],
    *,
    why: str,
    now: float,
    step: Hook,
) -> int:
    number = _register(store, wanted, why, now)
    step("registered")
    steps = {
        str(path): Step(
            None if there.content is None else f".{path.name}.mailtui-{number}-{token_hex(6)}", bases[path]
        )
        for path, there in wanted.items()
    }
    change = Change(number=number, steps=steps)
    store.begin(change)
    step("begun")
    try:
        for path, there in wanted.items():
            if staged := steps[str(path)].staged:
                for folder in places.missing_folders(path):
                    folder.mkdir(mode=0o755)
                places.stage(path, staged, there)
                step(f"staged {path}")
        decided = msgspec.structs.replace(change, decided=True)
        store.begin(decided)
    except (BackendError, OSError):
        _undo(store, change)
        raise
    step("decided")
    _finish(store, decided, step)
    return number


def _register(store: Store, wanted: Mapping[Path, There], why: str, now: float) -> int:
    """Write down how everything is that the change touches."""
    known = store.bases()
    number = store.next_number()
    folders: Sequence[Path] = [
        folder
        for path, there in wanted.items()
        if there.content is not None
        for folder in places.missing_folders(path)
    ]
    store.record(
        Checkpoint(
            number=number,
            taken=now,
            why=why,
            files={str(path): store.was(look(path)) for path in wanted},
            bases={str(path): known.get(str(path)) for path in wanted},
            folders=tuple(dict.fromkeys(map(str, folders))),
        )
    )
    return number


def _finish(store: Store, change: Change, step: Hook) -> None:
    for path, one in change.steps.items():
        if one.staged is None:
            places.remove(Path(path))
        else:
            places.put(Path(path), one.staged)
        step(f"replaced {path}")
    store.set_bases({path: one.base for path, one in change.steps.items()})
    step("based")
    store.end()
    step("ended")


def _undo(store: Store, change: Change) -> None:
    for path, one in change.steps.items():
        if one.staged is not None:
            with suppress(BackendError):  # somebody else's by now; it is nothing that is read
                places.remove(Path(path), one.staged)
    checkpoint = next((one for one in store.history() if one.number == change.number), None)
    for folder in sorted(checkpoint.folders if checkpoint else (), reverse=True):
        if Path(folder).is_dir() and not any(Path(folder).iterdir()):
            Path(folder).rmdir()
    store.forget(change.number)
    store.end()
