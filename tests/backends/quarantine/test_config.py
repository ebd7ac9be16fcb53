import os
from pathlib import Path

import pytest

from backends.errors import NotPermitted
from backends.quarantine.config import Amavis, configured, parse
from tests.backends.quarantine.making import NOBODY

DEBIAN = (
    (
        "use strict;\n# $MYHOME = '/elsewhere';\n$MYHOME   = '/var/lib/amavis'; # a convenient default\n"
        '$TEMPBASE = "$MYHOME/tmp";     # working directory\n$ENV{TMPDIR} = $TEMPBASE;\n1;  # insure a defined return\n'
    ),
    'use strict;\n$QUARANTINEDIR = "$MYHOME/virusmails";\n$quarantine_subdir_levels = 1; # hashing\n1;\n',
)


def test_as_debian_has_it() -> None:
    assert parse(DEBIAN) == Amavis()
    assert parse(DEBIAN).quarantine == "/var/lib/amavis/virusmails"
    assert parse(DEBIAN).work == "/var/lib/amavis/tmp"


def test_nothing_at_all_is_as_debian_has_it(tmp_path: Path) -> None:
    assert configured([tmp_path / "none"]) == Amavis()


@pytest.mark.parametrize(
    ("text", "folder"),
    [
        ("$QUARANTINEDIR = '/srv/quarantine';", "/srv/quarantine"),
        ('  our $QUARANTINEDIR="/srv/${MYHOME}";', "/srv//var/lib/amavis"),
        ("$QUARANTINEDIR =\n  '/srv/q';\n", "/srv/q"),
        ("$QUARANTINEDIR = '/srv/a';\n$QUARANTINEDIR = '/srv/b';", "/srv/b"),
        ("#$QUARANTINEDIR = '/srv/q';", "/var/lib/amavis/virusmails"),
        ("=pod\n\n$QUARANTINEDIR = '/srv/q';\n\n=cut\n", "/var/lib/amavis/virusmails"),
        ("__END__\n$QUARANTINEDIR = '/srv/q';\n", "/var/lib/amavis/virusmails"),
        ("if ($QUARANTINEDIR == 1) { 1; }", "/var/lib/amavis/virusmails"),
        ("$QUARANTINEDIR = undef;", ""),
        ("$QUARANTINEDIR = '';", ""),
        ("$QUARANTINEDIR = $ENV{Q};", None),
        ('$QUARANTINEDIR = "$other/q";', None),
        ('$QUARANTINEDIR = "/srv/@x";', None),
        ("$QUARANTINEDIR = '/srv/' . 'q';", None),
        ("$QUARANTINEDIR = '/srv/q\\'';", None),
        ("$QUARANTINEDIR = qq{/srv/q};", None),
    ],
)
def test_where_the_quarantine_is(text: str, folder: str | None) -> None:
    assert parse([*DEBIAN, text]).quarantine == folder


def test_methods_of_the_site_and_its_policy_banks() -> None:
    text = """
$spam_quarantine_method = 'local:W%P/spam/%m.gz';
$banned_files_quarantine_method = "local:b/%m";
# $virus_quarantine_method = 'local:x-%m';
$policy_bank{'X'} = { bad_header_quarantine_method => 'local:bad-%m', 'clean_quarantine_method' => 'local:c-%m' };
$archive_quarantine_method = undef;
$mail_id_size_bits = 96;
"""
    found = parse([*DEBIAN, text])
    assert found.methods == (
        ("spam", "local:W%P/spam/%m.gz"),
        ("banned", "local:b/%m"),
        ("badh", "local:bad-%m"),
        ("clean", "local:c-%m"),
    )
    assert found.id_bits == 96
    assert found.naming.kind("A/bad-ATXQBcuaoJ-2abcd") == "badh"


@pytest.mark.parametrize("bits", ["0", "73", "144", "99999999", "'x'"])
def test_a_size_of_mail_ids_that_cannot_be(bits: str) -> None:
    assert parse([f"$mail_id_size_bits = {bits};"]).id_bits == 72


def test_files_are_read_in_the_order_of_run_parts(tmp_path: Path) -> None:
    for name, folder in (("50-user", "last"), ("20-x", "first"), ("60-y.dpkg-old", "no"), ("70~", "no")):
        (tmp_path / name).write_text(f"$QUARANTINEDIR = '/srv/{folder}';\n")
    (tmp_path / "80-folder").mkdir()
    assert configured([tmp_path]).quarantine == "/srv/last"


def test_a_file_that_is_too_large_is_said(tmp_path: Path) -> None:
    (tmp_path / "50-user").write_text("#" * (1 << 21))
    with pytest.raises(NotPermitted, match="larger than"):
        configured([tmp_path])


@pytest.mark.usefixtures("root_only")
def test_a_file_that_cannot_be_read_is_said(tmp_path: Path) -> None:
    (tmp_path / "50-user").write_text("1;")
    (tmp_path / "50-user").chmod(0)
    folder = os.open(tmp_path, os.O_RDONLY)
    pid = os.fork()
    if pid == 0:
        os.setresuid(NOBODY, NOBODY, NOBODY)
        try:
            configured([Path(f"/proc/self/fd/{folder}")])
        except NotPermitted:
            os._exit(7)
        finally:
            os._exit(8)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 7
