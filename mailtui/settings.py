"""How the console was started."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Settings:
    """`interval`: seconds between readings; `plain`: ASCII only; `read_only`: nothing that changes anything."""

    read_only: bool = False
    interval: float = 5.0
    theme: str = ""
    plain: bool = False
    banner: str = ""


ALONE_AFTER = 300.0
"""Seconds without a key after which a console is taken to be left alone."""
