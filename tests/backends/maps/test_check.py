"""What is said of tables that the real postmap(1) built, or did not."""

import os
import time
from pathlib import Path
from threading import Event
from typing import Any, BinaryIO

import pytest

from backends.maps import check as check_module
from backends.maps.scan import Scan, scan
from tests.support.maps import Tables


def stop(path: Path, seconds: float = -100) -> None:
    """Let a file have been changed so long ago."""
    os.utime(path, (time.time() + seconds,) * 2)


def test_a_good_table(tables: Tables) -> None:
    tables.main("virtual_alias_maps = hash:$etc/virtual\n")
    tables.write("virtual", "a@b c\n# x\nB@b d\n e\n", "hash")
    about, findings = tables.checked()
    mine = next(one for one in about if one.table.path.endswith("virtual"))
    assert (findings, mine.entries, mine.size, mine.state) == ([], 2, 19, "good")


def test_no_index_a_stale_one_and_one_of_something_else(tables: Tables) -> None:
    tables.main("virtual_alias_maps = hash:$etc/virtual\n")
    tables.write("virtual", "a@b c\n")
    assert tables.said("virtual") == ["has no index: whatever asks it gets a temporary error, and mail waits"]
    tables.write("virtual", "a@b c\n", "hash")
    stop(tables.etc / "virtual.db")
    assert tables.said("virtual")[0].startswith("was changed 100s after")
    tables.write("virtual", "x@y c\n")
    stop(tables.etc / "virtual")
    stop(tables.etc / "virtual.db", 0)
    assert tables.said("virtual") == ["is not what its source says: 'x@y' is not in the index"]
    (tables.etc / "virtual.db").write_bytes(b"")
    assert "is no index" in tables.said("virtual")[0]
    (tables.etc / "virtual.db").write_bytes(b"rubbish" * 100)
    assert tables.said("virtual")
    (tables.etc / "virtual").unlink()
    assert tables.said("virtual") == [
        "its source is gone, only the index is left: nothing in it can be changed"
    ]
    (tables.etc / "virtual.db").unlink()
    assert tables.said("virtual") == ["virtual is not there"]


def test_built_with_the_wrong_tool(tables: Tables) -> None:
    tables.main(
        "alias_maps = hash:$etc/al\nalias_database = $alias_maps\nvirtual_alias_maps = hash:$etc/virtual\n"
    )
    tables.write("al", "root: ann\nbob: ann\n", "hash")
    tables.write("virtual", "a: b\nc: d\n", "hash", "postalias")
    assert tables.said("al") == ["was built with postmap: its keys end with a colon, and no alias is found"]
    assert tables.said("virtual") == ["was built with postalias, which reads another format"]
    tables.write("al", "root: ann\nbob: ann\n", "hash", "postalias")
    assert tables.said("al") == []


def test_lines_that_are_ignored_and_keys_that_are_there_twice(tables: Tables) -> None:
    tables.main("virtual_alias_maps = hash:$etc/virtual\n")
    tables.write("virtual", b' lead x\na@b c\nalone\n"open x\n\xff y\nA@B z\nn\0x y\n', "hash")
    assert tables.said("virtual") == [
        "1 ' lead x' begins with a blank, and nothing stands before it: it is ignored",
        "3 'alone' has a key without a value: it is ignored",
        "4 '\"open x' has an odd number of \": it is ignored",
        "5 '\ufffd y' is not UTF-8: it is ignored",
        "7 'n^@x y' holds a NUL: what follows it is not read",
        "6 'a@b' is there 2 times, on lines 2, 6: the first counts",
    ]
    assert tables.get("a@b", f"hash:{tables.etc}/virtual") == "c"


@pytest.mark.parametrize(
    ("parameter", "keys", "never"),
    [
        (
            "smtpd_sender_restrictions = check_sender_access",
            ["@x.test", ".x.test", "x.test", "u@", "u@x.test"],
            2,
        ),
        (
            "smtpd_client_restrictions = check_client_access",
            ["10.0.0.0/8", "10.", "u@x.test", "10", "x.test"],
            3,
        ),
        ("smtpd_helo_restrictions = check_helo_access", ["u@x.test", ".x.test", "x.test"], 2),
        ("transport_maps =", ["@x.test", "u@", ".x.test", "x.test", "u@x.test", "*"], 2),
        ("canonical_maps =", ["u@", ".x.test", "@x.test", "u", "u@x.test"], 2),
        ("sender_dependent_default_transport_maps =", ["x.test", "@x.test", "<>", "u@"], 2),
    ],
)
def test_keys_that_never_match(tables: Tables, parameter: str, keys: list[str], never: int) -> None:
    tables.main(f"{parameter} hash:$etc/keys\n")
    tables.write("keys", "".join(f"{key} x\n" for key in keys), "hash")
    said = tables.checked("keys")[1]
    assert (
        sum(1 + one.more for one in said if "never matches" in one.what)
        == never
        == len({one.what for one in said})
    )


def test_patterns_that_do_not_compile_and_entries_that_are_never_reached(tables: Tables) -> None:
    tables.main(
        "smtpd_client_restrictions = check_client_access cidr:$etc/ci\nsmtpd_helo_restrictions = check_helo_access regexp:$etc/re\n"
    )
    tables.write(
        "ci",
        "10.0.0.1/8 x\n10.0.0.0/8 y\n10.1.0.0/16 z\nfoo z\nif 1.2.3.0/24\n1.2.3.4 a\nendif\n1.2.3.4 b\n::/0 x\nfe80::1 y\n",
    )
    tables.write("re", "/(/ x\n/a/ b\n/a/ c\nif /x/\n/a/ d\nendif\n/./ e\n/z/ f\n/^y/ g\n")
    assert sorted(tables.said("ci")) == [
        '1 non-null host address bits in "10.0.0.1/8", perhaps you should use "10.0.0.0/8" instead: skipping this rule',
        "10 'fe80::1' is never reached: line 9 matches first",
        "3 '10.1.0.0/16' is never reached: line 2 matches first",
        '4 bad address pattern: "foo": skipping this rule',
    ]
    assert sorted(tables.said("re")) == [
        r"1 Unmatched ( or \(",
        "3 '/a/' is never reached: line 2 matches first",
        "8 '/z/' is never reached: line 7 matches first",
        "9 '/^y/' is never reached: line 7 matches first",
    ]
    assert [one.entries for one in tables.checked("ci", "re")[0]] == [8, 7]
    for address in ("10.1.2.3", "fe80::1"):
        assert tables.get(address, f"cidr:{tables.etc}/ci") in {"y", "x"}
    assert tables.get("zz", f"regexp:{tables.etc}/re") == "e"


def test_owners_and_modes(tables: Tables) -> None:
    tables.main(
        "virtual_alias_maps = proxy:hash:$etc/virtual\nsmtp_sasl_password_maps = hash:$etc/secret\nrelocated_maps = ldap:$etc/ldap.cf\n"
    )
    tables.write("virtual", "a@b c\n", "hash").chmod(0o660)
    tables.write("secret", "host user:password\n", "hash")
    os.chown(tables.etc / "secret", 65534, 0)
    said = tables.said("virtual") + tables.said("secret")
    assert said[0] == "virtual can be written by the group root"
    assert any("virtual cannot be read by postfix, who opens it for proxy:" in one for one in said)
    assert "secret is owned by nobody, who can change it" in said
    assert {f"{name} holds passwords, and everybody may read it" for name in ("secret", "secret.db")} <= set(
        said
    )
    (tables.etc / "secret").chmod(0o600)
    (tables.etc / "secret.db").chmod(0o600)
    assert tables.said("secret") == ["secret is owned by nobody, who can change it"]
    tables.write("ldap.cf", "bind_pw = x\n")
    assert "ldap.cf holds passwords, and everybody may read it" in tables.said("ldap.cf")
    assert "fatal: unsupported dictionary type: ldap" in tables.said("ldap.cf")[-1]


def test_what_nothing_refers_to(tables: Tables) -> None:
    tables.main(
        "alias_maps = hash:$etc/al\nalias_database = hash:$etc/old\nsmtpd_helo_restrictions = check_helo_access regexp:$etc/re\n"
    )
    tables.write("al", "a: b\n", "hash", "postalias")
    tables.write("old", "a: b\n", "hash", "postalias")
    tables.write("left", "a b\n", "hash")
    tables.write("re", "/x/ y\n", "hash")
    assert tables.said() == [
        "nothing in main.cf or master.cf refers to it",
        "re.db is built, but regexp: reads the text: nothing reads this index",
        "newaliases builds it, but it is not in alias_maps",
        "it is in alias_maps, but newaliases does not build it",
    ]


def test_what_is_no_file_is_not_opened(tables: Tables) -> None:
    """A named pipe would wait for ever."""
    tables.main("virtual_alias_maps = texthash:$etc/pipe\ncanonical_maps = texthash:$etc/folder\n")
    os.mkfifo(tables.etc / "pipe")
    (tables.etc / "folder").mkdir()
    for name in ("pipe", "folder"):
        assert any("is not a regular file" in one for one in tables.said(name))


def test_a_server_that_does_not_answer_is_given_up(tables: Tables, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("backends.maps.programs.ASKED", 1.0)
    tables.main("relocated_maps = tcp:127.0.0.1:1\ncanonical_maps = unix:passwd.byname\n")
    started = time.monotonic()
    assert tables.said("tcp:127.0.0.1:1")
    assert time.monotonic() - started < 5
    assert tables.said("unix:passwd.byname") == []


def test_a_kind_that_local_refuses(tables: Tables) -> None:
    tables.main("alias_maps = tcp:127.0.0.1:1\n")
    assert tables.said("tcp:127.0.0.1:1")[0].startswith("is refused for alias_maps (tcp:")


def test_a_source_that_is_the_same_is_not_scanned_again(
    tables: Tables, monkeypatch: pytest.MonkeyPatch
) -> None:
    tables.main("virtual_alias_maps = hash:$etc/virtual\n")
    source = tables.write("virtual", "a@x.test b\na@x.test c\n", "hash")
    assert any("2 times" in one for one in tables.said())
    scans: list[object] = []

    def scanned(*args: BinaryIO, **more: Any) -> Scan:
        scans.append(args)
        return scan(*args, **more)

    monkeypatch.setattr(check_module, "scan", scanned)
    assert any("2 times" in one for one in tables.said())
    assert not scans
    source.write_text("a@x.test b\n")
    assert not any("2 times" in one for one in tables.said())
    assert scans


def test_it_stops_within_a_source_when_told(tables: Tables) -> None:
    tables.main("virtual_alias_maps = hash:$etc/virtual\n")
    tables.write("virtual", "a@x.test b\n", "hash")
    stop = Event()
    stop.set()
    found = tables.maps.check(lambda _about: None, ["virtual"], stop)
    assert [one.what for one in found] == ["It was stopped"]
    assert not tables.said("virtual")
