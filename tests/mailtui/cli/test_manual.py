"""The manual page says what the parsers say, and its readers have no complaint."""

import re
import shutil
import subprocess
from argparse import SUPPRESS, ArgumentParser
from pathlib import Path

import pytest

from mailtui.cli.parser import build, build_apply
from tests.tools.manual import DATED, FILE, subcommands, text, written


def _all(parser: ArgumentParser) -> list[ArgumentParser]:
    return [parser, *(one for child in subcommands(parser).values() for one in _all(child))]


def _read_by(*argv: str) -> str:
    if not shutil.which(argv[0]):
        pytest.skip(f"{argv[0]} is not installed")
    done = subprocess.run(argv, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def test_it_is_what_make_docs_writes() -> None:
    page = FILE.read_text()
    dated = DATED.search(page)
    assert dated is not None
    assert page == text(dated[1]), "run `make docs`"


def test_it_gets_another_date_only_where_something_else_is_another(tmp_path: Path) -> None:
    path = tmp_path / "mailtui.1"
    path.write_text(text("2020-01-01"))
    assert not written(path)
    path.write_text(text("2020-01-01").replace("SEE ALSO", "SEE"))
    assert written(path)
    assert '"2020-01-01"' not in path.read_text()


def test_every_command_and_option_is_in_it() -> None:
    shown = _read_by("groff", "-man", "-k", "-Tutf8", "-P-c", "-rLL=400n", str(FILE))
    words = set(re.split(r"[\s,]+", re.sub(r".\x08", "", shown)))
    for parser in [*_all(build()), *_all(build_apply())]:
        assert parser.prog in re.sub(r"\s+", " ", re.sub(r".\x08", "", shown))
        for action in parser._actions:
            hidden = action.help == SUPPRESS
            assert hidden or set(action.option_strings) <= words, parser.prog


@pytest.mark.parametrize(
    "argv", [("mandoc", "-Tlint", "-Wwarning"), ("groff", "-man", "-ww", "-k", "-z", "-Tutf8")]
)
def test_its_readers_have_no_complaint(argv: tuple[str, ...]) -> None:
    assert _read_by(*argv, str(FILE)) == ""
