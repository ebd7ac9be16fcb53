"""The histogram as an SVG file."""

from pathlib import Path

from backends.errors import Missing, Refused
from backends.files import read_bounded, replace
from backends.scores.tally import KINDS
from backends.text import time_text, visible
from mailtui.cli.scores.counted import Counted
from mailtui.cli.scores.report import marked
from mailtui.cli.session import Session
from mailtui.svg import svg

LIMIT = 16 << 20
START = b"<svg "


def write(session: Session, found: Counted) -> None:
    """Write it, or print it where the file is `-`.

    :raises Refused: there is something else of that name.
    :raises Missing: it cannot be written.
    """
    tally = found.summary.tally
    title = f"Spam scores of {session.host.name}, {time_text(found.summary.since)[:16]} to {time_text(found.summary.until)[:16]}"
    drawing = svg(marked(found), title, [f"{name} {tally.total(kind):,}" for kind, name in enumerate(KINDS)])
    if session.options.svg == "-":
        for line in drawing.splitlines():
            session.out.line(line)
        return
    path = Path(session.options.svg)
    try:
        if path.exists() and not read_bounded(path, LIMIT).startswith(START):
            raise Refused(
                f"{visible(str(path))} is no SVG of mailtui's", hint="choose another name, or move it away"
            )
        replace(path, drawing.encode(), mode=0o644)
    except OSError as error:
        raise Missing(
            f"{visible(str(path))} cannot be written: {error.strerror}", hint="choose another folder"
        ) from error
