"""A report as one line of a monitoring plugin (the guidelines of the Monitoring Plugins project). Pure."""

from backends.health.values import Level, Measure, Report
from backends.text import clip, visible

CODES: dict[Level, int] = {"good": 0, "watch": 1, "bad": 2, "unknown": 3}
STATES = ("OK", "WARNING", "CRITICAL", "UNKNOWN")
ROOM = 400
"""Characters of a trouble; a line should stay under 4 kB."""
UNITS = {"s": "s", "B": "B", "%": "%"}


def line(report: Report) -> str:
    """State, what is wrong, and behind `|` the performance data."""
    state = STATES[CODES[report.level]]
    causes = report.causes
    said = "; ".join(_plain(check.said) for check in causes[:3])
    if len(causes) > 3:
        said += f"; and {len(causes) - 3} more"
    data = " ".join(_data(measure) for check in report.checks for measure in check.measures)
    return f"MAILTUI {state} - {said or f'{len(report.checks)} checks are fine'}|{data}"


def _plain(text: str) -> str:
    """Text without what parts text from data."""
    return clip(visible(text).replace("|", "/"), ROOM)


def _data(measure: Measure) -> str:
    """Of what is worse the less of it there is the bounds are such that alarm below them (`N:`)."""
    name = visible(measure.name).replace("'", "").replace("=", "")
    falling = measure.watch is not None and measure.bad is not None and measure.bad < measure.watch
    bounds = ";".join(
        "" if bound is None else f"{_number(bound)}{':' * falling}" for bound in (measure.watch, measure.bad)
    )
    return f"'{name}'={_number(measure.value)}{UNITS.get(measure.unit, '')}{f';{bounds}' if bounds.strip(';') else ''}"


def _number(value: float) -> str:
    return f"{value:.3f}".rstrip("0").rstrip(".")
