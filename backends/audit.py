"""What was done is told: a line in the mail log and one in the log of actions; who did what, to how many and which."""

import syslog
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from backends import actions, who
from backends.errors import BackendError
from backends.outcome import Outcome
from backends.text import visible

NAMED = 10
LONGEST = 900  # characters of a line

Record = Callable[[Outcome, Sequence[str]], None]
user = who.user


def write(text: str, *, well: bool = True, action: str) -> None:
    """Tell syslog(3), facility mail (as a warning where not all went well), and the log of actions."""
    by, address = _quoted(who.user()), who.address()
    text = visible(text)
    line = " ".join([f"user={by}", *([f"address={address}"] if address else []), f"action={action}", text])
    syslog.openlog("mailtui", syslog.LOG_PID, syslog.LOG_MAIL)
    syslog.syslog(syslog.LOG_INFO if well else syslog.LOG_WARNING, line[:LONGEST])
    actions.append(actions.Action(time.time(), by, address, action, text[:LONGEST], well))


def outcome(done: Outcome, names: Sequence[str], *, area: str = "") -> None:
    """Tell what came of an act; the first ten of those acted on are named. `area` comes before the act's name.

    Where nothing was done, what was said of it is told instead.
    """
    left_out = {one.what for one in done.left_out}
    acted = [name for name in names if name not in left_out]
    named = " ".join(map(_quoted, acted[:NAMED])) + (" ..." if len(acted) > NAMED else "")
    if not done.done and done.printed:
        named = done.printed[-1]
    number = f", undo {done.undo}" if done.undo is not None else ""
    text = f"done={done.done} asked={done.asked}{number}: {named}"
    write(text.removesuffix(": "), well=done.done == done.asked, action=f"{area}{done.action}")


@contextmanager
def failures(record: Record, action: str, asked: int = 1) -> Iterator[None]:
    """Have an act that fails recorded as well; one that does not is recorded by whoever does it."""
    try:
        yield
    except BackendError as error:
        record(Outcome(action, asked, 0, printed=(str(error),)), [])
        raise


def _quoted(name: str) -> str:
    """A name as one word of a line, whatever is in it."""
    plain = name.isascii() and name.isprintable() and " " not in name
    return name if plain else ascii(name)
