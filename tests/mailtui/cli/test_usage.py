"""Help on a terminal of 80 columns, and what is said of wrong usage."""

from argparse import ArgumentParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailtui.cli.parser import build, build_apply
from mailtui.cli.usage import Parser, hanging
from tests.mailtui.cli.conftest import Run
from tests.tools.manual import subcommands


def _all(parser: ArgumentParser) -> list[ArgumentParser]:
    return [parser, *(one for child in subcommands(parser).values() for one in _all(child))]


def test_wrong_words_command_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        Parser(prog="mailtui queue").refuse(["\x1b]0;x\a"])
    assert "not known here: ^[]0;x^G" in capsys.readouterr().err


@pytest.mark.parametrize("columns", [60, 80, 200])
def test_no_help_is_wider_than_the_terminal(monkeypatch: pytest.MonkeyPatch, columns: int) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    for parser in (*_all(build()), *_all(build_apply())):
        for line in parser.format_help().splitlines():
            assert len(line) < columns, parser.prog


def test_what_is_too_long_goes_on_below_its_second_column() -> None:
    block = "  1    it failed, or less\n       was done than asked for\n  130  interrupted"
    assert list(hanging(block, 100)) == [
        "  1    it failed, or less was done than asked for",
        "  130  interrupted",
    ]
    assert list(hanging(block, 28)) == [
        "  1    it failed, or less",
        "       was done than asked",
        "       for",
        "  130  interrupted",
    ]
    assert list(hanging("  mailtui queue list --reason x    why", 25)) == [
        "  mailtui queue list",
        "    --reason x    why",
    ]
    assert list(hanging("  [keys]\n  a = 1\n  b = 2", 40)) == ["  [keys]", "  a = 1", "  b = 2"]


@given(st.lists(st.text("ab -[]", max_size=60), max_size=8), st.integers(30, 100))
def test_no_word_is_lost(lines: list[str], width: int) -> None:
    block = "\n".join(f"  {line}" for line in lines)
    assert "".join(hanging(block, width)).replace(" ", "") == block.replace(" ", "").replace("\n", "")


@pytest.mark.parametrize(
    ("words", "usage", "said"),
    [
        (
            ("queue", "list", "--oldr-than", "1d"),
            "mailtui queue list",
            "--oldr-than 1d; perhaps --older-than?",
        ),
        (("queue", "list", "extra"), "mailtui queue list", "extra\n"),
        (("queue", "lst"), "mailtui queue", "invalid choice"),
        (("queue",), "mailtui queue", "required"),
        (("av", "--dmo"), "mailtui av", "--dmo; perhaps --demo?"),
        (("--nosuch", "queue", "list"), "mailtui", "--nosuch\n"),
        (("--nosuch",), "mailtui", "--nosuch\n"),
        (("cleanup", "--keep"), "mailtui cleanup", "expected one argument"),
    ],
)
def test_wrong_usage_is_told_by_the_command_that_was_asked(
    run: Run, words: tuple[str, ...], usage: str, said: str
) -> None:
    ran = run(*words)
    assert ran.code == 2
    assert ran.err.startswith(f"usage: {usage} [")
    assert said in ran.err
    assert ran.err.endswith(f"\n  see what there is: {usage} --help\n")


def test_wrong_usage_of_apply(run: Run) -> None:
    ran = run("--apply", "--chek")
    assert (ran.code, "--check?" in ran.err, "mailtui --apply --help" in ran.err) == (2, True, True)
