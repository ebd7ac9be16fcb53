"""The user's file and the environment: what is taken, what is left out and how that is named."""

import os
from pathlib import Path

import pytest

from mailtui.preferences import Preferences, config_file, preferences


def _file(home: Path, content: str) -> Path:
    file = home / ".config" / "mailtui" / "config.toml"
    file.parent.mkdir(parents=True)
    file.write_text(content)
    file.chmod(0o600)
    return file


def test_where_it_is() -> None:
    assert config_file({"HOME": "/home/ann"}) == Path("/home/ann/.config/mailtui/config.toml")
    assert config_file({"HOME": "/home/ann", "XDG_CONFIG_HOME": "/x"}) == Path("/x/mailtui/config.toml")
    assert config_file({"HOME": "/home/ann", "XDG_CONFIG_HOME": "x"}) == Path(
        "/home/ann/.config/mailtui/config.toml"
    )
    assert config_file({}) is None


def test_none_decides_nothing(tmp_path: Path) -> None:
    assert preferences({"HOME": str(tmp_path)}) == preferences({}) == Preferences()


def test_all_of_it(tmp_path: Path) -> None:
    _file(
        tmp_path,
        'theme = "mailtui-light"\ninterval = "2m"\nplain = true\nread_only = true\npane = "scores"\n'
        '[keys]\n"queue.hold" = "ctrl+h"\n',
    )
    found = preferences({"HOME": str(tmp_path)})
    assert found == Preferences("mailtui-light", 120.0, True, True, "scores", {"queue.hold": "ctrl+h"})


def test_the_environment_wins(tmp_path: Path) -> None:
    _file(tmp_path, 'theme = "a"\nread_only = true\npane = 4\n')
    said = {"MAILTUI_THEME": "b", "MAILTUI_READ_ONLY": "0", "MAILTUI_INTERVAL": "3", "MAILTUI_PLAIN": "yes"}
    found = preferences({"HOME": str(tmp_path), **said})
    assert found == Preferences("b", 3.0, plain=True, read_only=False, pane="4")
    assert preferences({"HOME": str(tmp_path), "NO_COLOR": "1"}).theme == ""


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("interval = true", "interval cannot be 'True'; for example interval = \"10s\""),
        ("interval = 0.1", "interval less than half a second"),
        ('interval = "soon"', "interval 'soon' is not an age"),
        ("plain = 1", "plain cannot be '1'; for example plain = true"),
        ('read_only = "yes"', "read_only cannot be 'yes'"),
        ("pane = true", "pane cannot be 'True'"),
        ("pane = 7.5", "pane cannot be '7.5'"),
        ("keys = 7", "keys cannot be '7'; for example [keys]"),
        ("[keys]\nhold = 7", '[keys]: hold cannot be \'7\'; for example "queue.hold" = "ctrl+h"'),
        ("[keys]\nqueue.hold.x = 'a'", "[keys]: queue.hold cannot be"),
        ('"\\u001b[31m" = 1', "there is no setting '^[[31m', only theme, interval"),
    ],
)
def test_a_mistake_is_named_and_the_rest_counts(tmp_path: Path, line: str, said: str) -> None:
    file = _file(tmp_path, f'theme = "a"\n{line}\n')
    found = preferences({"HOME": str(tmp_path)})
    assert found.theme == "a"
    assert len(found.wrong) == 1
    assert said in found.wrong[0]
    assert found.wrong[0].startswith(str(file))


def test_one_wrong_key_leaves_the_others(tmp_path: Path) -> None:
    _file(tmp_path, '[keys]\n"queue.hold" = "ctrl+h"\nqueue.release = "ctrl+r"\n"maps.set" = 7\n"a" = [1]\n')
    found = preferences({"HOME": str(tmp_path)})
    assert found.keys == {"queue.hold": "ctrl+h", "queue.release": "ctrl+r"}
    assert len(found.wrong) == 2


@pytest.mark.parametrize(
    "content", ["theme = ", "\x00", "[" * 5000, "a = 1\n" * 20_000, 'theme = "a"\ntheme = "b"']
)
def test_what_is_no_toml_is_not_used(tmp_path: Path, content: str) -> None:
    _file(tmp_path, content)
    found = preferences({"HOME": str(tmp_path)})
    assert found == Preferences(wrong=found.wrong)
    assert len(found.wrong) == 1
    assert "is not used: " in found.wrong[0]


def test_what_others_can_write_is_not_used(tmp_path: Path) -> None:
    file = _file(tmp_path, 'theme = "a"\n')
    file.chmod(0o620)
    assert "others can write it; chmod go-w" in preferences({"HOME": str(tmp_path)}).wrong[0]
    if os.geteuid() == 0:
        file.chmod(0o600)
        os.chown(file, 1, 1)
        assert (
            "belongs to another user; with sudo, use sudo -H" in preferences({"HOME": str(tmp_path)}).wrong[0]
        )
    file.unlink()
    os.mkfifo(file)
    assert "not a plain file" in preferences({"HOME": str(tmp_path)}).wrong[0]
