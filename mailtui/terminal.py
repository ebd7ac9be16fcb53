"""A terminal that goes away, which is not always told by a signal: then nothing can be read or written any more."""

import select
import sys
import threading
import time
from collections.abc import Callable

GLANCE = 0.2  # s
GONE = select.POLLHUP | select.POLLERR | select.POLLNVAL
"""What is told of a file descriptor whether it was asked for or not."""


def when_gone(then: Callable[[], None]) -> None:
    """Call it, in a thread of its own, once standard input is a terminal no more; never where it was none."""
    if sys.stdin is not None and sys.stdin.isatty():
        threading.Thread(target=_watch, args=(sys.stdin.fileno(), then), daemon=True).start()


def _watch(handle: int, then: Callable[[], None]) -> None:
    watch = select.poll()
    watch.register(handle, 0)
    while not any(event & GONE for _, event in watch.poll()):
        time.sleep(GLANCE)
    then()
