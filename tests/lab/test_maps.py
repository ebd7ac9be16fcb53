"""Lookup tables of every kind on real Debian machines: listed, linted, asked, changed and built by the installed program."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.lab.image import POSTFIX, Flavour
from tests.lab.install import install
from tests.lab.machine import Machine

MAPS = Flavour(
    name="maps",
    packages=("postfix", "postfix-pcre", "postfix-lmdb", "postfix-cdb"),
    debconf=POSTFIX.debconf,
    setup=POSTFIX.setup,
)
BUILT = ("hash", "btree", "lmdb", "cdb")
ETC = "/etc/postfix"
FILES = {
    **{f"t_{kind}": f"ann@{kind}.test\tann, bob\n" for kind in (*BUILT, "texthash")},
    "t_regexp": "/^x(.)/\tREJECT $1\n",
    "t_pcre": "/^(?i)y(?=z)/\tREJECT pcre\n/^(?i)y(?=z)/\tOK\n/(/\tOK\n",
    "t_cidr": "198.51.100.0/24\tREJECT\n198.51.100.7/32\tOK\n",
}
VIRTUAL = (
    *(f"{kind}:{ETC}/t_{kind}" for kind in BUILT),
    f"proxy:texthash:{ETC}/t_texthash",
    "inline:{ann@inline.test=carol}",
    f"unionmap:{{hash:{ETC}/t_hash,static:dora}}",
)
SETTINGS = (
    f"virtual_alias_maps={' '.join(VIRTUAL)}",
    f"smtpd_helo_restrictions=check_helo_access regexp:{ETC}/t_regexp, check_helo_access pcre:{ETC}/t_pcre",
    f"smtpd_client_restrictions=check_client_access cidr:{ETC}/t_cidr, check_client_access static:DUNNO",
    "smtpd_sender_restrictions=check_sender_access pipemap:{inline:{x@y.test=z},inline:{z=REJECT}}",
)


@pytest.fixture(scope="module")
def server(release: str) -> Iterator[Machine]:
    """A machine with a table of every kind."""
    with Machine(release, MAPS) as machine:
        install(machine)
        for name, text in FILES.items():
            machine.path(f"{ETC}/{name}").write_text(text)
        for kind in BUILT:
            machine.run(["postmap", f"{kind}:{ETC}/t_{kind}"])
        machine.run(["postconf", "-e", *SETTINGS])
        machine.run(["postfix", "reload"])
        yield machine


def mailtui(server: Machine, *words: str, code: int = 0) -> str:
    done = server.run(["mailtui", "maps", *words], check=False)
    assert done.returncode == code, (done.stdout, done.stderr)
    return str(done.stdout)


def found(text: str) -> list[Any]:
    return [json.loads(line) for line in text.splitlines()]


def test_every_kind_is_listed_and_counted(server: Machine) -> None:
    rows = {one["name"]: one for one in found(mailtui(server, "--json"))}
    for kind in (*BUILT, "texthash"):
        one = rows[f"{kind}:{ETC}/t_{kind}"]
        assert (one["entries"], one["state"]) == (1, "good"), one
    assert rows[f"regexp:{ETC}/t_regexp"]["state"] == "good"
    assert "static:DUNNO" in rows
    assert "inline:{ann@inline.test=carol}" in rows
    assert any(name.startswith("unionmap:{") for name in rows)
    assert rows["hash:/etc/aliases"]["entries"] >= 1
    assert rows["hash:/etc/aliases"]["state"] == "good"


def test_what_is_wrong_is_said(server: Machine) -> None:
    said = {
        (one["table"], one["line"]): one["what"] for one in found(mailtui(server, "lint", "--json", code=1))
    }
    assert "line 1 matches first" in said[f"pcre:{ETC}/t_pcre", 2]
    assert (f"pcre:{ETC}/t_pcre", 3) in said
    assert "line 1 matches first" in said[f"cidr:{ETC}/t_cidr", 2]


def test_a_key_goes_through_all_kinds(server: Machine) -> None:
    for kind in (*BUILT, "texthash"):
        (one,) = found(
            mailtui(server, "lookup", f"ann+x@{kind}.test", "--parameter", "virtual_alias_maps", "--json")
        )[:1]
        # without recipient_delimiter the whole address counts, and unionmap's static: answers for it
        assert one["answer"]["answer"].endswith("dora"), one
        (one,) = found(mailtui(server, "lookup", f"ann@{kind}.test", "--map", f"t_{kind}", "--json"))[:1]
        assert one["answer"]["table"] == f"{kind}:{ETC}/t_{kind}", one
    (one,) = found(mailtui(server, "lookup", "yZ.test", "--map", "t_pcre", "--json"))
    assert one["answer"]["answer"] == "REJECT pcre"
    (one,) = found(mailtui(server, "lookup", "x@y.test", "--parameter", "check_sender_access", "--json"))
    assert one["answer"]["answer"] == "REJECT"


@pytest.mark.parametrize("kind", [*BUILT, "texthash"])
def test_an_entry_is_set_and_taken_back(server: Machine, kind: str) -> None:
    name, table = f"t_{kind}", f"{kind}:{ETC}/t_{kind}"
    mailtui(server, "set", name, "dora@x.test", "dora", "--yes")
    assert server.run(["postmap", "-q", "dora@x.test", table]).stdout == "dora\n"
    mailtui(server, "undo")
    assert server.run(["postmap", "-q", "dora@x.test", table], check=False).stdout == ""
    assert server.path(f"{ETC}/{name}").read_text() == FILES[name]
    assert not [path for path in server.path(ETC).iterdir() if "mailtui" in path.name]


def test_what_the_running_postfix_sees(server: Machine) -> None:
    """A change counts without a reload, for the index is replaced, not written into."""
    mailtui(server, "set", "t_hash", "zoe@example.test", "root@localhost", "--yes")
    said = server.run(["sendmail", "-bv", "zoe@example.test"], check=False)
    assert said.returncode == 0
    mailtui(server, "remove", "t_hash", "zoe@example.test", "--yes")


def test_stale_indexes_are_built_with_the_right_tool(server: Machine) -> None:
    for kind in BUILT:
        server.run(
            [
                "touch",
                "-d",
                "2001-01-01",
                *(
                    f"{ETC}/t_{kind}{end}"
                    for end in (".db", ".lmdb", ".cdb")
                    if server.path(f"{ETC}/t_{kind}{end}").exists()
                ),
            ]
        )
    server.run(["rm", "/etc/aliases.db"])
    assert len(mailtui(server, "rebuild", "--dry-run").splitlines()) == 5
    mailtui(server, "rebuild")
    assert mailtui(server, "rebuild") == "No index is missing or older than its source\n"
    assert server.run(["postmap", "-q", "root", "hash:/etc/aliases"]).stdout
    assert server.run(["postmap", "-q", "ann@lmdb.test", f"lmdb:{ETC}/t_lmdb"]).stdout == "ann, bob\n"


def test_edited_in_an_editor(server: Machine) -> None:
    script = server.path("/usr/local/bin/append")
    script.write_text("#!/bin/sh\nprintf '/^q/\\tOK\\n' >> \"$2\"\n")
    script.chmod(0o755)
    server.run(["env", "EDITOR=append --now", "mailtui", "maps", "edit", "t_regexp", "--yes"])
    assert server.run(["postmap", "-q", "quux", f"regexp:{ETC}/t_regexp"]).stdout == "OK\n"
