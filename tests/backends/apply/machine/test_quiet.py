"""Packages start nothing while they are installed, and no longer than that."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from backends.apply.machine.quiet import nothing_starts


def answer(policy: Path) -> int:
    return subprocess.run([policy, "postfix", "start"], check=False, capture_output=True).returncode


def test_starts_are_denied_meanwhile(tmp_path: Path) -> None:
    policy = tmp_path / "policy-rc.d"
    with nothing_starts(policy):
        assert answer(policy) == 101
    assert not policy.exists()


def test_what_denies_already_stays(tmp_path: Path) -> None:
    policy = tmp_path / "policy-rc.d"
    policy.write_text("#!/bin/sh\nexit 101\n")
    with nothing_starts(policy):
        assert policy.read_text() == "#!/bin/sh\nexit 101\n"
    assert policy.exists()


def test_killed_it_binds_nobody_and_the_next_one_takes_its_place(tmp_path: Path) -> None:
    policy = tmp_path / "policy-rc.d"
    script = (
        "import os, pathlib, sys\nfrom backends.apply.machine.quiet import nothing_starts\n"
        "with nothing_starts(pathlib.Path(sys.argv[1])):\n    os.kill(os.getpid(), 9)\n"
    )
    subprocess.run([sys.executable, "-c", script, policy], check=False, cwd=Path(__file__).parents[4])
    assert policy.exists()
    assert answer(policy) == 0
    with nothing_starts(policy):
        assert answer(policy) == 101
    assert not policy.exists()


def test_it_goes_when_apt_fails(tmp_path: Path) -> None:
    policy = tmp_path / "policy-rc.d"

    def fails() -> None:
        with nothing_starts(policy):
            assert os.access(policy, os.X_OK)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fails()
    assert not policy.exists()
