"""What gld would decide as lines of text, for the console and for the command line."""

from backends.greylist.values import Decision
from backends.text import age_text, time_text, visible

Line = tuple[str, str]
"""A text, and its kind: head, text, dim, good or warn."""


def step_lines(decision: Decision, *, plain: bool = False) -> list[Line]:
    """gld's tests in their order, the one that decides marked."""
    arrow = ">" if plain else "→"
    return [
        (
            f"{arrow if step.decides else ' '} {step.name:<10} {visible(step.said)}",
            "head" if step.decides else "text",
        )
        for step in decision.steps
    ]


def verdict_lines(decision: Decision, now: float) -> list[Line]:
    """What it comes to, and when a wait would end; `now` in epoch seconds."""
    word = "passes" if decision.passes else "greylisted"
    lines = [(f"{word}: {visible(decision.action)}", "good" if decision.passes else "warn")]
    if decision.until is not None:
        wait = age_text(max(0.0, decision.until - now))
        lines.append(
            (f"let in from {time_text(decision.until)} on, in {wait}, if it comes back then", "text")
        )
    elif decision.forever:
        lines.append(("refused for ever, however often it comes", "warn"))
    return lines
