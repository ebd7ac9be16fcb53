"""The panes as they are registered, and as the rules of who imports whom name them."""

import tomllib
from pathlib import Path
from typing import get_args

from backends.health.values import Place
from mailtui.panes.registry import PANES

ROOT = Path(__file__).parents[2]


def test_every_pane_is_among_those_that_do_not_import_one_another() -> None:
    rules = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    by_name = {rule["name"]: rule for rule in rules}
    panes = {f"mailtui.panes.{entry.folder}" for entry in PANES}
    assert set(by_name["panes do not import panes"]["modules"]) == panes
    forbidden = by_name["what panes share knows none of them"]["forbidden_modules"]
    assert set(forbidden) == {*panes, "mailtui.panes.registry"}


def test_every_folder_of_a_pane_is_registered() -> None:
    folders = {path.parent.name for path in (ROOT / "mailtui" / "panes").glob("*/pane.py")}
    assert folders - {"listed"} == {entry.folder for entry in PANES}
    assert [entry.key for entry in PANES] == sorted(entry.key for entry in PANES)


def test_health_goes_to_the_panes_of_its_mends() -> None:
    assert set(get_args(Place)) <= {"", *(entry.folder for entry in PANES)}
