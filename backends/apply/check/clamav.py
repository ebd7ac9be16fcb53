"""A staged ClamAV configuration: each file read by the program that it is for."""

from collections.abc import Mapping
from pathlib import Path

from backends.apply.check.staging import overlay
from backends.runner import Command, Runner

CONFIG = "/etc/clamav"
READERS = {"freshclam": "freshclam.conf", "clamd": "clamd.conf"}


def check_clamav(
    runner: Runner, files: Mapping[str, bytes], folder: Path, *, live: Path = Path(CONFIG)
) -> list[str]:
    """Have each program read its file as it will be, and say what is wrong with it.

    Both read their file before they tell their version, and do nothing else (clamconf exits with 0 whatever it finds).
    """
    staged = overlay(files, folder, config=CONFIG, live=live)
    found: list[str] = []
    for program, name in READERS.items():
        if not (path := folder / name).exists():
            continue
        result = runner.run(Command((program, f"--config-file={path}", "--version")))
        if result.code != 0:
            found += staged.complaints(result, result.stderr, "ERROR: ")
    return found
