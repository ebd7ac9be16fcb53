"""Quarantine folders for tests, and the whole of a cleanup done to them."""

import os
import time
from pathlib import Path

from backends.quarantine.carry_out import Done
from backends.quarantine.folder import folder_at
from backends.quarantine.names import Naming
from backends.quarantine.retention import Policy, policy
from backends.quarantine.run import Cleanup, Plan
from backends.quarantine.settings import QuarantineSettings
from backends.workers import Stop

NOBODY = 65534
DAY = 86400.0
REAL = (
    "badh-enwsi4bCd5fk",
    "banned-Hk_FTrbV-lYl",
    "spam-ATXQBcuaoJ-2.gz",
    "virus-0p4b2Z502_-V",
    "badh-HAD-E78qY13I",
    "banned-1gvIawUhSrlL",
    "spam-gcSWT2m2z38w.gz",
    "virus-1rEWHqqkBKKT",
)
"""Names that amavis gave on Debian 12 and 13."""

HOSTILE = (
    b"spam-ATXQBcuaoJ-2.gz\n",
    b"\nspam-ATXQBcuaoJ-2.gz",
    b"spam-\x1b[31mabcdefgh.gz",
    b"-rf",
    b"--no-preserve-root",
    b"spam-\xff\xfebcuaoJab2.gz",
    b"virus-ATXQBcuaoJ-2 ",
    "virus-ATXQBcuaoJ٢2".encode(),
    b"*",
    b"virus-ATXQBcuaoJ-2.gz.tmp",
    b"x" * 255,
)


class Quarantine:
    """A folder, with files of a given age in it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.mkdir(parents=True)
        self.give(path.parent)
        self.give(path)

    def add(self, name: str | bytes, days: float, content: bytes = b"x" * 1000) -> Path:
        """A file, in folders made where need be."""
        path = self.path / os.fsdecode(name)
        for folder in reversed(path.relative_to(self.path).parents[:-1]):
            if not (self.path / folder).is_dir():
                (self.path / folder).mkdir(mode=0o750)
                self.give(self.path / folder)
        path.write_bytes(content)
        self.give(path)
        self.age(path, days)
        return path

    def add_real(self, days: float) -> list[Path]:
        """The files of a real amavis."""
        return [self.add(f"{name.partition('-')[2][0]}/{name}", days) for name in REAL]

    @staticmethod
    def age(path: Path, days: float) -> None:
        when = time.time() - days * DAY
        os.utime(path, (when, when), follow_symlinks=False)

    @staticmethod
    def give(path: Path) -> None:
        if os.geteuid() == 0:
            os.chown(path, NOBODY, NOBODY, follow_symlinks=False)

    def names(self) -> set[str]:
        """All files below it, but for the trash."""
        found = (
            str(path.relative_to(self.path))
            for path in self.path.rglob("*")
            if path.is_symlink() or not path.is_dir()
        )
        return {name for name in found if not name.startswith(".mailtui-trash")}

    def cleaned(
        self,
        rules: Policy | None = None,
        *,
        naming: Naming | None = None,
        stop: Stop | None = None,
        undo: float = 0.0,
        any_name: bool = False,
    ) -> tuple[Plan, Done, int | None]:
        """What was planned and done to it; the files are counted first, so that the plan can be compared."""
        ends = stop or Stop()
        with folder_at(self.path) as folder:
            folder.lock()
            cleanup = Cleanup(
                folder,
                rules or policy(QuarantineSettings()),
                naming or Naming(),
                undo=undo,
                any_name=any_name,
            )
            plan = cleanup.plan(ends, counted=True)
            return plan, *cleanup.carry_out(plan, ends)
