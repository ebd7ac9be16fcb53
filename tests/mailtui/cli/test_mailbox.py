"""`mailtui mailbox import`: what it prints, asks, logs and leaves with."""

import json
import os
import re
import signal
from pathlib import Path
from typing import Any

import pytest

from backends import audit
from backends.mailbox import importing
from backends.mailbox.index import Index, index_of
from backends.mailbox.split import Dialect
from tests.backends.mailbox.making import FROM, files, joined, letter
from tests.mailtui.cli.conftest import Run

LETTERS = [letter(b"%d\n" % number) for number in range(3)]


@pytest.fixture(autouse=True)
def logged(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is told to syslog."""
    lines: list[str] = []
    monkeypatch.setattr(audit, "write", lambda text, *, well, action: lines.append(f"{action} {well} {text}"))
    return lines


@pytest.fixture
def mbox(tmp_path: Path) -> str:
    (tmp_path / "mbox").write_bytes(joined(LETTERS, Dialect.MBOXO))
    return str(tmp_path / "mbox")


def test_it_imports_and_tells(run: Run, mbox: str, tmp_path: Path, logged: list[str]) -> None:
    ran = run("mailbox", "import", mbox, "--to", str(tmp_path / "M"), "--yes")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith(f"{tmp_path}/M: 3 of 3 messages came")
    assert len(files(tmp_path / "M")) == 3
    assert logged[0].startswith("mailbox-import True imported=3 ")
    again = json.loads(run("mailbox", "import", mbox, "--to", str(tmp_path / "M"), "--json").out)
    assert (again["mailboxes"][0]["messages"], again["mailboxes"][0]["new"]) == (3, 0)


def test_stopped_while_reading_it_says_so(
    run: Run, mbox: str, tmp_path: Path, logged: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def halted(*arguments: Any) -> Index | None:
        os.kill(os.getpid(), signal.SIGTERM)
        return index_of(*arguments)

    monkeypatch.setattr(importing, "index_of", halted)
    ran = run("mailbox", "import", mbox, "--to", str(tmp_path / "M"), "--yes")
    assert ran.code == 128 + signal.SIGTERM
    assert ran.out == f"{tmp_path}/M: stopped while reading, nothing was written\n"
    assert logged[0].endswith(f"signal={int(signal.SIGTERM)}")
    assert not list((tmp_path / "M").iterdir())


def test_a_dry_run_makes_nothing(run: Run, mbox: str, tmp_path: Path, logged: list[str]) -> None:
    ran = run("mailbox", "import", mbox, "--to", str(tmp_path / "M"), "--dry-run", "--read-only")
    assert ran.code == 0
    assert re.search(r"3 messages would come, \d+ bytes$", ran.out, re.MULTILINE)
    assert not (tmp_path / "M").exists()
    assert logged == []


def test_it_asks_first(run: Run, mbox: str, tmp_path: Path) -> None:
    ran = run("mailbox", "import", mbox, "--to", str(tmp_path / "M"))
    assert ran.code == 5
    assert "Not confirmed" in ran.err
    assert run("mailbox", "import", mbox, "--to", str(tmp_path / "M"), "--yes", "--read-only").code == 5
    assert run("mailbox", "import", mbox, "--demo").code == 2


def test_what_is_wrong_with_one_does_not_keep_from_the_next(run: Run, mbox: str, tmp_path: Path) -> None:
    (tmp_path / "text").write_bytes(b"no mbox\n")
    missing = str(tmp_path / "missing\x1b[31m")
    ran = run(
        "mailbox", "import", missing, str(tmp_path / "text"), mbox, "--to", str(tmp_path / "M"), "--yes"
    )
    assert ran.code == 3
    assert "is not an mbox" in ran.err
    assert "missing^[[31m" in ran.err
    assert len(files(tmp_path / "M")) == 3


def test_a_tree_and_what_was_cut_off(run: Run, tmp_path: Path) -> None:
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree" / "cut").write_bytes(FROM + b"Content-Length: 4000\n\nhalf a\n")
    (tmp_path / "tree" / "notes").write_bytes(b"text\n")
    ran = run(
        "mailbox",
        "import",
        "-R",
        str(tmp_path / "tree"),
        "--to",
        str(tmp_path / "M"),
        "--yes",
        "--folder",
        "Old",
    )
    assert ran.code == 0
    assert "ends before its last message does" in ran.out
    assert "not mailboxes, left out" in ran.out
    assert len(files(tmp_path / "M" / ".Old.cut")) == 1


@pytest.mark.parametrize("folder", ["a//b", "~x", "a/\x01", "x" * 300])
def test_no_such_folder_can_be(run: Run, mbox: str, tmp_path: Path, folder: str) -> None:
    assert run("mailbox", "import", mbox, "--to", str(tmp_path / "M"), "--folder", folder).code == 2


def test_nothing_to_import(run: Run, tmp_path: Path) -> None:
    assert run("mailbox", "import", "--to", str(tmp_path / "M")).code == 2
    assert run("mailbox", "import", "x", "--user", "no such user").code == 2
