"""What `make lab` gives a newcomer: a machine as the reference has it, with mail that waits."""

import subprocess
import sys
from pathlib import Path


def test_a_program_runs_on_a_machine_with_mail_waiting(release: str) -> None:
    argv = [sys.executable, "-m", "tests.lab", release, "--messages", "12", "--run", "true"]
    ran = subprocess.run(
        argv,
        cwd=Path(__file__).parents[2],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=500,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr[-2000:]
