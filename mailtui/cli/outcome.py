"""What came of an act, in words or as JSON."""

from collections.abc import Callable, Sequence
from contextlib import suppress

from backends.outcome import LeftOut, Outcome
from backends.text import messages_text
from mailtui.cli.session import Session

SHOWN = 20


def report_outcome(
    session: Session, outcome: Outcome, undo: str, counted: Callable[[int], str] = messages_text
) -> int:
    """Print what came of it and give the exit code: 1 when fewer were done than asked for.

    `undo` is the command that takes it back, `counted` says so many in words.
    """
    out = session.out
    with suppress(BrokenPipeError):  # it was done, whether anybody reads this or not
        if session.options.json:
            out.json(outcome)
        else:
            for text in outcome.printed[:SHOWN]:
                out.line(text)
            out.line(f"{outcome.action}: {outcome.done:,} of {counted(outcome.asked)}")
            for text in left_out_lines(outcome.left_out, outcome.asked - outcome.done):
                out.line(text)
            if outcome.undo is not None and outcome.done and not session.host.demo:
                out.line(f"undo with: {undo}")
        out.flush()
    return 1 if outcome.done < outcome.asked else 0


def left_out_lines(left_out: Sequence[LeftOut], count: int = 0) -> list[str]:
    """Which were not done, and why; of very many some. `count`: how many there are, where not all of them have names."""
    lines = [f"  left out {one.what}: {one.why}" for one in left_out[:SHOWN]]
    more = max(count, len(left_out)) - len(lines)
    if more <= 0 or not lines:
        return lines
    return [*lines, f"  and {more:,} more" + ("; --json names them all" if len(left_out) > SHOWN else "")]
