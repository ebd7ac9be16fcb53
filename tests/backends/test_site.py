"""The site file: defaults without one, settings from it, and a sentence for every mistake in it."""

import contextlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backends.errors import BadRequest, Failed
from backends.site import Site, load_site


def test_without_a_file_the_defaults_hold(tmp_path: Path) -> None:
    assert load_site(tmp_path / "site.toml") == Site()
    assert Site().queue.kept_for == 86400.0


def test_for_how_long_a_deletion_is_kept(tmp_path: Path) -> None:
    file = tmp_path / "site.toml"
    file.write_text('[queue]\nundo = "3d"\n')
    assert load_site(file).queue.kept_for == 3 * 86400.0


@pytest.mark.parametrize(
    ("content", "named"),
    [
        ('[queue]\nundo = "soon"', "soon.*queue.undo"),
        ('[queue]\nundo = "0"', "too short.*queue.undo"),
        ("[queue]\nundo = 3", "queue.undo"),
        ('[queue]\nund = "3d"', "unknown field `und`.*queue"),
        ("[quee]\n", "unknown field `quee`"),
        ("queue = 1", "queue"),
        ("[queue", "end of document"),
        ('a = "\x1b[31m"', "line 1"),
    ],
)
def test_a_mistake_is_named_with_an_example(tmp_path: Path, content: str, named: str) -> None:
    file = tmp_path / "site.toml"
    file.write_text(content)
    with pytest.raises(BadRequest, match=named) as raised:
        load_site(file)
    assert "site.toml" in str(raised.value)
    assert "\x1b" not in str(raised.value)
    assert 'undo = "24h"' in raised.value.hint


@given(st.binary(max_size=200))
def test_any_bytes_are_settings_or_a_mistake(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    file = tmp_path_factory.getbasetemp() / "any.toml"
    file.write_bytes(content)
    with contextlib.suppress(BadRequest):
        assert isinstance(load_site(file), Site)


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "other").write_text('[queue]\nundo = "3d"\n')
    (tmp_path / "site.toml").symlink_to(tmp_path / "other")
    with pytest.raises(Failed, match="symbolic link"):
        load_site(tmp_path / "site.toml")
