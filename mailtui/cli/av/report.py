"""Findings as lines."""

from backends.antivirus.values import Finding
from mailtui.cli.output import Output

MARKS = {"good": "●", "note": "○", "watch": "▲", "bad": "✖"}


def print_finding(out: Output, finding: Finding) -> None:
    """What was looked at, and what to do about it."""
    name = f"{finding.name}: " if finding.name else ""
    out.line(f"{MARKS[finding.state]} {name}{finding.said}")
    if finding.hint:
        out.line(f"    {finding.hint}")
