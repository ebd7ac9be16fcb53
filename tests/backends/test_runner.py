"""Running programs: no shell, an end to everything, and the journal."""

import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from backends import runner as runner_module
from backends.errors import Failed, Missing, NotAnswering
from backends.runner import Command, LocalRunner, Stream


@pytest.fixture
def runner() -> Iterator[LocalRunner]:
    local = LocalRunner()
    yield local
    local.close()


def _all(stream: Stream) -> bytes:
    parts = []
    while part := stream.read():
        parts.append(part)
    return b"".join(parts)


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_arguments_reach_the_program_as_they_are(runner: LocalRunner, tmp_path: Path) -> None:
    hostile = f"; touch {tmp_path}/x; $(touch {tmp_path}/x) `touch {tmp_path}/x` | & > {tmp_path}/x * \n'\""
    result = runner.run(Command(("printf", "%s", hostile)))
    assert result.stdout.decode() == hostile
    assert list(tmp_path.iterdir()) == []


def test_a_star_is_not_expanded(runner: LocalRunner) -> None:
    assert runner.run(Command(("printf", "%s", "*"))).stdout == b"*"


def test_standard_input_output_error_and_code(runner: LocalRunner) -> None:
    result = runner.run(Command(("sh", "-c", "cat; echo oops >&2; exit 3"), stdin=b"in\0\xff"))
    assert (result.code, result.stdout, result.stderr) == (3, b"in\0\xff", b"oops\n")
    assert result.complaint == "oops"


def test_a_program_that_reads_nothing_gets_an_end_of_input(runner: LocalRunner) -> None:
    assert runner.run(Command(("cat",), timeout=5)).stdout == b""


def test_much_input_and_output(runner: LocalRunner) -> None:
    content = bytes(range(256)) * 20_000
    assert runner.run(Command(("cat",), stdin=content)).stdout == content


def test_no_such_program(runner: LocalRunner) -> None:
    with pytest.raises(Missing):
        runner.run(Command(("no-such-program-anywhere",)))


def test_a_hung_program_is_ended(runner: LocalRunner) -> None:
    started = time.monotonic()
    with pytest.raises(NotAnswering, match=r"sleep did not answer within 0\.3 s"):
        runner.run(Command(("sleep", "60"), timeout=0.3))
    assert time.monotonic() - started < 5
    assert not runner._children


def test_a_program_that_ignores_the_polite_signal_is_ended_all_the_same(runner: LocalRunner) -> None:
    with pytest.raises(NotAnswering):
        runner.run(Command(("sh", "-c", "trap '' TERM; while :; do sleep 0.1; done"), timeout=0.5))


def test_a_silent_stream_is_ended(runner: LocalRunner) -> None:
    with runner.stream(Command(("sh", "-c", "echo first; exec sleep 60"), timeout=0.5)) as stream:
        assert stream.read() == b"first\n"
        with pytest.raises(NotAnswering):
            stream.read()
    assert not runner._children


def test_a_stream_gives_all_and_tells_how_it_ended(runner: LocalRunner) -> None:
    with runner.stream(Command(("sh", "-c", "seq 200000; echo why >&2; exit 4"))) as stream:
        assert _all(stream) == b"".join(b"%d\n" % number for number in range(1, 200_001))
        result = stream.result()
    assert (result.code, result.stderr, result.stdout) == (4, b"why\n", b"")


def test_a_stream_may_be_left_early(runner: LocalRunner) -> None:
    with runner.stream(Command(("sh", "-c", "echo $$; exec yes"))) as stream:
        pid = int(stream.read().split(b"\n")[0])
        assert _alive(pid)
    assert not _alive(pid)


def test_a_signal_is_a_negative_code(runner: LocalRunner) -> None:
    result = runner.run(Command(("sh", "-c", "kill -9 $$")))
    assert result.code == -signal.SIGKILL
    assert result.complaint == "ended by signal 9"


def test_closing_ends_what_still_runs(runner: LocalRunner) -> None:
    with runner.stream(Command(("sh", "-c", "echo $$; exec sleep 60"))) as stream:
        pid = int(stream.read())
        runner.close()
        assert stream.read() == b""
        assert not _alive(pid)


def test_children_do_not_outlive_the_program(tmp_path: Path) -> None:
    script = (
        "from backends.runner import *\n"
        "runner = LocalRunner()\n"
        "with runner.stream(Command(('sh', '-c', 'echo $$; exec sleep 60'))) as stream:\n"
        "    print(stream.read().decode(), flush=True)\n"
        "    raise KeyboardInterrupt\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=False, timeout=30)
    assert not _alive(int(done.stdout))


def test_output_is_capped(runner: LocalRunner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner_module, "OUTPUT_LIMIT", 1 << 20)
    with pytest.raises(Failed, match="printed more than"):
        runner.run(Command(("yes",), timeout=20))


def test_the_locale_is_c(runner: LocalRunner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANG", "de_DE.UTF-8")
    monkeypatch.setenv("LC_MESSAGES", "de_DE.UTF-8")
    environment = runner.run(Command(("env",))).stdout.decode().splitlines()
    assert "LC_ALL=C" in environment
    assert not [line for line in environment if line.startswith(("LANG", "LC_MESSAGES"))]


def test_programs_of_sbin_are_found_without_it_in_path(
    runner: LocalRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    assert runner.run(Command(("env",))).stdout.decode().count("/usr/sbin") == 1


def test_the_program_has_no_terminal(runner: LocalRunner) -> None:
    assert runner.run(Command(("sh", "-c", "test -t 0 || test -t 1 || test -t 2"))).code != 0


def test_no_descriptor_is_left_open(runner: LocalRunner) -> None:
    runner.run(Command(("true",)))
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(5):
        runner.run(Command(("true",)))
        with runner.stream(Command(("true",))) as stream:
            _all(stream)
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_every_command_is_in_the_journal(runner: LocalRunner) -> None:
    runner.run(Command(("sh", "-c", "echo no >&2; exit 7"), mutates=True))
    with pytest.raises(NotAnswering):
        runner.run(Command(("sleep", "9"), timeout=0.2))
    with pytest.raises(Missing):
        runner.run(Command(("no-such-program",)))
    failed, hung, missing = runner.journal.entries()
    assert (failed.command, failed.code, failed.said, failed.mutates) == (
        "sh -c 'echo no >&2; exit 7'",
        7,
        "no",
        True,
    )
    assert hung.code is None
    assert "did not answer" in hung.said
    assert missing.code is None
    assert "not there" in missing.said


def test_a_command_is_shown_as_it_would_be_typed() -> None:
    assert str(Command(("postsuper", "-d", "-"), stdin=b"AAAAAA\nBBBBBB\n")) == (
        "printf '%s\\n' AAAAAA BBBBBB | postsuper -d -"
    )
    assert str(Command(("echo", "a b", "; rm"))) == "echo 'a b' '; rm'"
    many = Command(("postsuper", "-d", "-"), stdin=b"".join(b"%06d\n" % number for number in range(1000)))
    assert str(many) == "postsuper -d -  # standard input: 1,000 lines, 000000 to 000999"


def test_it_works_with_many_open_files(runner: LocalRunner) -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < 3000:
        pytest.skip("this user may not open 3,000 files")
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, 3000), hard))
    handles = [os.open("/dev/null", os.O_RDONLY) for _ in range(1100)]
    try:
        assert runner.run(Command(("echo", "x"))).stdout == b"x\n"
        with runner.stream(Command(("echo", "y"))) as stream:
            assert _all(stream) == b"y\n"
    finally:
        for handle in handles:
            os.close(handle)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.mark.parametrize("path", [None, "", ":/usr/bin", ".:bin:/usr/bin"])
def test_no_program_is_taken_from_the_current_folder(
    runner: LocalRunner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str | None
) -> None:
    for folder in (tmp_path, tmp_path / "bin"):
        folder.mkdir(exist_ok=True)
        (folder / "planted").write_text("#!/bin/sh\n")
        (folder / "planted").chmod(0o755)
    monkeypatch.chdir(tmp_path)
    if path is None:
        monkeypatch.delenv("PATH")
    else:
        monkeypatch.setenv("PATH", path)
    with pytest.raises(Missing):
        runner.run(Command(("planted",)))
    assert runner.run(Command(("sh", "-c", "planted"))).code == 127


def test_standard_error_is_capped(runner: LocalRunner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner_module, "OUTPUT_LIMIT", 1 << 20)
    flood = Command(("sh", "-c", "yes >&2"), timeout=20)
    with pytest.raises(Failed, match="printed more than"):
        runner.run(flood)
    with pytest.raises(Failed, match="printed more than"), runner.stream(flood) as stream:
        _all(stream)


def test_what_a_command_started_ends_with_it(runner: LocalRunner, tmp_path: Path) -> None:
    note = tmp_path / "pid"
    with pytest.raises(NotAnswering):
        runner.run(Command(("sh", "-c", f"sleep 60 & echo $! > {note}; sleep 60"), timeout=0.5))
    pid = int(note.read_text())
    deadline = time.monotonic() + 5
    while _alive(pid):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_what_another_thread_loads_during_a_fork_leaves_nothing_on_standard_error() -> None:
    script = (
        "import importlib, os\n"
        "from backends.runner import Command, LocalRunner\n"
        "os.register_at_fork(before=lambda: importlib.import_module('concurrent.futures.thread'))\n"
        "print(LocalRunner().run(Command(('true',))).code)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout, done.stderr) == ("0\n", "")
