"""Work in threads: what it gives or how it failed comes back as a value; nothing vanishes, nothing crashes the app."""

import os
import traceback
from collections.abc import Callable
from typing import TypeVar

from backends.errors import BackendError, Failed

T = TypeVar("T")


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
