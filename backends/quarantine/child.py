"""A process of its own that works in the quarantine folder as its owner: `python -m backends.quarantine.child`.

A console has threads, and a process with threads can neither fork nor give up its rights for one of them. The request
comes as a line of JSON on standard input, with a line for each message behind it; the answer goes to standard output
as workers.py says it. What only some requests need is imported for them: a filter asks several times a second.
"""

import gc
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import msgspec

from backends.errors import BadRequest
from backends.quarantine import opening
from backends.quarantine.folder import Folder, folder_at
from backends.quarantine.message import Header, Target
from backends.quarantine.names import ID_BITS
from backends.workers import Stop, become, catch, told


class Request(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is to be done in which folder; `methods` and `id_bits` say how amavis names, `work` where it works.

    `number`: of the run to undo, 0 the latest; `user` and `until`: who deletes, and how long it is kept.
    """

    op: Literal["list", "heads", "delete", "keep", "let-go", "undo", "trash", "empty", "apart"]
    folder: str
    methods: tuple[tuple[str, str], ...] = ()
    id_bits: int = ID_BITS
    work: str = ""
    number: int = 0
    user: str = ""
    until: float = 0.0


def written(request: Request, targets: Sequence[Target]) -> bytes:
    """The request as it is given to the process.

    :raises BadRequest: a path has a line break in it, which amavis's have not.
    """
    lines = [f"{one.inode}:{one.mtime}:{one.path}" for one in targets]
    text = "\n".join((*lines, "")).encode("utf-8", "surrogateescape")
    if text.count(b"\n") != len(lines):
        raise BadRequest("A path with a line break is none of amavis's", hint="see: mailtui quarantine list")
    return msgspec.json.encode(request) + b"\n" + text


def target_of(line: bytes) -> Target:
    """The message that a line of a request is about."""
    inode, mtime, path = line.split(b":", 2)
    return Target(path.decode("utf-8", "surrogateescape"), "", int(inode), int(mtime))


def main() -> int:
    """Do what standard input says."""
    gc.disable()  # it ends before that would pay
    stop = Stop()
    catch(stop)
    first, *lines = sys.stdin.buffer.read().split(b"\n")[:-1]
    request = msgspec.json.decode(first, type=Request)
    sys.stdout.buffer.write(told(lambda: _answer(request, lines, stop)))
    sys.stdout.buffer.flush()
    return 0


def _answer(request: Request, lines: Sequence[bytes], stop: Stop) -> object:
    """What is asked for."""
    with folder_at(Path(request.folder)) as folder:
        if request.op == "heads":
            return _heads(folder, lines)
        from backends.quarantine.working import Working  # noqa: PLC0415 - not for headers

        return Working(request, folder, [target_of(line) for line in lines], stop).answer()


def _heads(folder: Folder, lines: Sequence[bytes]) -> list[Header]:
    """The headers of messages; whoever asks reads others at the same time."""
    become(folder.owner)
    return opening.heads(folder.handle, map(target_of, lines))


if __name__ == "__main__":
    sys.exit(main())
