"""Plain tables: columns aligned as rows stream through, fitted to a terminal, whole elsewhere."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice

from backends.errors import BackendError
from backends.text import cells, clip, visible
from mailtui.cli.output import Output

SAMPLE = 200
GAP = "  "
LEAST = 8


@dataclass(frozen=True, slots=True)
class Column:
    """A column's label; `right` aligns it right, `flexible` lets it be cut on a terminal too narrow."""

    label: str
    right: bool = False
    flexible: bool = False


def print_table(out: Output, columns: Sequence[Column], rows: Iterable[Sequence[str]]) -> int:
    """Print rows under their labels as they come, and give their number; no rows, no labels.

    The first rows decide on the widths, so that a million rows need not be kept.
    """
    safe = ([visible(cell) for cell in row] for row in rows)
    first, failure = _begun(safe)
    if not first and failure is None:
        return 0
    labels = [column.label for column in columns]
    widths = [max(map(cells, column)) for column in zip(labels, *first, strict=True)]
    if out.columns is not None:
        widths = fit(widths, [column.flexible for column in columns], out.columns)
    count = 0
    for row in chain([labels] if first else [], first, () if failure else safe):
        _print_row(out, columns, widths, row)
        count += 1
    if failure is not None:
        raise failure
    return count - 1


def _begun(rows: Iterator[list[str]]) -> tuple[list[list[str]], BackendError | None]:
    """The first rows, and what kept more from coming."""
    first: list[list[str]] = []
    try:
        for row in islice(rows, SAMPLE):
            first.append(row)  # noqa: PERF402 - what came before a failure is kept
    except BackendError as error:
        return first, error
    return first, None


def fit(widths: Sequence[int], flexible: Sequence[bool], room: int) -> list[int]:
    """Shrink the flexible widths until all fit into so many terminal cells: the widest give first."""
    fitted = list(widths)
    bent = sorted((i for i, bends in enumerate(flexible) if bends), key=lambda i: fitted[i])
    left = (
        room
        - len(GAP) * (len(fitted) - 1)
        - sum(w for w, bends in zip(fitted, flexible, strict=True) if not bends)
    )
    for place, i in enumerate(bent):
        fitted[i] = min(fitted[i], max(LEAST, left // (len(bent) - place)))
        left -= fitted[i]
    return fitted


def _print_row(out: Output, columns: Sequence[Column], widths: Sequence[int], row: Sequence[str]) -> None:
    parts = []
    for column, width, cell in zip(columns, widths, row, strict=True):
        text = clip(cell, width) if out.columns is not None and column.flexible else cell
        blank = " " * (width - cells(text))
        parts.append(blank + text if column.right else text + blank)
    out.fitted(GAP.join(parts).rstrip())
