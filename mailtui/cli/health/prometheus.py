"""A report as metrics in the text format that node_exporter collects (prometheus.io, exposition formats). Pure."""

import re
from collections.abc import Iterator

from backends.health.values import Level, Measure, Report

LEVELS: tuple[Level, ...] = ("good", "watch", "bad", "unknown")
_UNITS = {"s": "_seconds", "B": "_bytes", "%": "_percent"}
_NOT = re.compile(r"[^a-zA-Z0-9_]")


def metrics(report: Report) -> str:
    """All lines, with an end behind the last."""
    return "\n".join(_lines(report)) + "\n"


def _lines(report: Report) -> Iterator[str]:
    yield from _head("mailtui_check", "whether a check is at this level")
    for check in report.checks:
        name = _escaped(check.name)
        for level in LEVELS:
            yield f'mailtui_check{{check="{name}",level="{level}"}} {int(check.level == level)}'
    yield from _head("mailtui_check_cause", "whether another check explains this one's trouble")
    for check in report.checks:
        if check.cause:
            yield f'mailtui_check_cause{{check="{_escaped(check.name)}",cause="{_escaped(check.cause)}"}} 1'
    yield from _head("mailtui_check_duration_seconds", "how long a check took")
    for check in report.checks:
        yield f'mailtui_check_duration_seconds{{check="{_escaped(check.name)}"}} {check.seconds:.6f}'
    seen = set[str]()
    for check in report.checks:
        for measure in check.measures:
            name = _name(measure)
            if name not in seen:
                seen.add(name)
                yield from _head(name, f"measured by the check {check.name}")
                yield f"{name} {measure.value:.15g}"
    yield from _head("mailtui_health_timestamp_seconds", "when it was looked, in seconds since the epoch")
    yield f"mailtui_health_timestamp_seconds {report.taken:.3f}"
    yield from _head("mailtui_health_duration_seconds", "how long looking took")
    yield f"mailtui_health_duration_seconds {report.seconds:.6f}"


def _head(name: str, told: str) -> Iterator[str]:
    yield f"# HELP {name} {_escaped(told)}"
    yield f"# TYPE {name} gauge"


def _name(measure: Measure) -> str:
    return f"mailtui_{_NOT.sub('_', measure.name)}{_UNITS.get(measure.unit, '')}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
