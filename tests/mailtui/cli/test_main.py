"""Exit codes, the overview, help, completion, and what is said when things go wrong."""

import json
import subprocess
from pathlib import Path

import pytest

from backends.errors import Failed, Missing, NotPermitted
from backends.host import ServiceState
from mailtui import __version__
from mailtui.cli.commands import COMMANDS, Group
from mailtui.cli.main import main
from mailtui.settings import Settings
from tests.mailtui.cli.conftest import Run
from tests.mailtui.cli.fake import FakeHost, FakeQueue

IN_GROUPS = [(name, one) for name, row in COMMANDS.items() if isinstance(row, Group) for one in row.commands]


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (Failed("it fell", hint="lift it"), 1),
        (Missing("it is gone", hint="find it"), 3),
        (NotPermitted("you may not", hint="become root"), 3),
    ],
)
def test_an_error_is_a_sentence_a_hint_and_a_code(
    run: Run, host: FakeHost, error: Exception, code: int
) -> None:
    host.queue.error = error
    ran = run("queue", "list")
    assert (ran.code, ran.out) == (code, "")
    assert ran.err == f"mailtui: {error}\n  {error.hint}\n"  # type: ignore[attr-defined]
    assert host.closed == 1


def test_an_unforeseen_error_is_one_sentence(
    run: Run, host: FakeHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    host.queue.error = RuntimeError("\x1b[31mboom")
    ran = run("queue", "list")
    assert ran.code == 1
    assert "unexpected RuntimeError: ^[[31mboom" in ran.err
    assert "MAILTUI_DEBUG=1" in ran.err
    assert "Traceback" not in ran.err
    assert host.closed == 1
    monkeypatch.setenv("MAILTUI_DEBUG", "1")
    with pytest.raises(RuntimeError):
        run("queue", "list")


def test_an_interrupt_is_130_and_closes_the_host(run: Run, host: FakeHost) -> None:
    host.queue.error = KeyboardInterrupt()
    assert run("queue", "list").code == 130
    assert host.closed == 1


@pytest.mark.parametrize(
    "words",
    [("queue",), ("queue", "lst"), ("nonsense",), ("--nonsense",), ("--interval", "0"), ("queue", "show")],
)
def test_wrong_usage_is_2(run: Run, words: tuple[str, ...]) -> None:
    ran = run(*words)
    assert ran.code == 2
    assert "usage: mailtui" in ran.err


def test_a_wrong_command_is_answered_with_the_right_ones(run: Run) -> None:
    err = run("queue", "lst", "--sender", "show").err
    assert all(name in err for group, name in IN_GROUPS if group == "queue")


@pytest.mark.parametrize("words", [(), *[(name,) for name in COMMANDS], *IN_GROUPS])
@pytest.mark.parametrize("columns", [60, 120])
def test_help_has_examples_and_exit_codes(
    run: Run, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], columns: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    ran = run(*words, "--help")
    assert ran.code == 0
    assert "\nEXAMPLES\n" in ran.out
    assert f"\n  {' '.join(('mailtui', *words))}" in ran.out
    assert "\nEXIT CODES\n\n  0    done" in ran.out
    wrapped = ran.out[: ran.out.index("\nEXAMPLES")].partition("\nSELECTORS\n")[0]
    assert max(map(len, wrapped.splitlines())) <= columns


def test_the_version(run: Run) -> None:
    assert run("--version", "--plain").out == f"mailtui {__version__}\n"


def test_the_overview(run: Run) -> None:
    ran = run()
    assert ran.code == 0
    lines = ran.out.splitlines()
    assert lines[0].startswith("mx1.example.org")
    assert lines[1] == "● postfix running  ○ gld absent  ✖ clamd stopped"
    assert lines[2].startswith(" ✖ Mail is deferring because clamd does not run, since ")
    assert " ▲ /var is full in 3 days" in lines
    assert " ● 1 other check is fine" in lines
    rows = [line.split() for line in lines]
    assert ["deferred", "3", "3.0M", "3d"] in rows
    assert ["all", "4", "3.0M", "3d"] in rows
    assert ["2", "40m", "example.net"] in rows


def test_the_overview_draws_with_ascii(run: Run) -> None:
    assert run("--plain").out.isascii()


def test_the_overview_as_json(run: Run) -> None:
    found = json.loads(run("--json").out)
    assert found["services"][2] == {"name": "clamd", "state": "stopped"}
    assert sum(queue["count"] for queue in found["queues"]) == 4
    assert [check["name"] for check in found["health"]["checks"]] == ["clamd", "queue", "disk-spool", "clock"]


def test_the_overview_of_an_empty_queue(run: Run, host: FakeHost) -> None:
    host.queue = FakeQueue(())
    host.sick.checks = host.sick.checks[-1:]
    assert run().out.splitlines()[-1] == " ● 1 check is fine"


def test_a_halted_postfix_is_not_asked_for_its_queue(
    run: Run, host: FakeHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(host, "services", lambda: [ServiceState("postfix", "halted")])
    host.queue.error = Failed("it was asked", hint="")
    ran = run()
    assert "mailtui: Postfix is halted, and does not list its queue\n  see: mailtui health\n" in ran.err
    assert "✖ postfix" in ran.out


@pytest.mark.parametrize("json_too", [True, False])
def test_an_overview_that_cannot_be_read(run: Run, host: FakeHost, json_too: bool) -> None:
    host.queue.error = Failed("the spool is unreadable", hint="look at it")
    ran = run(*(["--json"] if json_too else []))
    assert ran.code == 3
    assert "clamd" in ran.out
    assert "mailtui: the spool is unreadable\n  look at it\n" in ran.err
    host.demo = True
    assert run().code == 0


def test_the_demo_host_says_so(run: Run, host: FakeHost, monkeypatch: pytest.MonkeyPatch) -> None:
    host.demo = True
    assert run().out.splitlines()[0] == "DEMO: no Postfix here; these are invented messages"
    assert run("--demo").out.splitlines()[0] == "DEMO: these are invented messages"
    assert json.loads(run("--demo", "--json").out)["demo"] is True
    ran = run("queue", "list", "--demo", "--json")
    assert "DEMO" in ran.err
    assert "DEMO" not in ran.out


def test_no_postfix_here(
    capsys: pytest.CaptureFixture[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    empty = str(tmp_path_factory.mktemp("empty"))
    for words in (["queue", "list"], []):
        assert main([*words, "--config-dir", empty]) == 3
        assert "--demo" in capsys.readouterr().err


def test_the_demo_host_where_there_is_no_postfix(monkeypatch: pytest.MonkeyPatch) -> None:
    from mailtui.cli.connect import choose
    from mailtui.cli.parser import parse

    monkeypatch.setattr("backends.local.has_mail_stack", lambda _=None: False)
    monkeypatch.setattr("mailtui.cli.connect.STARTED_ONCE", "/nonexistent/master.lock")
    assert choose(parse([])).demo
    with pytest.raises(Missing, match="no Postfix"):
        choose(parse(["queue", "list"]))
    assert choose(parse(["queue", "list", "--demo"])).demo
    monkeypatch.setattr("backends.local.has_mail_stack", lambda _=None: True)
    assert not choose(parse([])).demo


def test_a_postfix_without_main_cf_is_no_demo_host(monkeypatch: pytest.MonkeyPatch) -> None:
    from mailtui.cli.connect import choose
    from mailtui.cli.parser import parse

    monkeypatch.setattr("backends.local.has_mail_stack", lambda _=None: False)
    monkeypatch.setattr("mailtui.cli.connect.STARTED_ONCE", "/")
    with pytest.raises(Missing, match=r"main\.cf"):
        choose(parse([]))
    assert choose(parse(["--demo"])).demo


def test_the_console_opens_on_a_terminal(run: Run, host: FakeHost, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[tuple[FakeHost, Settings]] = []
    monkeypatch.setenv("XDG_CONFIG_HOME", "/nonexistent")
    monkeypatch.setattr("mailtui.cli.overview._on_a_terminal", lambda: True)

    def console(host: FakeHost, settings: Settings) -> int:
        opened.append((host, settings))
        return 0

    monkeypatch.setattr("mailtui.app.run", console)
    host.demo = True
    assert run("--read-only", "--interval", "2m", "--theme", "x", "--plain").code == 0
    banner = "DEMO: no Postfix here; these are invented messages"
    assert opened == [(host, Settings(True, 120.0, "x", True, banner))]
    assert run("--json").out.startswith("{")


def test_the_command_line_wins_over_the_environment_and_that_over_the_file(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    opened: list[Settings] = []
    monkeypatch.setattr("mailtui.cli.overview._on_a_terminal", lambda: True)

    def console(_host: FakeHost, settings: Settings) -> int:
        opened.append(settings)
        return 0

    monkeypatch.setattr("mailtui.app.run", console)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.delenv("NO_COLOR", raising=False)
    file = tmp_path / "mailtui" / "config.toml"
    file.parent.mkdir()
    file.write_text('theme = "a"\ninterval = 9\npane = 4\nnonsense = 1\n[keys]\n"app.quit" = "f10"\n')
    ran = run()
    assert (opened[-1].theme, opened[-1].interval, opened[-1].pane) == ("a", 9.0, "4")
    assert opened[-1].keys == {"app.quit": "f10"}
    assert "there is no setting 'nonsense'" in ran.err
    monkeypatch.setenv("MAILTUI_THEME", "b")
    monkeypatch.setenv("MAILTUI_INTERVAL", "1m")
    run("--theme", "c")
    assert (opened[-1].theme, opened[-1].interval) == ("c", 60.0)


@pytest.mark.parametrize("shell", ["bash", "zsh", "tcsh"])
def test_completion_knows_all_commands(run: Run, shell: str) -> None:
    script = run("completion", shell).out
    for word in (*COMMANDS, *(name for _, name in IN_GROUPS), "older-than"):
        assert word in script


def test_the_bash_completion_completes(run: Run) -> None:
    script = run("completion", "bash").out
    ask = f'{script}\nCOMP_WORDS=(mailtui queue del); COMP_CWORD=2; _shtab_mailtui; echo "${{COMPREPLY[@]}}"'
    done = subprocess.run(["bash", "-c", ask], capture_output=True, text=True, check=True, timeout=20)
    assert done.stdout.strip() == "delete"
