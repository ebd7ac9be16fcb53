"""Back to a checkpoint: all files as they were, with maps and services."""

from collections.abc import Collection

from backends.apply.checkpoint.change import Hook, at_checkpoint, roll_back
from backends.apply.checkpoint.places import look
from backends.apply.checkpoint.store import Store
from backends.apply.edit.merge import difference
from backends.apply.settle import Settling
from backends.apply.told import Applied, Event
from backends.errors import BackendError


def bring_back(
    store: Store,
    settling: Settling,
    number: int,
    *,
    now: float,
    down: Collection[str] = (),
    why: str = "",
    step: Hook = lambda _name: None,
) -> Applied:
    """Do it. The store must be locked. Services that were `down` before are stopped.

    :raises Missing: there is no such checkpoint.
    :raises BackendError: files cannot be brought back; all are as they were.
    """
    then = at_checkpoint(store, number)
    paths = {str(path) for path in then}
    gone = {str(path) for path, there in then.items() if there.content is None and path.exists()}
    ran = settling.running(down)
    retired = settling.retire(gone)
    changes = {name: change for name, change in settling.changes(paths).items() if name not in retired}
    owed = store.owed()
    store.owe({**owed, **changes})
    try:
        taken = roll_back(store, number, now=now, why=why, step=step)
    except BackendError:
        store.owe(owed)
        raise
    settling.build(one for one in settling.maps if one.path in paths)
    settling.read_units(paths)
    trouble = settling.serve_again(changes, down, ran - retired)
    for one in trouble:
        settling.tell(Event("service", one))
    store.owe({})
    return Applied(taken, len(paths), trouble=tuple(trouble))


def difference_to(store: Store, number: int, secret: frozenset[str]) -> list[str]:
    """What bringing all files back would change, as the lines of a diff; those of `secret` paths are not shown.

    :raises Missing: there is no such checkpoint.
    """
    lines: list[str] = []
    for path, then in sorted(at_checkpoint(store, number).items()):
        now = look(path)
        lines += difference(str(path), now.content, then.content, secret=str(path) in secret)
    return lines
