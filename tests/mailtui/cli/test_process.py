"""The program in a process of its own: imports, pipes, terminals, signals."""

import errno
import json
import os
import pty
import select
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

FAKE = (sys.executable, "-m", "tests.mailtui.cli.fake")
REAL = (sys.executable, "-m", "mailtui")
ROOT = Path(__file__).parents[3]


def imported(*words: str, module: str = "cli.main") -> set[str]:
    """The modules that a command line imports."""
    code = (
        "import sys; from mailtui.%s import main; sys.argv[1:] = %r; code = main(%s);"
        "sys.stderr.write('\\n'.join(sys.modules)); sys.exit(code)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code % (module, list(words), "" if module == "__main__" else "sys.argv[1:]")],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        stdin=subprocess.DEVNULL,
    )
    assert done.returncode == 0, done.stderr
    return {
        name.partition(".")[0] if not name.startswith("mailtui") else name for name in done.stderr.split()
    }


def test_the_version_imports_next_to_nothing() -> None:
    bare = subprocess.run(
        [sys.executable, "-c", "import sys; print(*sys.modules)"], capture_output=True, text=True, check=True
    )
    more = imported("--version", module="__main__") - {name.partition(".")[0] for name in bare.stdout.split()}
    assert more <= {"mailtui", "mailtui.__main__"}


@pytest.mark.parametrize("words", [("queue", "list", "--help"), ("--help",), ("queue", "delete", "--help")])
def test_help_imports_nothing_heavy(words: tuple[str, ...]) -> None:
    assert imported(*words) & {"textual", "rich", "numpy", "sh", "psutil", "shtab"} == set()


def test_help_of_one_command_does_not_load_the_others() -> None:
    found = imported("queue", "list", "--help")
    assert "mailtui.cli.queue.listing" in found
    assert "mailtui.cli.queue.act" not in found


@pytest.mark.parametrize(
    "words", [("queue", "list"), ("queue", "list", "--json"), ("queue", "hold", "AAAAAA1")]
)
def test_lists_and_acts_need_neither_textual_nor_numpy(words: tuple[str, ...]) -> None:
    code = (
        "import sys; from tests.mailtui.cli import fake; code = fake.main(%r, fake._connect);"
        "print(*{'textual', 'rich', 'numpy', 'sh'} & set(sys.modules), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code % list(words)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        cwd=ROOT,
    )
    assert done.stderr == "\n"


@pytest.mark.parametrize("words", ["queue list", "queue list --json", "--help", "queue list --group sender"])
def test_a_reader_who_leaves_is_no_error(words: str) -> None:
    """`| head -1`, with pipefail, so that the program's own exit code shows."""
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", f"{' '.join(FAKE)} {words} | head -1"],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        cwd=ROOT,
        env={**os.environ, "FAKE_COUNT": "20000"},
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert len(done.stdout.splitlines()) == 1


def test_json_lines_leave_before_the_last_is_read() -> None:
    """A reader gets the first of very many at once, and can leave with it."""
    with subprocess.Popen(
        [*FAKE, "queue", "list", "--json"],
        stdout=subprocess.PIPE,
        cwd=ROOT,
        env={**os.environ, "FAKE_COUNT": "100000"},
    ) as program:
        assert program.stdout is not None
        assert json.loads(program.stdout.readline())["queue_id"] == "B000000"
        assert program.poll() is None


def test_an_act_stays_done_when_nobody_reads_of_it(tmp_path: Path) -> None:
    source, sink = os.pipe()
    os.close(source)
    log = tmp_path / "log"
    with os.fdopen(sink, "w") as out:
        done = subprocess.run(
            [*FAKE, "queue", "delete", "AAAAAA1", "AAAAAA9", "--yes"],
            stdout=out,
            stderr=subprocess.PIPE,
            cwd=ROOT,
            env={**os.environ, "FAKE_LOG": str(log)},
            check=False,
            timeout=60,
        )
    assert json.loads(log.read_text()) == ["delete", "AAAAAA1"]
    assert (done.returncode, done.stderr) == (1, b"")


@pytest.mark.parametrize("words", [("--version",), ("queue", "list"), ("--help",)])
def test_a_full_disk_is_told(words: tuple[str, ...]) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [*FAKE, *words],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            check=False,
            timeout=60,
            env=environment,
        )
    assert done.returncode == 1
    assert "No space left" in done.stderr
    assert "Traceback" not in done.stderr


def test_closed_output_is_no_traceback() -> None:
    for words in ("queue list", "queue list --json", "--version"):
        done = subprocess.run(
            ["bash", "-c", f"{' '.join(FAKE)} {words} >&-"],
            capture_output=True,
            text=True,
            cwd=ROOT,
            check=False,
            timeout=60,
        )
        assert done.returncode == 0
        assert "Traceback" not in done.stderr


def test_other_encodings_do_not_matter() -> None:
    environment = {**os.environ, "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    for words in ((), ("queue", "list"), ("queue", "list", "--json")):
        done = subprocess.run(
            [*FAKE, *words], capture_output=True, cwd=ROOT, check=False, timeout=60, env=environment
        )
        assert (done.returncode, done.stderr) == (0, b"")
        assert done.stdout.isascii()


class Terminal:
    """The program on a terminal of its own; what it writes is in `screen`."""

    def __init__(self, argv: Sequence[str], environment: dict[str, str], stdin: str | None = None) -> None:
        self.screen = ""
        self.pid, self._master = pty.fork()
        if self.pid == 0:
            os.chdir(ROOT)
            if stdin is not None:
                handle = os.open(stdin, os.O_RDONLY)
                os.dup2(handle, 0)
            os.execvpe(argv[0], list(argv), {**os.environ, **environment})

    def wait_for(self, text: str, timeout: float = 30) -> None:
        deadline = time.monotonic() + timeout
        while text not in self.screen:
            assert time.monotonic() < deadline, self.screen
            assert self._read(), f"ended without {text!r}: {self.screen}"

    def type(self, text: str) -> None:
        os.write(self._master, text.encode())

    def end(self) -> int:
        """The exit code, -N for a signal."""
        while self._read():
            continue
        os.close(self._master)
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])

    def _read(self) -> bool:
        if not select.select([self._master], [], [], 30)[0]:
            os.kill(self.pid, signal.SIGKILL)
        try:
            data = os.read(self._master, 65536)
        except OSError as error:
            if error.errno != errno.EIO:
                raise
            return False
        self.screen += data.decode("utf-8", "replace")
        return bool(data)


@pytest.mark.parametrize(
    ("count", "words", "typed", "code", "done"),
    [
        (412, "delete --all", "412\n", 0, 412),
        (1000, "hold --all", "1,000\n", 0, 1000),
        (412, "delete --all", "41\n", 5, 0),
        (412, "delete --all", "yes\n", 5, 0),
        (412, "delete --all", "\n", 5, 0),
        (412, "delete --all", "\x04", 5, 0),
        (412, "delete --all", "\x03", 130, 0),
        (21, "requeue --queue deferred", "yes\n", 5, 0),
        (20, "requeue --queue deferred", "yes\n", 0, 20),
        (3, "delete B000000", "y\n", 5, 0),
        (3, "delete B000000", "yes\n", 0, 1),
        (3, "expire B000000 B000001", "yes\n", 0, 2),
    ],
)
def test_confirming_on_a_terminal(
    tmp_path: Path, count: int, words: str, typed: str, code: int, done: int
) -> None:
    log = tmp_path / "log"
    terminal = Terminal(
        [*FAKE, "queue", *words.split()], {"FAKE_COUNT": str(count), "FAKE_LOG": str(log), "COLUMNS": "200"}
    )
    terminal.wait_for(": " if count <= 20 else "Type the number")
    terminal.wait_for("postsuper")
    assert "oldest" in terminal.screen
    terminal.wait_for("them: " if count > 20 else "Type yes: ")
    assert not log.exists()
    terminal.type(typed)
    assert terminal.end() == code
    assert (len(json.loads(log.read_text())) - 1 if log.exists() else 0) == done


def test_confirming_at_the_terminal_what_came_through_a_pipe(tmp_path: Path) -> None:
    (tmp_path / "ids").write_text("AAAAAA1\n")
    for typed, code in (("no\n", 5), ("yes\n", 0)):
        terminal = Terminal([*FAKE, "queue", "delete", "-"], {}, stdin=str(tmp_path / "ids"))
        terminal.wait_for("Type yes: ")
        terminal.type(typed)
        assert terminal.end() == code


def test_the_list_fits_the_terminal() -> None:
    terminal = Terminal([*FAKE, "queue", "list"], {"COLUMNS": "70"})
    assert terminal.end() == 0
    lines = terminal.screen.replace("\r", "").splitlines()
    assert len(lines) == 5
    assert max(map(len, lines)) <= 70


@pytest.fixture
def hung(tmp_path: Path) -> dict[str, str]:
    """An environment in which postqueue says nothing and stays; it leaves its process ID in the file `pid`."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/main.cf").write_text("")
    for name in ("postqueue", "postconf"):
        program = tmp_path / "bin" / name
        program.write_text(
            f"#!/bin/sh\n[ {name} = postconf ] && exit 1\necho $$ > {tmp_path}/pid\nexec sleep 600\n"
        )
        program.chmod(0o755)
    return {"PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}", "HUNG": str(tmp_path)}


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 128 + signal.SIGTERM), (signal.SIGHUP, 129)]
)
@pytest.mark.parametrize("words", ["queue list", "queue list --json", "queue list --group reason", ""])
def test_stopping_it_leaves_no_child(hung: dict[str, str], number: int, code: int, words: str) -> None:
    folder = Path(hung["HUNG"])
    with subprocess.Popen(
        [*REAL, *words.split(), "--config-dir", str(folder / "etc")],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, **hung},
        text=True,
    ) as program:
        child = _child(folder / "pid")
        program.send_signal(number)
        _, err = program.communicate(timeout=20)
    assert program.returncode == code
    assert "Traceback" not in err
    assert not Path(f"/proc/{child}").exists()


def _child(file: Path) -> int:
    deadline = time.monotonic() + 30
    while not (file.exists() and file.read_text().endswith("\n")):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return int(file.read_text())
