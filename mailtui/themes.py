"""Colours: one accent for "you are here", red and amber for what wants a human, the rest calm."""

import os

from textual.theme import BUILTIN_THEMES, Theme

DARK = Theme(
    name="mailtui",
    primary="#5fafd7",
    secondary="#87afaf",
    accent="#5fafd7",
    warning="#d7af5f",
    error="#ff6b6b",
    success="#87af5f",
    foreground="#d0d0d0",
    background="#121212",
    surface="#181818",
    panel="#222222",
    dark=True,
    variables={
        "footer-key-foreground": "#5fafd7",
        "footer-background": "#181818",
        "block-cursor-text-style": "none",
    },
)
LIGHT = Theme(
    name="mailtui-light",
    primary="#005f87",
    secondary="#5f8787",
    accent="#005f87",
    warning="#875f00",
    error="#af0000",
    success="#3f6f00",
    foreground="#202020",
    background="#fafafa",
    surface="#f0f0f0",
    panel="#e4e4e4",
    dark=False,
)
SIXTEEN = Theme(
    name="mailtui-16",
    ansi=True,
    primary="ansi_cyan",
    secondary="ansi_blue",
    accent="ansi_cyan",
    warning="ansi_yellow",
    error="ansi_bright_red",
    success="ansi_green",
    foreground="ansi_default",
    background="ansi_default",
    surface="ansi_default",
    panel="ansi_default",
    boost="ansi_default",
    variables={**BUILTIN_THEMES["ansi-dark"].variables, "footer-key-foreground": "ansi_cyan"},
)
THEMES = {theme.name: theme for theme in (DARK, LIGHT, SIXTEEN)}
FEW_COLOURS = ("linux", "vt", "ansi", "screen.", "xterm-16color")


def default_theme() -> str:
    """The theme that the terminal can show: 16 colours where it says that it has no more."""
    term = os.environ.get("TERM", "")
    many = "256" in term or os.environ.get("COLORTERM") in {"truecolor", "24bit"}
    few = term.startswith(FEW_COLOURS) or term in {"screen", "xterm", "rxvt"}
    if os.environ.get("NO_COLOR"):
        return SIXTEEN.name  # Textual leaves out these colours, others it turns grey
    return SIXTEEN.name if few and not many else DARK.name
