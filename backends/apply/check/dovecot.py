"""A staged Dovecot configuration: read by doveconf, as Dovecot's master does when it starts."""

from collections.abc import Mapping
from pathlib import Path

from backends.apply.check.staging import overlay
from backends.runner import Command, Runner

CONFIG = "/etc/dovecot"


def check_dovecot(
    runner: Runner, files: Mapping[str, bytes], folder: Path, *, live: Path = Path(CONFIG)
) -> list[str]:
    """Have doveconf read what the live folder will be with these files, and say what is wrong with it.

    `-n` reads all sections. `-x` also opens the certificates and keys, without which Dovecot does not start; with one
    setting to tell, it prints no key.
    """
    staged = overlay(files, folder, config=CONFIG, live=live)
    main = str(folder / "dovecot.conf")
    for options in (("-n",), ("-x", "protocols")):
        result = runner.run(Command(("doveconf", "-c", main, *options)))
        if result.code != 0:
            return staged.complaints(result, result.stderr, "doveconf: ")
    return []
