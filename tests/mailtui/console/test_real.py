"""The console on a real Postfix in a real terminal."""

import os
import pty
import signal
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from tests.support.postfix import PrivatePostfix, wait_until, why_not
from tests.support.terminal import Terminal, why_no_terminal

REASON = why_not() or why_no_terminal()
pytestmark = [
    pytest.mark.real,
    pytest.mark.xdist_group("console-real"),
    pytest.mark.skipif(REASON is not None, reason=str(REASON)),
]


@pytest.fixture(scope="module")
def running() -> Iterator[PrivatePostfix]:
    with PrivatePostfix() as postfix:
        yield postfix


@pytest.fixture
def postfix(running: PrivatePostfix) -> Iterator[PrivatePostfix]:
    yield running
    running.empty()


def mailtui(postfix: PrivatePostfix, *more: str) -> list[str]:
    return [sys.executable, "-m", "mailtui", "--config-dir", postfix.config_dir, "--interval", "1", *more]


def to_queue(terminal: Terminal) -> None:
    """Go to the queue once the console is there."""
    terminal.wait_for("1 Over")
    terminal.keys("2")


def queues(postfix: PrivatePostfix) -> dict[str, str]:
    return {message["queue_id"]: message["queue_name"] for message in postfix.listing()}


def test_hold_and_release_what_waits(postfix: PrivatePostfix) -> None:
    (queue_id,) = postfix.deferred(1)
    with Terminal(mailtui(postfix)) as terminal:
        to_queue(terminal)
        terminal.wait_for(queue_id)
        assert "connect to *: Connection refused" in terminal.screen()
        terminal.keys("Tab", "Tab", "h")
        terminal.wait_for(r"Placed on hold: 1 message")
        assert queues(postfix) == {queue_id: "hold"}
        terminal.keys("H")
        terminal.wait_for(r"Release 1 message\?")
        assert "postsuper" in terminal.screen()
        terminal.keys("y")
        wait_until("it is off hold", lambda: queues(postfix).get(queue_id) != "hold")


def test_delete_a_group_and_bring_it_back(postfix: PrivatePostfix) -> None:
    ids = set(postfix.deferred(25))
    with Terminal(mailtui(postfix)) as terminal:
        to_queue(terminal)
        terminal.wait_for(r"all messages +25")
        terminal.keys("Down")
        terminal.wait_for(r"▸connect to")
        terminal.keys("x")
        terminal.wait_for(r"Delete 25 messages\?")
        assert "can be undone" in terminal.screen()
        terminal.text("24")
        terminal.keys("Enter")
        terminal.wait_for("nothing was done")
        assert set(postfix.ids()) == ids
        terminal.text("25")
        terminal.keys("Enter")
        terminal.wait_for(r"Deleted: 25 messages")
        assert postfix.ids() == []
        terminal.keys("z")
        terminal.wait_for(r"Undo the deletion of 25 messages\?")
        terminal.keys("y")
        wait_until("they are back on hold", lambda: set(postfix.ids("hold")) == ids)


def test_a_hostile_message_is_only_text(postfix: PrivatePostfix) -> None:
    subject = "\x1b]0;owned\x07\x1b[2J[bold]x[/bold] [@click=app.quit]y[/] \u202etxt"
    headers = f"From: <a@b.example>\r\nSubject: {subject}\r\nX-Long: {'z' * 100_000}\r\n\r\nbody \x1b[31mred\x00end\r\n"
    postfix.send(headers.encode(), ["ann@refused.example"])
    wait_until("it is deferred", lambda: "deferred" in queues(postfix).values())
    with Terminal(mailtui(postfix), size=(100, 40)) as terminal:
        to_queue(terminal)
        terminal.wait_for("refused.example")
        terminal.keys("Tab", "Tab", "Enter")
        shown = terminal.wait_for("Headers")
        assert "[bold]x[/bold] [@click=app.quit]y[/]" in shown
        assert "^[]0;owned" in shown
        assert "owned" not in terminal.title()
        terminal.keys("Escape")
        terminal.wait_for("all messages")


def test_postfix_stops_and_comes_back(postfix: PrivatePostfix) -> None:
    postfix.deferred(2)
    with Terminal(mailtui(postfix)) as terminal:
        to_queue(terminal)
        terminal.wait_for(r"all messages +2")
        postfix.stop()
        try:
            terminal.keys("r")
            time.sleep(1)
            assert "Traceback" not in terminal.screen()
            terminal.wait_for(r"all messages +2")
        finally:
            postfix.start()
        terminal.keys("r")
        terminal.wait_for(r"2 deferred")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_told_to_stop_it_leaves_a_sane_terminal(postfix: PrivatePostfix, number: signal.Signals) -> None:
    with Terminal(mailtui(postfix)) as terminal:
        to_queue(terminal)
        terminal.wait_for("queue is empty")
        process = next(pid for pid, name in terminal.children() if "mailtui" in name or "python" in name)
        os.kill(process, number)
        terminal.wait_for("LEFT-WITH 130")
        terminal.text("stty -a | tr ';' '\\n'")
        terminal.keys("Enter")
        shown = terminal.wait_for(r"icanon")
        assert "-icanon" not in shown
        assert "-echo " not in shown


def test_ctrl_c_while_reading_leaves_no_child(postfix: PrivatePostfix) -> None:
    postfix.held(1)
    with postfix.hung("showq"), Terminal(mailtui(postfix)) as terminal:
        to_queue(terminal)
        terminal.wait_for("reading the queue")
        wait_until("it reads", lambda: "postqueue" in [name for _, name in terminal.children()])
        terminal.keys("C-c")
        terminal.wait_for("LEFT-WITH 0", timeout=10)  # postqueue would be given up after a minute
        assert [name for _, name in terminal.children() if name != "sh"] == []


def test_resized_while_loading_and_very_small(postfix: PrivatePostfix) -> None:
    (queue_id,) = postfix.held(1)
    postfix.clone(queue_id, 5_000)
    with Terminal(mailtui(postfix), size=(20, 5)) as terminal:
        terminal.resize(140, 45)
        to_queue(terminal)
        terminal.resize(20, 5)
        terminal.keys("Down", "Tab", "Tab", "PageDown")
        terminal.resize(80, 24)
        terminal.wait_for(r"all messages +5,001", timeout=30)
        terminal.keys("q")
        terminal.wait_for("LEFT-WITH 0")


def test_a_terminal_that_goes_without_a_signal_is_left() -> None:
    master, slave = pty.openpty()
    argv = [sys.executable, "-m", "mailtui", "--demo"]
    env = {**os.environ, "TERM": "xterm-256color"}
    console = subprocess.Popen(argv, stdin=slave, stdout=slave, stderr=slave, env=env, start_new_session=True)
    try:
        os.close(slave)
        seen = b""
        deadline = time.monotonic() + 30
        while b"Overview" not in seen and time.monotonic() < deadline:
            seen += os.read(master, 65536)
        os.close(master)  # not its controlling terminal: no signal tells it
        assert console.wait(20) == 130
    finally:
        console.kill()
        console.wait()
