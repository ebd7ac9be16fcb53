"""A staged gld.conf: what gld would silently pass over is named, and no value ever."""

import pytest

from backends.apply.check.gld import LONGEST, check_gld
from backends.reference.manifest import load
from backends.reference.render import render
from tests.backends.reference.test_reference import values

PACKAGED = b"""\
# TCP Port gld should listen to (default is 2525)
PORT=2525
LOOPBACKONLY=1
CLIENTS=127.0.0.1/32
USER=postfix-gld
GROUP=postfix-gld
MAXCON=100
MINTIME=60
LIGHTGREY=0
MXGREY=0
WHITELIST=1
#DNSWL=toto.com
ERRACCEPT=1

SYSLOG=1
FACILITY=mail
MESSAGE=Service temporarily unavailable, please try later
TRAINING=0
SQLHOST=localhost
SQLUSER=gld
SQLPASSWD=gld
SQLDB=gld
"""
"""All that Debian's gld.conf sets, without most comments; the same in both releases."""


def test_the_packaged_file_and_the_reference_are_fine() -> None:
    (gld,) = (one for one in load("bookworm") if one.name == "gld")
    assert check_gld(PACKAGED) == []
    assert check_gld(PACKAGED + render(gld, values())["/etc/gld.conf"]) == []
    assert check_gld(b"KEEPDBOPEN=1\nSQLPASSWD=pa ss=1;$word\nMINTIME= 60 \n  # blanks\n") == []
    assert check_gld(b"") == []


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        (b"SQLPASWD=s3cret\n", "line 2: gld knows no SQLPASWD"),
        (b"PORT = 2525\n", "line 2: not KEY=value, in capitals and without spaces before `=`"),
        (b"port=2525\n", "line 2: not KEY=value"),
        (b"s3cret\n", "line 2: not KEY=value"),
        (b" SQLPASSWD=s3cret\n", "line 2: not KEY=value"),
        (b"SQLPASSWD=s3cret\r\n", "line 2: SQLPASSWD holds a control character"),
        (b"SQLPASSWD=s3\0cret\n", "line 2: SQLPASSWD holds a control character"),
        (b"PORT=s3cret\n", "line 2: PORT is not a port number"),
        (b"PORT=0\n", "line 2: PORT is not a port number"),
        (b"PORT=70000\n", "line 2: PORT is not a port number"),
        (b"MINTIME=-1\n", "line 2: MINTIME is not a number"),
        ("MINTIME=٣\n".encode(), "line 2: MINTIME is not a number"),
        (b"ERRACCEPT=yes\n", "line 2: ERRACCEPT is neither 0 nor 1"),
        (b"FACILITY=s3cret\n", "line 2: FACILITY is none of daemon, mail, local0"),
        (b"MESSAGE=" + b"x" * (LONGEST - 7) + b"\n", "line 2: longer than the 1022 bytes that gld reads"),
        (b"SQLPASSWD=s3cret", "the last line has no end, gld would cut off its last character"),
    ],
)
def test_what_is_wrong_is_named_without_its_value(line: bytes, complaint: str) -> None:
    (found,) = check_gld(b"SQLPASSWD=s3cret\n" + line)
    assert found.startswith("/etc/gld.conf")
    assert complaint in found
    assert "s3cret" not in found


def test_few_of_many_complaints_are_told() -> None:
    assert len(check_gld(b"junk\n" * 100)) == 5
