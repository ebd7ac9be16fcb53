"""What the programs are asked of a staged file, and what is made of their answers; the lab asks the real ones."""

from pathlib import Path

from backends.apply.check.amavis import PACKAGED, check_amavis
from backends.apply.check.clamav import check_clamav
from backends.apply.check.dovecot import check_dovecot
from backends.apply.check.spamassassin import check_spamassassin
from tests.support.fake_runner import Expected, FakeRunner


def folder_of(tmp_path: Path, *names: str) -> tuple[Path, Path]:
    """A live folder with these files, and a new one for what is staged."""
    live, folder = tmp_path / "live", tmp_path / "staged"
    live.mkdir()
    folder.mkdir()
    for name in names:
        (live / name).write_text(f"{name}\n")
    return live, folder


def amavis(live: Path, folder: Path, answer: Expected) -> list[str]:
    files = {"/etc/amavis/conf.d/50-user": b"1;\n"}
    with FakeRunner(answer) as runner:
        return check_amavis(runner, files, folder, live=live)


def amavisd(folder: Path, stdout: bytes, code: int = 0) -> Expected:
    packaged = sorted(str(path) for path in PACKAGED.iterdir()) if PACKAGED.is_dir() else []
    read = [*packaged, f"{folder}/conf.d/01-debian", f"{folder}/50-user.read", f"{folder}/last"]
    options = [option for path in read for option in ("-c", path)]
    return Expected(
        ("env", "AMAVIS_TEST_CONFIG=1", "amavisd", *options, "test-config"), stdout=stdout, code=code
    )


def test_amavisd_reads_all_that_run_parts_would_name_and_tells_of_the_staged_file(tmp_path: Path) -> None:
    live, folder = folder_of(tmp_path, "50-user", "01-debian", "50-user.dpkg-old", "60~")
    said = f'Error in config file "{folder}/50-user.read": Global symbol "$x" at {folder}/conf.d/50-user line 7.\n'
    found = amavis(live, folder, amavisd(folder, said.encode(), 1))
    assert found == ['Global symbol "$x" at /etc/amavis/conf.d/50-user line 7.']


def test_amavisd_must_come_to_the_end(tmp_path: Path) -> None:
    live, folder = folder_of(tmp_path, "01-debian")
    assert amavis(live, folder, amavisd(folder, b"all read\n")) == []


def test_a_file_that_ends_amavisd_is_refused(tmp_path: Path) -> None:
    live, folder = folder_of(tmp_path, "01-debian")
    assert amavis(live, folder, amavisd(folder, b"")) == ["amavis ends while it reads its configuration"]


def test_spamassassin_lints_the_copy_in_a_home_of_its_own(tmp_path: Path) -> None:
    live, folder = folder_of(tmp_path, "local.cf")
    said = f"config: failed to parse line in {folder}/site/mailtui.cf (line 1): x\n".encode()
    argv = ("perl", "-T", f"{folder}/lint", f"{folder}/site", f"{folder}/home")
    with FakeRunner(Expected(argv, stderr=said, code=1)) as runner:
        found = check_spamassassin(runner, {"/etc/spamassassin/mailtui.cf": b"x\n"}, folder, live=live)
    assert found == ["failed to parse line in /etc/spamassassin/mailtui.cf (line 1): x"]
    assert (folder / "site" / "local.cf").read_text() == "local.cf\n"


def test_doveconf_opens_certificates_only_once_the_rest_is_right(tmp_path: Path) -> None:
    live, folder = folder_of(tmp_path, "dovecot.conf")
    said = f"doveconf: Fatal: Error in {folder}/local.conf line 6: ssl_cert: Can't open file /nope\n".encode()
    main = f"{folder}/dovecot.conf"
    asked = (
        Expected(("doveconf", "-c", main, "-n"), stderr=b"doveconf: Warning: obsolete\n"),
        Expected(("doveconf", "-c", main, "-x", "protocols"), stderr=said, code=89),
    )
    with FakeRunner(*asked) as runner:
        found = check_dovecot(runner, {"/etc/dovecot/local.conf": b"x\n"}, folder, live=live)
    assert found == ["Fatal: Error in /etc/dovecot/local.conf line 6: ssl_cert: Can't open file /nope"]


def test_each_program_of_clamav_reads_its_file_where_there_is_one(tmp_path: Path) -> None:
    live, folder = folder_of(tmp_path)
    said = f"ERROR: Parse error at {folder}/freshclam.conf:28: Unknown option X\n".encode()
    argv = ("freshclam", f"--config-file={folder}/freshclam.conf", "--version")
    with FakeRunner(Expected(argv, stderr=said, code=2)) as runner:
        found = check_clamav(runner, {"/etc/clamav/freshclam.conf": b"X 1\n"}, folder, live=live)
    assert found == ["Parse error at /etc/clamav/freshclam.conf:28: Unknown option X"]
