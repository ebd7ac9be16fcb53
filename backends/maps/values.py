"""Tables, what is said of them, and what they answer: plain values."""

from typing import Any, Literal

import msgspec

Level = Literal["bad", "note"]


class Use(msgspec.Struct, frozen=True):
    """Where the configuration refers to a table.

    `service` is master.cf's (smtp/inet), empty for main.cf; `restriction` the one that stands before it in a list;
    `inside` the pipemap: or unionmap: that it is a part of.
    """

    parameter: str
    service: str = ""
    restriction: str = ""
    proxied: bool = False
    inside: str = ""

    @property
    def way(self) -> str:
        """What decides which keys are looked up."""
        return self.restriction or self.parameter

    def __str__(self) -> str:
        words = [
            self.service,
            self.parameter if not self.restriction else f"{self.parameter}: {self.restriction}",
        ]
        return " ".join(word for word in words if word)


class Table(msgspec.Struct, frozen=True):
    """One table as the configuration names it, without `proxy:`; `path` is its source where it has a file.

    `parts` are the tables that a pipemap: or unionmap: is made of. Passwords in names are not in these: only the configuration
    that was read has the name by which Postfix knows such a table (`Config.asked`).
    """

    name: str
    type: str
    path: str
    uses: tuple[Use, ...]
    parts: "tuple[Table, ...]" = ()

    @property
    def alias(self) -> bool:
        """Whether it is in the format of aliases(5), which postalias builds."""
        return any(use.parameter in {"alias_maps", "alias_database"} for use in self.uses)

    @property
    def cache(self) -> bool:
        """Whether Postfix itself writes it, and nobody builds it."""
        return any(
            use.parameter.endswith(("_cache_map", "_cache_database", "_verify_map")) for use in self.uses
        )


class Finding(msgspec.Struct, frozen=True):
    """Something wrong: `bad` where mail is treated otherwise than the files say; `line` 0: the table as a whole.

    `more` is how many more of the same there are.
    """

    table: str
    level: Level
    what: str
    hint: str
    line: int = 0
    more: int = 0


class About(msgspec.Struct, frozen=True):
    """One table looked at: entries (None: cannot be counted here), size in bytes and times in epoch seconds of its files."""

    table: Table
    entries: int | None = None
    size: int | None = None
    modified: float | None = None
    built: float | None = None
    findings: tuple[Finding, ...] = ()

    @property
    def state(self) -> str:
        """The worst that is said of it: good, note or bad."""
        levels = {one.level for one in self.findings}
        return "bad" if "bad" in levels else "note" if levels else "good"


class Step(msgspec.Struct, frozen=True):
    """One key that was looked up, and the answer (None: it is not there)."""

    key: str
    table: str
    answer: str | None


class Looked(msgspec.Struct, frozen=True):
    """A key looked up as Postfix does for one use; `trouble` is what the tables complained of."""

    use: Use
    tables: tuple[str, ...]
    steps: tuple[Step, ...]
    trouble: tuple[str, ...] = ()

    @property
    def answer(self) -> Step | None:
        """The step that decides."""
        return next((step for step in self.steps if step.answer is not None), None)


class Change(msgspec.Struct, frozen=True):
    """A file as it is to be, and as it was when that was decided; `diff` are the lines of a unified diff.

    `hidden`: the table's values are not to be shown, and are not in `diff`.
    """

    table: Table
    action: str
    before: bytes
    after: bytes
    diff: tuple[str, ...]
    key: str = ""
    value: str | None = None
    notes: tuple[str, ...] = ()
    hidden: bool = False

    @property
    def empty(self) -> bool:
        return self.before == self.after

    def __repr__(self) -> str:
        """Without what the file holds, which may be passwords."""
        return f"Change({self.table.name!r}, {self.action!r}, {self.key!r})"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        return [("table", self.table.name), ("action", self.action), ("key", self.key)]


class Done(msgspec.Struct, frozen=True):
    """What came of a change: the number to undo it by (None: nothing to undo), and what there is to know."""

    table: str
    action: str
    undo: int | None = None
    notes: tuple[str, ...] = ()


class Act(msgspec.Struct, frozen=True):
    """A change that was made; `when` in epoch seconds."""

    number: int
    when: float
    what: str
    paths: tuple[str, ...]
