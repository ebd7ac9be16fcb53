"""`mailtui maps …` on a host whose tables are the demo host's, and on real ones."""

import json
import os
import pty
import subprocess
import sys
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from mailtui.cli.main import main
from tests.mailtui.cli.conftest import Run
from tests.mailtui.cli.fake import HOSTILE, FakeHost
from tests.support.maps import Tables, why_not


def lines(text: str) -> list[Any]:
    return [json.loads(line) for line in text.splitlines()]


def test_without_a_command_the_tables_are_listed(run: Run) -> None:
    shown = run("maps")
    assert shown.code == 0
    assert shown.out == run("maps", "list").out
    assert "hash:/etc/postfix/virtual" in shown.out
    assert lines(run("maps", "--json").out) == lines(run("maps", "list", "--json").out)
    problems = lines(run("maps", "list", "--problems", "--json").out)
    assert all(one["findings"] for one in problems)
    assert len(problems) < len(lines(run("maps", "--json").out))


def test_what_to_do_is_said_whole(run: Run) -> None:
    assert "see what is wrong with 3 of them, and what to do: mailtui maps lint" in run("maps").err
    assert "lint" not in run("maps", "--json").err
    assert "mailtui maps set virtual a@b VALUE" in run("maps", "set", "virtual", "a@b").err
    assert "mailtui maps show /etc/postfix/virtual" in run("maps", "remove", "virtual", "nobody").err
    assert (
        "mailtui maps set /etc/postfix/virtual u@ VALUE --even-unused"
        in run("maps", "set", "virtual", "u@", "x").err
    )
    assert "--list" not in run("maps", "undo").err


def test_what_newaliases_builds_is_not_looked_up_for_that(run: Run) -> None:
    assert run("maps", "lookup", "aliases", "root").out == "alias_maps\n  root  hash:/etc/aliases  → alice\n"


def test_what_is_wrong(run: Run) -> None:
    shown = run("maps", "lint")
    assert shown.code == 1
    for part in ("never matches", "the first counts", "never reached"):
        assert part in shown.out
    assert run("maps", "lint", "aliases").code == 0
    assert {one["level"] for one in lines(run("maps", "lint", "--json").out)} == {"bad"}
    assert run("maps", "lint", "nothing").code == 3


def test_one_table(run: Run) -> None:
    shown = run("maps", "show", "aliases")
    assert "used by  alias_maps" in shown.out
    assert [one["key"] for one in lines(run("maps", "show", "aliases", "--json").out)] == [
        "postmaster",
        "abuse",
        "root",
    ]
    assert len(lines(run("maps", "show", "aliases", "--json", "--limit", "1").out)) == 1
    assert "more than 1" in run("maps", "show", "aliases", "--limit", "1").err


def test_a_key_is_looked_up_step_by_step(run: Run) -> None:
    shown = run("maps", "lookup", "someone@sub.slow.example", "--map", "transport")
    assert shown.code == 1
    assert ".slow.example" in shown.out
    assert run("maps", "lookup", "x@slow.example", "--map", "transport").out.endswith("→ slow:\n")
    assert "→ REJECT not from you" in run("maps", "lookup", "198.51.100.7").out
    assert run("maps", "lookup", "x", "--parameter", "nothing").code == 3
    assert run("maps", "lookup", "a\nb").code == 2


def test_changes_are_shown_made_and_taken_back(run: Run, host: FakeHost) -> None:
    before = host.maps.content("transport")
    dry = run("maps", "set", "transport", "new.example", "smtp:", "--dry-run")
    assert "+new.example    smtp:" in dry.out
    assert host.maps.content("transport") == before
    assert run("maps", "set", "transport", "new.example", "smtp:", "--yes").code == 0
    assert run("maps", "remove", "transport", "slow.example", "--yes").code == 0
    assert [one["what"].partition(" ")[0] for one in lines(run("maps", "undo", "--list", "--json").out)] == [
        "remove",
        "set",
    ]
    run("maps", "undo")
    assert b"slow.example" in host.maps.content("transport")
    assert "nothing changes" in run("maps", "set", "transport", "new.example", "smtp:").out


def test_key_and_table_are_told_apart_where_they_can_be(run: Run) -> None:
    named = run("maps", "lookup", "x@slow.example", "--map", "transport")
    assert "→ slow:" in named.out
    assert run("maps", "lookup", "transport", "x@slow.example") == named
    assert run("maps", "lookup", "x@slow.example", "transport") == named
    both = run("maps", "lookup", "transport", "aliases")
    assert both.code == 2
    assert "mailtui maps lookup transport --map aliases" in both.err
    assert run("maps", "lookup", "transport", "--map", "aliases").code == 1
    assert "mailtui maps list" in run("maps", "lookup", "x@slow.example", "no-table").err
    twice = run("maps", "lookup", "virtual", "x@slow.example", "--map", "transport")
    assert twice.code == 2
    assert "mailtui maps lookup" in twice.err


def test_undo_takes_the_options_of_what_acts(run: Run, host: FakeHost) -> None:
    before = host.maps.content("transport")
    run("maps", "set", "transport", "new.example", "smtp:", "--yes")
    assert run("maps", "undo", "--dry-run", "--yes").code == 0
    assert host.maps.content("transport") != before
    assert run("maps", "undo", "1", "--yes").code == 0
    assert host.maps.content("transport") == before


def test_changes_are_confirmed_and_what_may_not_be_is_not_done(run: Run, host: FakeHost) -> None:
    before = host.maps.content("transport")
    for words in (("set", "transport", "new.example", "smtp:"), ("remove", "transport", "slow.example")):
        refused = run("maps", *words)
        assert refused.code == 5
        assert "say --yes" in refused.err
        assert "/etc/postfix/transport" in refused.err
    assert host.maps.content("transport") == before
    assert run("--read-only", "maps", "set", "transport", "a", "b").code == 5
    assert run("maps", "set", "client_access", "10.0.0.0/8", "OK").code == 2


def test_a_key_that_never_matches_is_refused(run: Run, host: FakeHost) -> None:
    refused = run("maps", "set", "sender_access", "@bad.example", "REJECT", "--yes")
    assert refused.code == 5
    assert "would never match" in refused.err
    assert "--even-unused" in refused.err
    assert b"bad.example" not in host.maps.content("sender_access")
    assert run("maps", "set", "sender_access", "@bad.example", "REJECT", "--yes", "--even-unused").code == 0
    assert b"@bad.example\tREJECT" in host.maps.content("sender_access")


def test_a_key_is_judged_before_its_value_is_asked_for(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mailtui.cli.maps.act.value_of", lambda _session: pytest.fail("it was asked for"))
    assert "would never match" in run("maps", "set", "sender_access", "@bad.example", "--yes").err
    assert "is no key" in run("maps", "set", "sender_access", "bad example", "--yes").err


def test_an_address_among_aliases_is_refused_with_what_finds_it_and_what_does_not(run: Run) -> None:
    refused = run("maps", "set", "aliases", "ann@mx1.example.org", "bob", "--yes")
    assert refused.code == 5
    assert "in alias_maps: it is a mail address, and local(8) looks up names alone" in refused.err
    assert run("maps", "set", "aliases", "ann", "bob", "--yes").code == 0


def test_a_value_comes_from_standard_input(run: Run, host: FakeHost, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", StringIO("smtp:[a b]\nanother line\n"))
    assert run("maps", "set", "transport", "new.example", "-", "--yes").code == 0
    assert b"new.example\tsmtp:[a b]\n" in host.maps.content("transport")
    monkeypatch.setattr("sys.stdin", StringIO(""))
    assert run("maps", "set", "transport", "new.example", "-", "--yes").code == 2
    assert run("maps", "set", "transport", "new.example", "--yes").code == 2


def test_hostile_text_commands_nothing(run: Run, tmp_path: Path) -> None:
    source = tmp_path / "new"
    source.write_bytes(f"a@b {HOSTILE}\n".encode("utf-8", "surrogateescape"))
    for words in (
        ("edit", "virtual", "--from", str(source), "--yes"),
        ("show", "virtual"),
        ("lookup", HOSTILE),
        ("lint", HOSTILE),
    ):
        shown = run("maps", *words)
        assert not {char for char in shown.out + shown.err if ord(char) < 0x20 and char != "\n"}
        assert "\u202e" not in shown.out + shown.err


def test_an_edit_is_confirmed(run: Run, host: FakeHost, tmp_path: Path) -> None:
    source = tmp_path / "new"
    source.write_text("a@b c\n")
    assert run("maps", "edit", "virtual", "--from", str(source)).code == 5
    assert run("maps", "edit", "virtual", "--from", str(source), "--yes").code == 0
    assert host.maps.content("virtual") == b"a@b c\n"
    assert run("maps", "edit", "virtual", "--from", str(tmp_path / "no")).code == 5


def test_an_editor_is_given_a_copy(
    run: Run, host: FakeHost, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    editor = tmp_path / "editor"
    editor.write_text(f"#!{sys.executable}\nimport sys\nopen(sys.argv[2], 'a').write('z@z z\\n')\n")
    editor.chmod(0o755)
    monkeypatch.setenv("VISUAL", f"{editor} -x")
    assert run("maps", "edit", "virtual", "--yes").code == 0
    assert host.maps.content("virtual").endswith(b"z@z z\n")
    refused = run("maps", "edit", "virtual")
    assert refused.code == 5
    (kept,) = [Path(line.partition(" is in ")[2]) for line in refused.err.splitlines() if " is in " in line]
    assert kept.read_bytes().endswith(b"z@z z\nz@z z\n")
    kept.unlink()
    kept.parent.rmdir()
    monkeypatch.setenv("VISUAL", "false")
    assert run("maps", "edit", "virtual", "--yes").code == 1
    monkeypatch.setenv("VISUAL", "no-such-editor")
    assert run("maps", "edit", "virtual", "--yes").code == 3


def test_real_tables(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    if reason := why_not():
        pytest.skip(reason)
    tables = Tables(tmp_path)
    tables.main("virtual_alias_maps = hash:$etc/virtual\n")
    tables.write("virtual", "a@b c\n")

    class Real(FakeHost):
        maps = tables.maps

    def call(*words: str) -> tuple[int, str]:
        code = main(["maps", *words], lambda _: Real())
        return code, capsys.readouterr().out

    assert "✖ hash:" in call("lint")[1]
    assert "build it" in call("lint", "virtual")[1]
    assert call("rebuild")[0] == 0
    assert call("lint", "virtual")[0] == 0
    assert call("set", "virtual", "d@e", "f", "--yes")[1].endswith("undo with: mailtui maps undo 1\n")
    assert tables.get("d@e", f"hash:{tables.etc}/virtual") == "f"
    assert call("lookup", "d+x@e", "--map", "virtual")[0] == 0
    assert call("undo")[0] == 0
    assert tables.get("d@e", f"hash:{tables.etc}/virtual") == ""
    assert call("rebuild")[1] == "No index is missing or older than its source\n"
    index = next(tables.etc.glob("virtual.*"))
    os.utime(index, (0, 0))
    code, said = call("lint", "virtual")
    assert (code, said.startswith("▲ hash:"), "the changes have no effect" in said) == (1, True, True)


PASSWORD = "hunter2hunter2"


def secret_site(folder: Path) -> Tables:
    if reason := why_not():
        pytest.skip(reason)
    tables = Tables(folder)
    tables.main("smtp_sasl_password_maps = hash:$etc/sasl_passwd\nvirtual_alias_maps = hash:$etc/virtual\n")
    tables.write("sasl_passwd", f"mx.example u:{PASSWORD}\n# old.example u:{PASSWORD}\n", "hash").chmod(0o600)
    tables.write("virtual", f"a@b.example {PASSWORD}\n", "hash").chmod(0o640)
    return tables


def calling(tables: Tables, capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """`mailtui maps` on these tables: what it prints, on both ways."""

    class Real(FakeHost):
        maps = tables.maps

    def call(*words: str) -> str:
        main(["maps", *words], lambda _: Real())
        shown = capsys.readouterr()
        return shown.out + shown.err

    return call


def test_passwords_are_shown_to_who_asks_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tables = secret_site(tmp_path)
    call = calling(tables, capsys)
    reading = (
        ("show", "sasl_passwd"),
        ("show", "sasl_passwd", "--json"),
        ("show", "virtual"),
        ("lookup", "mx.example", "--map", "sasl_passwd"),
        ("lookup", "a@b.example", "--map", "virtual", "--json"),
    )
    for words in reading:
        assert PASSWORD not in call(*words)
        assert "(hidden)" in call(*words)
        assert PASSWORD in call(*words, "--secrets")
    (tmp_path / "new").write_text(f" {PASSWORD}\nmx.example u:{PASSWORD}-new\n")
    changing = (
        ("set", "sasl_passwd", "mx.example", f"u:{PASSWORD}x", "--yes"),
        ("set", "sasl_passwd", "mx.example", f"u:{PASSWORD}y", "--dry-run", "--json"),
        ("set", "sasl_passwd", "mx.example", f"u:{PASSWORD}z"),
        ("undo",),
        ("edit", "sasl_passwd", "--from", str(tmp_path / "new"), "--yes"),
        ("remove", "sasl_passwd", "mx.example", "--yes"),
    )
    for change in changing:
        shown = call(*change)
        assert "mx.example" in shown or "begins with" in shown or "Postfix would complain" in shown
        assert PASSWORD not in shown
    tables.write("sasl_passwd", f" {PASSWORD}\nmx.example u:p\n")
    assert "begins with a blank" in call("lint", "sasl_passwd")
    assert PASSWORD not in call("lint", "sasl_passwd")
    (tmp_path / "new").write_text(f"mx.example u:{PASSWORD}\nu:{PASSWORD}\n")
    assert PASSWORD not in call("edit", "sasl_passwd", "--from", str(tmp_path / "new"), "--yes")
    assert PASSWORD not in call("rebuild", "sasl_passwd")
    tables.main("smtp_sasl_password_maps = texthash:$etc/plain_passwd\n")
    tables.write("plain_passwd", f"mx.example u:{PASSWORD}\n").chmod(0o600)
    (tmp_path / "new").write_text(f" {PASSWORD}\nmx.example u:{PASSWORD}-new\n")
    assert PASSWORD not in call("edit", "plain_passwd", "--from", str(tmp_path / "new"), "--yes")
    assert any("postmap" in one.command for one in tables.runner.journal.entries())
    assert PASSWORD not in str(tables.runner.journal.entries())


def test_passwords_in_names_and_closed_parts_are_not_printed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tables = secret_site(tmp_path)
    inline = f"inline:{{{{[mx.example]:587=relay:{PASSWORD}}}}}"
    tables.main(
        f"smtp_sasl_password_maps = {inline}, static:relay:{PASSWORD}\n"
        "transport_maps = unionmap:{texthash:$etc/virtual}\n"
    )
    call = calling(tables, capsys)
    for words in (
        ("list",),
        ("list", "--json"),
        ("lint",),
        ("show", "static:(hidden)"),
        ("rebuild", "static:(hidden)"),
        ("set", "inline:(hidden)", "a", "b", "--yes"),
        ("lookup", "mx.example", "--map", "static:(hidden)"),
        ("lookup", "[mx.example]:587", "--json"),
        ("lookup", "a@b.example"),
    ):
        shown = call(*words)
        assert PASSWORD not in shown
        assert "(hidden)" in shown or words == ("lint",)
    assert PASSWORD in call("lookup", "a@b.example", "--secrets")


def test_a_value_that_is_too_long_is_refused_not_cut(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", StringIO("x" * ((1 << 20) + 1) + "\n"))
    shown = run("maps", "set", "transport", "new.example", "-", "--dry-run")
    assert shown.code == 2
    assert "longer than 1 MiB" in shown.err
    monkeypatch.setattr("sys.stdin", StringIO("x" * (1 << 20) + "\r\n"))
    assert run("maps", "set", "transport", "new.example", "-", "--dry-run").code == 0


def test_what_a_demo_table_answers_is_hidden_as_well(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mailtui.demo.maps.DemoMaps.hides", lambda _maps, table: table.path.endswith("port"))
    assert "slow:" not in run("maps", "lookup", "slow.example", "--map", "transport").out
    assert "slow:" in run("maps", "lookup", "slow.example", "--map", "transport", "--secrets").out


@pytest.mark.parametrize("same", [True, False])
def test_a_password_is_asked_for_twice_without_showing_it(tmp_path: Path, same: bool) -> None:
    tables = secret_site(tmp_path)
    inner, outer = pty.openpty()
    program = subprocess.Popen(
        [
            *(sys.executable, "-m", "mailtui", "--config-dir", str(tables.etc)),
            *("maps", "set", "sasl_passwd", "mx.example", "--dry-run"),
        ],
        stdin=outer,
        stdout=outer,
        stderr=outer,
        start_new_session=True,
    )
    os.close(outer)
    seen = b""
    answers = {
        b"Value of mx.example: ": "other",
        b"Once more, for it is not shown: ": "other" if same else "slip",
    }
    while True:
        try:
            seen += os.read(inner, 4096)
        except OSError:  # all was read, and nobody has the other end
            break
        for question in [one for one in answers if one in seen]:
            os.write(inner, f"u:{PASSWORD}-{answers.pop(question)}\n".encode())
    os.close(inner)
    assert program.wait(10) == (0 if same else 2)
    assert not answers
    assert (b"+mx.example" in seen, b"not twice the same" in seen) == (same, not same)
    assert PASSWORD.encode() not in seen
