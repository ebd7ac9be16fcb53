"""What a machine is: os-release and dpkg as they are, and as they may be."""

import subprocess
from hashlib import md5
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backends.apply.machine.facts import Facts, facts, parse_packages, release_of
from backends.errors import Missing
from backends.runner import LocalRunner

BOOKWORM = b'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nID=debian\nVERSION_CODENAME=bookworm\n'


@pytest.mark.parametrize("release", ["bookworm", "trixie"])
def test_the_two_releases(release: str) -> None:
    assert release_of(BOOKWORM.replace(b"bookworm", release.encode())) == release


@pytest.mark.parametrize(
    ("content", "named"),
    [
        (b'PRETTY_NAME="Ubuntu 24.04"\nID=ubuntu\nID_LIKE=debian\nVERSION_CODENAME=noble\n', "Ubuntu 24.04"),
        (BOOKWORM.replace(b"=bookworm", b"=bullseye").replace(b"12 (bookworm)", b"11 (bullseye)"), "11"),
        (BOOKWORM.replace(b"ID=debian", b"ID=evil\x1b[31m"), "bookworm"),
        (b"", "an unknown system"),
    ],
)
def test_any_other_system_is_left_alone(content: bytes, named: str) -> None:
    with pytest.raises(Missing, match="nothing was touched") as raised:
        release_of(content)
    assert named in str(raised.value)
    assert "\x1b" not in str(raised.value)
    assert raised.value.exit_code == 3


def test_packages_and_their_files() -> None:
    lines = [
        "amavisd-new ii ",
        " /etc/amavis/conf.d/50-user c8bb4c6e4d8b0bd0b8e27b4a5b8fbf3e",
        " /etc/old 00000000000000000000000000000000 obsolete",
        "",
        "half iF ",
        " /etc/new newconffile",
        "gone rc ",
    ]
    packages, packaged = parse_packages(lines)
    assert packages == {"amavisd-new"}
    assert list(packaged) == ["/etc/amavis/conf.d/50-user", "/etc/old"]


@given(st.lists(st.text(max_size=40)))
def test_any_lines_are_read(lines: list[str]) -> None:
    packages, packaged = parse_packages(lines)
    assert all(packages)
    assert all(path.startswith("/") for path in packaged)


def test_a_pristine_file_is_known() -> None:
    content = b"as packaged\n"
    found = Facts("bookworm", frozenset(), {"/etc/x": md5(content, usedforsecurity=False).hexdigest()})
    assert found.pristine("/etc/x", content)
    assert not found.pristine("/etc/x", content + b"mine\n")
    assert not found.pristine("/etc/y", content)


@pytest.mark.skipif(not Path("/usr/bin/dpkg-query").exists(), reason="this is no Debian")
def test_as_dpkg_says_it(tmp_path: Path) -> None:
    (tmp_path / "os-release").write_bytes(BOOKWORM)
    runner = LocalRunner()
    found = facts(runner, tmp_path / "os-release")
    runner.close()
    listed = subprocess.run(["dpkg", "--list", "dpkg"], capture_output=True, text=True, check=True).stdout
    assert "ii  dpkg" in listed
    assert "dpkg" in found.packages
    assert len(found.packages) > 50
    assert found.pristine("/etc/dpkg/dpkg.cfg", Path("/etc/dpkg/dpkg.cfg").read_bytes())
