"""How the console was started."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Settings:
    """`interval`: seconds between readings; `plain`: ASCII only; `read_only`: nothing that changes anything.

    `pane`: which one comes first, by its number or name; `keys` by the ids of bindings; `wrong`: what was set and cannot be.
    """

    read_only: bool = False
    interval: float = 5.0
    theme: str = ""
    plain: bool = False
    banner: str = ""
    pane: str = ""
    keys: Mapping[str, str] = field(default_factory=dict)
    wrong: tuple[str, ...] = ()


ALONE_AFTER = 300.0
"""Seconds without a key after which a console is taken to be left alone."""
