"""From words to an exit code: options, the command, and what goes wrong in it."""

import os
import signal
import sys
from collections.abc import Callable, Sequence
from types import FrameType

from backends.errors import BackendError, BadRequest
from mailtui.cli.connect import choose
from mailtui.cli.output import Output
from mailtui.cli.parser import FORCED, parse
from mailtui.cli.session import Connect, Session

INTERRUPTED = 130
DEBUG = "MAILTUI_DEBUG"


def program(words: Sequence[str]) -> int:
    """`main`, in a process of its own: one that is told to stop ends its children as well.

    It leaves at once: taking a hundred modules down in good order takes 10 ms and serves nobody.
    """
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, _leave)
    code = main(words)
    if "textual" not in sys.modules:
        os._exit(code)
    return code


def main(words: Sequence[str], connect: Connect | None = None) -> int:
    """Carry a command line out and give its exit code; `connect` makes another host of the options."""
    out = Output()
    code = _reading(out, lambda: _main(words, out, connect))
    return _reading(out, lambda: _flushed(out, code))


def _main(words: Sequence[str], out: Output, connect: Connect | None) -> int:
    try:
        if FORCED in words:
            words = _forced(words)
        options = parse(words)
    except BackendError as error:
        out.complain(error)
        return error.exit_code
    except SystemExit as ended:  # argparse has said why
        return ended.code if isinstance(ended.code, int) else 2
    out.plain |= options.plain
    if options.run is None:
        from mailtui.cli.overview import run  # noqa: PLC0415 - not for the other commands

        options.run = run
    session = Session(options, out, connect or choose)
    try:
        return int(options.run(session))
    except BackendError as error:
        out.complain(error)
        return error.exit_code
    except KeyboardInterrupt:
        return INTERRUPTED
    finally:
        session.close()


def _forced(words: Sequence[str]) -> list[str]:
    """What the person behind sshd(8) asked for, as far as it only reads."""
    from mailtui.cli.forced import ASKED, words_of  # noqa: PLC0415

    if list(words) != [FORCED]:
        raise BadRequest(f"{FORCED} must stand alone", hint=f"ForceCommand mailtui {FORCED}")
    return words_of(os.environ.get(ASKED, ""))


def _reading(out: Output, act: Callable[[], int]) -> int:
    """Do it; 0 when nobody reads the rest of the output, and one sentence for what nobody foresaw."""
    try:
        return act()
    except BrokenPipeError:
        out.abandon()
        return 0
    except KeyboardInterrupt:
        return INTERRUPTED
    except Exception as error:
        if os.environ.get(DEBUG):
            raise
        if isinstance(error, OSError):  # perhaps it is the output itself that cannot be written
            out.abandon()
        out.note(f"mailtui: unexpected {type(error).__name__}: {error}"[:500])
        out.note(f"  {DEBUG}=1 shows where; please report it with that")
        return 1


def _flushed(out: Output, code: int) -> int:
    try:
        out.flush()
    except BrokenPipeError:
        out.abandon()
    return code


def _leave(number: int, _frame: FrameType | None) -> None:
    sys.exit(128 + number)
