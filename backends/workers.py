"""Work done in child processes: several at a time, as the user that owns the folder, and ended in good order.

What a child did comes back as a value through a pipe. A child that is told to stop finishes the file at hand and
says what it has done so far; so it does when its parent is gone. One that cannot is ended after GRACE, and so is one
that stands still.
"""

import fcntl
import gc
import os
import select
import signal
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from types import FrameType
from typing import NamedTuple, TypeVar

import msgspec

from backends import errors
from backends.errors import BackendError, Failed
from backends.standing import Standing

T = TypeVar("T")
GLANCE = 50  # ms between two looks at whether to stop
CHUNK = 1 << 20
GRACE = 10
"""Seconds for which a child that was told to stop may go on without a word."""

PR_SET_PDEATHSIG = 1
_WHOLE, _STOPPED, _RAISED = b"+", b"~", b"-"
"""What an answer begins with: all was done, or as much as was before a signal came, or an error."""
_encoder = msgspec.msgpack.Encoder()
SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class Owner(NamedTuple):
    """The user and group that a child becomes where it is started as root."""

    uid: int
    gid: int


class Stop:
    """Whether to stop, and by which signal it was asked for (0: not)."""

    def __init__(self) -> None:
        self.number = 0
        self._parent = 0

    def ask(self, number: int, _frame: FrameType | None = None) -> None:
        """A handler of signals."""
        self.number = number
        if self._parent:
            signal.alarm(GRACE)

    def in_child(self) -> None:
        """From now on it is a child's, and has its parent gone as a reason as well."""
        self._parent = os.getppid()
        catch(self)

    def asked(self) -> bool:
        """Whether to stop now."""
        if self._parent and os.getppid() != self._parent:
            self.number = self.number or signal.SIGHUP
        return self.number != 0


def catch(stop: Stop) -> None:
    """Have signals ask for a stop, but those that are ignored."""
    for number in SIGNALS:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, stop.ask)


@contextmanager
def stopping() -> Iterator[Stop]:
    """Signals ask for a stop until the end of the block."""
    before = {number: signal.getsignal(number) for number in SIGNALS}
    stop = Stop()
    catch(stop)
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class Job(NamedTuple):
    """What a child does, and as whom."""

    owner: Owner
    work: Callable[[Stop], object]


class _Trouble(msgspec.Struct, frozen=True):
    """An error of a child; `kind` is the name of a class in backends.errors, or empty for what nobody foresaw."""

    kind: str
    what: str
    hint: str = ""


class _Child(NamedTuple):
    pid: int
    pipe: int
    said: bytearray


class _Gone(NamedTuple):
    """What a child said, and why it did not end by itself, if it did not."""

    said: bytearray
    why: str


def count() -> int:
    """How many children are worth having: more than two do not make it faster."""
    return min(2, len(os.sched_getaffinity(0)))


def each(
    jobs: Sequence[Job], kind: type[T], stop: Stop, glance: Callable[[], object] | None = None
) -> list[T]:
    """The same as `outcomes`, where all of it counts or nothing.

    :raises BackendError: what a child raised; the others were waited for.
    :raises Failed: a child did not end well.
    """
    found = _worked(jobs, stop, glance)
    failed = [one for one in found if one.why or one.said.startswith(_RAISED)]
    if failed:  # what a child tells weighs more than that another was ended
        _given(min(failed, key=lambda one: one.why), kind)
    return [_given(child, kind) for child in found]


def outcomes(
    jobs: Sequence[Job], kind: type[T], stop: Stop, glance: Callable[[], object] | None = None
) -> list[T | BackendError]:
    """Do all jobs at the same time and give what each gave, or why it failed, in their order; `glance` is called all the
    while, and gives how far they are, or None.

    A child that somebody else told to stop, who may be its user, tells us to stop as well: its work is a part.
    """

    def outcome(child: _Gone) -> T | BackendError:
        try:
            return _given(child, kind)
        except BackendError as error:
            return error

    return [outcome(child) for child in _worked(jobs, stop, glance)]


def _worked(jobs: Sequence[Job], stop: Stop, glance: Callable[[], object] | None) -> list[_Gone]:
    """All children, when they are gone."""
    children: list[_Child] = []
    ended: dict[int, str] = {}
    try:
        for job in jobs:
            children.append(_start(job, stop, children))
        _collect(children, stop, glance, ended)
    finally:
        codes = [_gone(child) for child in children]
    if any(child.said.startswith(_STOPPED) for child in children):
        stop.number = stop.number or signal.SIGTERM
    return [_Gone(child.said, _why(child, code, ended)) for child, code in zip(children, codes, strict=True)]


def _why(child: _Child, code: int, ended: Mapping[int, str]) -> str:
    """Why a child did not end by itself, so that what it said is not all; nothing: it did."""
    if child.said.startswith(_RAISED):
        return ""
    if why := ended.get(child.pid):
        return f"{why}, and was ended"
    if code < 0:
        return f"was ended by signal {-code}"
    return "" if child.said and not code else "was ended without a word"


def _given(child: _Gone, kind: type[T]) -> T:
    """What a child gave.

    :raises BackendError: what it raised, or that it was ended.
    """
    if not child.why:
        return heard(child.said, kind)
    hint = "run it again; if it happens again, look for a lack of memory in the kernel's log"
    if child.why.endswith(", and was ended"):
        hint = "it runs as the owner of the folder, who can halt it: look what they run (ps -u), then run it again"
    raise Failed(f"A part of the work {child.why}", hint=hint)


def _start(job: Job, stop: Stop, others: Sequence[_Child]) -> _Child:
    source, sink = os.pipe()
    with suppress(OSError):  # of many pipes a user's are smaller
        fcntl.fcntl(source, fcntl.F_SETPIPE_SZ, CHUNK)
    before = signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)  # until the child can tell what they mean
    pid = os.fork()
    if pid:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        os.close(sink)
        return _Child(pid, source, bytearray())
    try:
        stop.in_child()
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        for handle in (source, *(other.pipe for other in others)):
            os.close(handle)
        _say(sink, _done(job, stop))
    finally:
        os._exit(0)


def _done(job: Job, stop: Stop) -> bytearray:
    """In the child: the job done, as what is said to the parent."""
    gc.disable()

    def work() -> object:
        import ctypes  # noqa: PLC0415 - in a child alone, before it is one who may not read Python's modules

        kernel = ctypes.CDLL(None)
        become(job.owner)
        kernel.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)  # becoming another user undoes it: prctl(2)
        return job.work(stop)

    try:
        said = told(work)
        if stop.number and said.startswith(_WHOLE):
            said[:1] = _STOPPED
        return said
    finally:
        signal.alarm(0)


def told(work: Callable[[], object]) -> bytearray:
    """What `work` gives or raises, as bytes for another process."""
    said = bytearray(_WHOLE)
    try:
        _encoder.encode_into(work(), said, 1)
        return said
    except BackendError as error:
        trouble = _Trouble(type(error).__name__, str(error), error.hint)
    except Exception as error:  # noqa: BLE001 - told to the parent, which raises it
        trouble = _Trouble("", f"{type(error).__name__}: {error}")
    return bytearray(_RAISED + _encoder.encode(trouble))


def become(owner: Owner) -> None:
    """Give root's rights up for the owner's, for good; other users are what they are."""
    os.umask(0o077)
    if os.geteuid() == 0 and owner.uid != 0:
        os.setgroups([])
        os.setresgid(owner.gid, owner.gid, owner.gid)
        os.setresuid(owner.uid, owner.uid, owner.uid)


def _say(sink: int, said: bytearray) -> None:
    rest = memoryview(said)
    while rest:
        rest = rest[os.write(sink, rest) :]


def _collect(
    children: Sequence[_Child], stop: Stop, glance: Callable[[], object] | None, ended: dict[int, str]
) -> None:
    """Read what the children say until all are silent; tell them to stop when we are told, and end the silent ones.

    Those that stand still are ended as well, and `ended` has why.
    """
    waiting = {child.pipe: child for child in children}
    poll = select.poll()
    for pipe in waiting:
        poll.register(pipe, select.POLLIN)
    number, until, standing = signal.SIGTERM, 0.0, Standing()
    while waiting:
        if stop.number and time.monotonic() >= until:
            for child in waiting.values():
                os.kill(child.pid, number)
            number, until = signal.SIGKILL, time.monotonic() + GRACE
        far = glance() if glance is not None else None
        for pid, why in standing.found([child.pid for child in waiting.values()], far).items():
            ended[pid] = why
            os.kill(pid, signal.SIGKILL)
        for pipe, _ in poll.poll(GLANCE):
            if chunk := os.read(pipe, CHUNK):
                waiting[pipe].said.extend(chunk)
                until = until and time.monotonic() + GRACE
            else:
                poll.unregister(pipe)
                del waiting[pipe]


def _gone(child: _Child) -> int:
    """Close a child's pipe, wait for its end, and give its exit code; negative: by that signal."""
    os.close(child.pipe)
    return os.waitstatus_to_exitcode(os.waitpid(child.pid, 0)[1])


def heard(said: bytes | bytearray, kind: type[T]) -> T:
    """What another process gave.

    :raises BackendError: what it raised.
    """
    content = memoryview(said)[1:]
    if said.startswith((_WHOLE, _STOPPED)):
        return msgspec.msgpack.decode(content, type=kind)
    trouble = msgspec.msgpack.decode(content, type=_Trouble)
    if not trouble.kind:
        raise RuntimeError(trouble.what)
    raised: type[BackendError] = getattr(errors, trouble.kind)
    raise raised(trouble.what, hint=trouble.hint)
