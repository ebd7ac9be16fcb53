"""Work in threads: what it gives or how it failed comes back as a value; nothing vanishes, nothing crashes the app."""

import os
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from backends.errors import BackendError, Failed

T = TypeVar("T")


_unfinished = 0
_counting = threading.Lock()


@contextmanager
def to_its_end() -> Iterator[None]:
    """Work that is not broken off when the terminal goes."""
    global _unfinished  # noqa: PLW0603 - one console a process
    with _counting:
        _unfinished += 1
    try:
        yield
    finally:
        with _counting:
            _unfinished -= 1


def unfinished() -> bool:
    """Whether such work is under way."""
    return _unfinished > 0


def outcome(work: Callable[[], T]) -> T | BackendError:
    """What `work` returns, or the error it raised; an error nobody foresaw is told as one."""
    try:
        return work()
    except BackendError as error:
        return error
    except Exception as error:  # noqa: BLE001 - the one place where the unforeseen becomes a sentence
        if os.environ.get("MAILTUI_DEBUG"):
            traceback.print_exc()
        what = f"{type(error).__name__}: {error}"
        return Failed(
            f"Unforeseen error: {what[:300]}", hint="start with MAILTUI_DEBUG=1 to see where, and report it"
        )
