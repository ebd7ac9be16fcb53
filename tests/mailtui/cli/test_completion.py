"""What a shell makes of the completion script: the real shells, asked as a user asks."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.mailtui.cli.conftest import Run
from tests.support.terminal import Terminal, why_no_terminal

ASKED = [
    ("queue del", ["delete"]),
    ("queue delete --old", ["--older-than"]),
    ("av se", ["selftest"]),
    ("maps loo", ["lookup"]),
    ("mailbox im", ["import"]),
    ("mailbox import --us", ["--user"]),
    ("scores --w", ["--what-if", "--width"]),
    ("completion f", ["fish"]),
]


def _script(run: Run, shell: str, folder: Path) -> Path:
    if not shutil.which(shell):
        pytest.skip(f"{shell} is not installed")
    file = folder / f"_mailtui.{shell}"
    file.write_text(run("completion", shell).out)
    return file


def _said(*argv: str) -> list[str]:
    done = subprocess.run(argv, capture_output=True, text=True, check=True, timeout=20)
    return done.stdout.splitlines()


@pytest.mark.parametrize(("typed", "offered"), ASKED)
def test_bash(run: Run, tmp_path: Path, typed: str, offered: list[str]) -> None:
    file = _script(run, "bash", tmp_path)
    last = len(typed.split())
    ask = f'. {file}; COMP_WORDS=(mailtui {typed}); COMP_CWORD={last}; _shtab_mailtui; printf "%s\\n" "${{COMPREPLY[@]}}"'
    assert sorted(_said("bash", "-c", ask)) == offered


@pytest.mark.parametrize(("typed", "offered"), ASKED)
def test_fish(run: Run, tmp_path: Path, typed: str, offered: list[str]) -> None:
    file = _script(run, "fish", tmp_path)
    lines = _said("fish", "-N", "-c", f"source {file}; complete -C 'mailtui {typed}'")
    assert sorted(line.partition("\t")[0] for line in lines) == offered


def test_beside_a_command_stands_a_line_of_the_help(run: Run, tmp_path: Path) -> None:
    file = _script(run, "fish", tmp_path)
    assert _said("fish", "-N", "-c", f"source {file}; complete -C 'mailtui queue del'") == [
        "delete\tdelete messages; can be undone for a time"
    ]


@pytest.mark.skipif(why_no_terminal() is not None, reason="needs tmux")
def test_zsh(run: Run, tmp_path: Path) -> None:
    file = _script(run, "zsh", tmp_path)
    file.rename(tmp_path / "_mailtui")
    env = {"PS1": "READY", "FPATH": f"{tmp_path}:{_said('zsh', '-f', '-c', 'echo $FPATH')[0]}"}
    with Terminal(["zsh", "-f", "-i"], env=env) as terminal:
        terminal.wait_for("READY")
        terminal.text("autoload -Uz compinit; compinit -u -D\n")
        terminal.text("mailtui queue del\tTHEN")
        terminal.wait_for("mailtui queue delete THEN")
        terminal.keys("C-u")
        terminal.text("mailtui scores --w\t")
        terminal.wait_for("--what-if")
        terminal.wait_for("--width")
