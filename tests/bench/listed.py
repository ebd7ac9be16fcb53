"""Memory that a console takes with a quarantine in it: `python -m tests.bench.listed FOLDER` prints bytes.

First what this process took at the most, code and all, then what the largest of its processes did.
"""

import resource
import subprocess
import sys
import time
from pathlib import Path
from threading import Event


def asked(folder: Path) -> tuple[int, int]:
    """The bytes that a process of its own prints."""
    argv = [sys.executable, "-m", "tests.bench.listed", str(folder)]
    own, largest = subprocess.run(argv, capture_output=True, check=True).stdout.split()
    return int(own), int(largest)


def main() -> None:
    """Read and sort it as the pane does."""
    import mailtui.app  # noqa: F401
    from backends.quarantine.adapter import AmavisQuarantine
    from backends.quarantine.config import Amavis
    from backends.runner import LocalRunner
    from mailtui.panes.quarantine import pane  # noqa: F401
    from mailtui.panes.quarantine.view import Places, Wish, compute

    adapter = AmavisQuarantine(LocalRunner(), Amavis(quarantine=sys.argv[1]))
    places = Places(adapter.read())
    view = compute(places, Wish(), adapter.headers, now=time.time(), stop=Event())
    assert view.target(0).path
    most = (resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    print(*(kib * 1024 for kib in most))


if __name__ == "__main__":
    main()
