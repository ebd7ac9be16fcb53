"""The maps pane on real tables: what it sets counts for a Postfix that runs, and a real editor has the terminal."""

import smtplib
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from time import monotonic

import pytest

from backends.maps.adapter import PostfixMaps
from backends.runner import LocalRunner
from mailtui.app import MailtuiApp
from mailtui.demo import DemoHost
from mailtui.panes.maps.entries import KEPT, Indexed
from mailtui.widgets.virtual_table import VirtualTable
from tests.mailtui.console.test_config import toasts
from tests.mailtui.console.test_console import shown, until
from tests.mailtui.console.test_maps import asked, console, go_to, settle, typed
from tests.support import postfix as private
from tests.support.maps import Tables, open_folder, why_not
from tests.support.postfix import PrivatePostfix, wait_until
from tests.support.terminal import Terminal, why_no_terminal

pytestmark = [pytest.mark.real, pytest.mark.xdist_group("console-real")]
SENDERS = (
    "recipient_delimiter = +\nsmtpd_sender_restrictions = check_sender_access hash:$config_directory/senders"
)
CONSOLE = """
import sys
from backends.maps.adapter import PostfixMaps
from backends.runner import LocalRunner
from mailtui.app import run
from mailtui.demo import DemoHost
from mailtui.settings import Settings
from pathlib import Path
host = DemoHost(messages=1)
host.maps = PostfixMaps(LocalRunner(), config_dir=sys.argv[1], state=Path(sys.argv[2]))
run(host, Settings(interval=3600))
"""
EDITOR = """#!/bin/sh
printf 'WHICH LINE> ' > /dev/tty
read -r line < /dev/tty
printf '%s\\n' "$line" > "$1"
"""


@pytest.fixture
def tables() -> Iterator[Tables]:
    if reason := why_not():
        pytest.skip(reason)
    with open_folder() as folder:
        yield Tables(folder)


@pytest.fixture
def postfix() -> Iterator[PrivatePostfix]:
    if reason := private.why_not():
        pytest.skip(reason)
    with PrivatePostfix(extra=SENDERS) as running:
        Path(running.config_dir, "senders").write_text("ann@example.org OK")
        running.command("postmap", f"hash:{running.config_dir}/senders")
        yield running


def host_of(maps: PostfixMaps) -> DemoHost:
    host = DemoHost(messages=1, sleep=lambda _seconds: None)
    host.maps = maps
    return host


def _shows(app: MailtuiApp, text: str) -> bool:
    return text in shown(app)


def answer(postfix: PrivatePostfix, sender: str) -> str:
    """What the server says to mail from this sender."""
    with smtplib.SMTP("127.0.0.1", postfix.port, timeout=60) as client:
        client.ehlo()
        client.mail(sender)
        code, text = client.rcpt("bob@example.test")
        return f"{code} {text.decode()}"


async def test_what_is_set_counts_for_mail_and_is_taken_back(postfix: PrivatePostfix, tmp_path: Path) -> None:
    maps = PostfixMaps(LocalRunner(), config_dir=postfix.config_dir, state=tmp_path / "state")
    name = f"hash:{postfix.config_dir}/senders"
    source = Path(postfix.config_dir, "senders")
    assert answer(postfix, "eve@example.org").startswith("250")
    async with console(host_of(maps), size=(120, 40)) as (app, pilot, pane):
        await go_to(pilot, pane, name)
        assert "1 entry" in shown(app)
        await pilot.press("a")
        await typed(pilot, "eve@example.org")
        await pilot.press("enter")
        await typed(pilot, "REJECT not you")
        await pilot.press("enter")
        await asked(pilot, app, "+eve@example.org    REJECT not you")
        await pilot.press("y")
        await until(pilot, lambda: f"set: {name}" in toasts(app), seconds=30)
        assert source.read_bytes() == b"ann@example.org OK\neve@example.org\tREJECT not you\n"
        wait_until("the server to read it", lambda: "not you" in answer(postfix, "eve@example.org"))
        await settle(pilot, pane)
        await pilot.press("l")
        await typed(pilot, "eve+x@example.org")
        await pilot.press("enter")
        await until(pilot, lambda: "→ REJECT not you" in shown(app), seconds=30)
        await pilot.press("escape", "z")
        await asked(pilot, app, "-eve@example.org    REJECT not you")
        await pilot.press("y")
        await until(pilot, lambda: f"undo 1: {name}" in toasts(app), seconds=30)
        assert source.read_bytes() == b"ann@example.org OK"
        wait_until("the server to read it", lambda: answer(postfix, "eve@example.org").startswith("250"))


async def test_what_is_stale_is_said_and_built(tables: Tables) -> None:
    tables.main("virtual_alias_maps = hash:$etc/one, hash:$etc/two\n")
    tables.write("one", "a@x.test b\n")
    tables.write("two", "c@x.test d\n")
    async with console(host_of(tables.maps), size=(120, 40)) as (app, pilot, pane):
        assert "2 wrong; " in shown(app)
        assert "has no index" in shown(app)
        await pilot.press("B")
        await until(pilot, lambda: "Build 2 indexes?" in shown(app), seconds=30)
        assert f"$ postmap hash:{tables.etc}/one" in shown(app)
        await pilot.press("y")
        await until(pilot, lambda: f"rebuild: hash:{tables.etc}/two" in toasts(app), seconds=30)
        assert tables.get("c@x.test", f"hash:{tables.etc}/two") == "d"
        await settle(pilot, pane)
        await until(pilot, lambda: "nothing is wrong" in shown(app), seconds=30)


def test_an_editor_has_the_terminal_and_what_breaks_the_table_is_refused(
    tables: Tables, tmp_path: Path
) -> None:
    if reason := why_no_terminal():
        pytest.skip(reason)
    tables.main("smtpd_helo_restrictions = check_helo_access regexp:$etc/helo\n")
    source = tables.write("helo", "/^bad$/ REJECT\n")
    editor = tmp_path / "editor"
    editor.write_text(EDITOR)
    editor.chmod(0o755)
    argv = [sys.executable, "-c", CONSOLE, str(tables.etc), str(tmp_path / "state")]
    env = {"VISUAL": str(editor), "TMPDIR": str(tmp_path)}
    with Terminal(argv, size=(110, 32), env=env) as terminal:
        terminal.wait_for("1 Over")
        terminal.keys("6")
        terminal.wait_for("/helo +regexp")
        terminal.keys("e")
        terminal.wait_for("WHICH LINE>")
        terminal.text("/((/ REJECT")
        terminal.keys("Enter")
        terminal.wait_for(r"Change \S+/helo\?")
        terminal.wait_for("REJECT")
        assert "+/((/ REJECT" in terminal.screen()
        terminal.keys("y")
        told = terminal.wait_for("Postfix would complain")
        assert "e goes on with it" in terminal.wait_for("e goes on")
        assert source.read_text() == "/^bad$/ REJECT\n", told
        (kept,) = tmp_path.glob("mailtui-edit-*/helo")
        assert kept.read_text() == "/((/ REJECT\n"
        terminal.keys("e")
        terminal.wait_for("WHICH LINE>")
        terminal.text("/^worse$/ REJECT")
        terminal.keys("Enter")
        terminal.wait_for(r"\+/\^worse\$/ REJECT")
        terminal.keys("y")
        wait_until("the edit", lambda: source.read_text() == "/^worse$/ REJECT\n")
        terminal.wait_for("edit: regexp:")
        assert tables.get("worse", f"regexp:{source}") == "REJECT"
        assert not kept.exists()
        terminal.keys("q")
        terminal.wait_for("LEFT-WITH 0")


async def test_a_source_of_very_many_entries_is_read_a_part_at_a_time(tables: Tables) -> None:
    tables.main("virtual_alias_maps = hash:$etc/big\n")
    count = 200_000
    lines = (f"user{number:07}@x.test\tmailbox{number:07}\n" for number in range(count))
    tables.write("big", "".join(lines))
    async with console(host_of(tables.maps), size=(100, 40)) as (app, pilot, pane):
        assert f"{count:,} entries" in shown(app)
        await go_to(pilot, pane, f"hash:{tables.etc}/big")
        began = monotonic()
        await pilot.press("end")
        await until(pilot, lambda: f"user{count - 1:07}@x.test" in shown(app), seconds=30)
        assert monotonic() - began < 10
        entries = pane.query_one("#entries", VirtualTable)
        for number in range(0, count, count // 40):
            entries.move_cursor(number)
            await until(pilot, partial(_shows, app, f"user{number:07}@x.test"), seconds=30)
        assert isinstance(entries.source, Indexed)
        assert len(entries.source._parts) <= KEPT
        await pilot.press("slash")
        await typed(pilot, "0199998")
        await settle(pilot, pane)
        assert "1 entry with 0199998" in shown(app)
        await pilot.press("enter", "escape")
        await settle(pilot, pane)
        found = pane.entry_in_focus()
        assert found is not None
        assert found.line == 199_999


async def test_a_gigabyte_of_nothing_and_lines_without_end_are_said_to_be_so(tables: Tables) -> None:
    tables.main("virtual_alias_maps = hash:$etc/hollow, hash:$etc/open, hash:$etc/nul\n")
    hollow = tables.write("hollow", "a@x.test b\n")
    with hollow.open("r+b") as file:
        file.truncate(1 << 30)
    tables.write("open", "c@x.test d\ne@x.test f")
    tables.write("nul", b"g@x.test h\nk\0ey i\n")
    async with console(host_of(tables.maps), size=(120, 40)) as (app, pilot, pane):
        assert "1 entry · A line is longer than 16 MiB: what follows is not shown" in shown(app)
        assert "a@x.test" in shown(app)
        await go_to(pilot, pane, f"hash:{tables.etc}/open")
        await pilot.press("end")
        assert "e@x.test" in shown(app)
        await go_to(pilot, pane, f"hash:{tables.etc}/nul")
        await pilot.press("end")
        assert "Postfix ignores this line: it holds a NUL" in shown(app)
        await go_to(pilot, pane, f"hash:{tables.etc}/hollow")
        await pilot.press("a")
        await typed(pilot, "n@x.test")
        await pilot.press("enter")
        await until(pilot, lambda: "is larger than" in shown(app) and "which key" in shown(app), seconds=30)
