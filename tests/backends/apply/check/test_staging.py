"""A copy of a configuration folder: what is staged in it, all else linked, and nothing written to the live one."""

from pathlib import Path

import pytest

from backends.apply.check.staging import Staged, overlay
from backends.runner import Result


def result(code: int, stderr: bytes = b"") -> Result:
    return Result(code, b"", stderr, 0.0)


def test_what_is_staged_hides_what_is_live_and_all_else_is_linked(tmp_path: Path) -> None:
    live = tmp_path / "live"
    (live / "conf.d").mkdir(parents=True)
    (live / "conf.d" / "10-ssl.conf").write_text("ssl = yes\n")
    (live / "local.conf").write_text("old\n")
    staged = overlay({"/etc/dovecot/local.conf": b"new\n"}, tmp_path / "s", config="/etc/dovecot", live=live)
    assert (staged.root / "local.conf").read_text() == "new\n"
    assert (staged.root / "conf.d" / "10-ssl.conf").read_text() == "ssl = yes\n"
    assert (staged.root / "conf.d").is_symlink()
    assert (live / "local.conf").read_text() == "old\n"


def test_a_file_that_is_a_link_is_not_written_through(tmp_path: Path) -> None:
    live, elsewhere = tmp_path / "live", tmp_path / "elsewhere"
    live.mkdir()
    elsewhere.write_text("precious\n")
    (live / "local.conf").symlink_to(elsewhere)
    staged = overlay({"/etc/dovecot/local.conf": b"new\n"}, tmp_path / "s", config="/etc/dovecot", live=live)
    assert not (staged.root / "local.conf").is_symlink()
    assert elsewhere.read_text() == "precious\n"


@pytest.mark.parametrize(
    "path", ["/etc/other/local.conf", "/etc/dovecot/conf.d/x", "/etc/dovecot/", "local.conf"]
)
def test_a_file_of_another_folder_is_a_mistake(tmp_path: Path, path: str) -> None:
    with pytest.raises(ValueError, match="is not in /etc/dovecot"):
        overlay({path: b""}, tmp_path / "s", config="/etc/dovecot", live=tmp_path / "none")
    assert not (tmp_path / "s").exists()


def test_complaints_lose_their_lead_and_name_the_live_path() -> None:
    staged = Staged(Path("/tmp/s"), "/etc/dovecot")
    said = b"doveconf: Fatal: /tmp/s/local.conf line 9: \x1b[31mred\n\nmore\n" + b"line\n" * 9
    found = staged.complaints(result(89), said, "doveconf: ")
    assert found == ["Fatal: /etc/dovecot/local.conf line 9: ^[[31mred", "more", "line", "line", "line"]


def test_a_failure_without_a_word_is_told_by_its_exit_code() -> None:
    staged = Staged(Path("/tmp/s"), "/etc/dovecot")
    assert staged.complaints(result(89), b"", "") == ["exit code 89"]
    assert staged.complaints(result(0), b"", "") == []
