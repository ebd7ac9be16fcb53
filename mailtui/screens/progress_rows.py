"""What an apply or a rollback has told so far, as rows: its steps, its checks, and how it ended. No widget."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from backends.apply.told import Applied, Check, Event
from backends.errors import BackendError
from backends.text import age_text, visible
from mailtui.widgets.glyphs import Glyphs
from mailtui.widgets.span_view import Row, folded, padded

VERIFY = "verify"
"""The step that tells each check's name; at the end the checks themselves take its place."""
NAME_WIDTH = 16
TOOK_WIDTH = 7
BAR_WIDTH = 40


@dataclass(frozen=True, slots=True)
class Step:
    """One step: from when to when in epoch seconds; `ended` None: it is under way."""

    event: Event
    began: float
    ended: float | None = None


@dataclass(slots=True)
class Progress:
    """Fills as news come; `result` None: it is under way."""

    began: float
    steps: list[Step] = field(default_factory=list)
    result: Applied | BackendError | None = None
    ended: float = 0.0

    def tell(self, event: Event, now: float) -> None:
        """A step begins, or the one under way has come further."""
        if self.steps:
            last = self.steps[-1]
            if last.event.step == event.step and None not in (last.event.percent, event.percent):
                self.steps[-1] = replace(last, event=event)
                return
            self.steps[-1] = replace(last, ended=now)
        self.steps.append(Step(event, now))

    def end(self, result: Applied | BackendError, now: float) -> None:
        """It is over."""
        self.result, self.ended = result, now
        if self.steps:
            self.steps[-1] = replace(self.steps[-1], ended=now)

    def took(self, now: float) -> float:
        """Seconds since it began, to its end where it has one."""
        return (self.ended if self.result is not None else now) - self.began


def progress_rows(progress: Progress, now: float, width: int, signs: Glyphs) -> list[Row]:
    """All of it, for so many terminal cells; `now` in epoch seconds."""
    rows: list[Row] = []
    failed = isinstance(progress.result, BackendError)
    proven = isinstance(progress.result, Applied) and progress.result.checks
    for step in progress.steps:
        if proven and step.event.step == VERIFY:
            continue
        last = step is progress.steps[-1]
        sign, style = (signs.part, "name") if step.ended is None else (signs.good, "good")
        if failed and last:
            sign, style = signs.bad, "bad"
        seconds = (now if step.ended is None else step.ended) - step.began
        rows += _entry((sign, style), visible(step.event.step), visible(step.event.text), seconds, width)
        if step.ended is None and step.event.percent is not None:
            rows.append(bar_row(step.event.percent, width, signs))
    if progress.result is None:
        return rows
    if isinstance(progress.result, Applied) and progress.result.checks:
        rows += [[], [("Verified", "head")]] if rows else [[("Verified", "head")]]
        for check in progress.result.checks:
            rows += _check(check, width, signs)
    rows.append([])
    return [*rows, *_end(progress.result, progress.took(now), width, signs)]


def bar_row(percent: float, width: int, signs: Glyphs) -> Row:
    """How far a step is."""
    cells = max(4, min(BAR_WIDTH, width - NAME_WIDTH - TOOK_WIDTH - 10))
    done = round(cells * min(max(percent, 0.0), 100.0) / 100)
    indent = " " * (NAME_WIDTH + 3)
    return [
        (indent + signs.full * done, "name"),
        (signs.rest * (cells - done), "dim"),
        (f" {percent:3.0f}%", "text"),
    ]


def took_text(seconds: float) -> str:
    """`0.4 s`, `12.0 s`, `3m`."""
    return f"{max(0.0, seconds):.1f} s" if seconds < 100 else age_text(seconds)


def _check(check: Check, width: int, signs: Glyphs) -> Iterator[Row]:
    mark = (signs.good, "good") if check.good else (signs.bad, "bad")
    yield from _entry(mark, visible(check.name), visible(check.evidence), check.seconds, width)
    if check.hint and not check.good:
        indent = " " * (NAME_WIDTH + 3)
        for piece in folded(visible(check.hint), width - len(indent)):
            yield [(indent, "text"), (piece, "warn")]


def _entry(mark: tuple[str, str], name: str, text: str, seconds: float, width: int) -> Iterator[Row]:
    """A line of four columns; what does not fit goes on below."""
    sign, style = mark
    room = max(8, width - NAME_WIDTH - TOOK_WIDTH - 4)
    names, texts = folded(name, NAME_WIDTH), folded(text, room)
    for at in range(max(len(names), len(texts))):
        row = [
            (f"{sign if at == 0 else ' '} ", style),
            (padded(names[at] if at < len(names) else "", NAME_WIDTH + 1), "text"),
            (padded(texts[at] if at < len(texts) else "", room + 1), "bad" if style == "bad" else "dim"),
        ]
        yield [*row, (f"{took_text(seconds):>{TOOK_WIDTH}}", "dim")] if at == 0 else row


def _end(result: Applied | BackendError, seconds: float, width: int, signs: Glyphs) -> Sequence[Row]:
    if isinstance(result, BackendError):
        lines = [(f"{visible(str(result))}.", "bad"), (visible(result.hint), "text")]
        sign, style = signs.bad, "bad"
    else:
        bad = [check for check in result.checks if not check.good]
        sign, style = (signs.bad, "bad") if bad else (signs.good, "good")
        lines = [(_sentence(result, len(bad), took_text(seconds)), "bad" if bad else "name")]
    rows: list[Row] = []
    for text, how in lines:
        for piece in folded(text, max(8, width - 2)):
            rows.append([(f"{' ' if rows else sign} ", style), (piece, how)])
    return rows


def _sentence(result: Applied, bad: int, took: str) -> str:
    checks = len(result.checks)
    back = f" Checkpoint {result.number} has the files as they were." if result.number is not None else ""
    if bad:
        return f"{bad} of {checks} checks failed after {took}.{back}"
    proof = f", and all {checks} checks are good" if checks > 1 else ""
    if not result.steps:
        return f"Nothing had to change{proof}; it took {took}."
    steps = "1 step" if result.steps == 1 else f"{result.steps} steps"
    return f"Done in {took}: {steps}{proof}.{back}"
