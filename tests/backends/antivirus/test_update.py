"""freshclam, the real one: seen, run, or asked, and what it brings loaded by the real clamd."""

import os
import shutil
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from backends.antivirus import reload
from backends.antivirus.values import Updated
from backends.errors import Failed, Missing, NotPermitted, Refused
from tests.support.clamav import PrivateClamd, web_server, why_not
from tests.support.postfix import wait_until

pytestmark = [pytest.mark.real, pytest.mark.skipif(bool(why_not()), reason=why_not())]
OTHER = "Test.Other:0:*:deadbeefcafe{:04x}\n"


@pytest.fixture
def clamd(tmp_path: Path) -> Iterator[PrivateClamd]:
    """A clamd, and a freshclam that gets other.ndb from a web server of `tmp_path`."""
    with PrivateClamd() as running, web_server(tmp_path) as url:
        running.sets_up_freshclam(f"DatabaseCustomURL {url}/key-4711/other.ndb")
        (tmp_path / "key-4711").mkdir()
        serve(tmp_path, 1)
        yield running


def serve(folder: Path, count: int) -> None:
    path = folder / "key-4711" / "other.ndb"
    if path.exists():
        time.sleep(1.1)  # HTTP's If-Modified-Since knows whole seconds
    path.write_text("".join(OTHER.format(number) for number in range(count)))


def updated(clamd: PrivateClamd, clamd_conf: Path | None = None) -> tuple[Updated, list[str]]:
    said: list[str] = []
    return clamd.antivirus(clamd_conf).update(said.append), said


def test_a_run_of_its_own_becomes_its_user_and_is_loaded(clamd: PrivateClamd, tmp_path: Path) -> None:
    antivirus = clamd.antivirus()
    before = antivirus.status()
    assert (before.daemon.loaded and before.daemon.loaded.signatures, before.freshclam.state) == (
        1,
        "stopped",
    )
    done, said = updated(clamd)
    assert (done.by, done.outcome, done.updated, done.reloaded) == (
        "freshclam",
        "updated",
        ("other.ndb",),
        True,
    )
    assert done.reload == "Database correctly reloaded (2 signatures)"
    assert any(line.startswith("other.ndb updated (version: custom database") for line in said)
    assert (clamd.signatures / "other.ndb").owner() == "clamav"
    after = antivirus.status()
    assert after.daemon.loaded is not None
    assert after.daemon.loaded.signatures == 2
    assert [one.loaded for one in after.databases] == [True, True]
    assert after.databases[1].source.startswith("http://127.0.0.1:")
    assert "key-4711" not in after.databases[1].source + "".join(after.freshclam.urls)
    assert (after.freshclam.runs[0].outcome, after.freshclam.runs[0].updated) == ("updated", ("other.ndb",))
    assert updated(clamd)[0].outcome == "current"
    serve(tmp_path, 7)
    assert updated(clamd)[0].reload == "Database correctly reloaded (8 signatures)"


@pytest.mark.parametrize("foreground", [True, False])
def test_where_the_daemon_runs_it_is_asked(clamd: PrivateClamd, tmp_path: Path, *, foreground: bool) -> None:
    with clamd.freshclam_daemon(foreground=foreground) as pid:
        found = clamd.antivirus().status().freshclam
        assert (found.state, found.pid, found.checks) == ("daemon", pid, 24)
        assert found.next_run is not None
        assert abs(found.next_run - time.time() - 3600) < 60
        serve(tmp_path, 3)
        done, said = updated(clamd)
        assert (done.by, done.outcome, done.reloaded) == (f"daemon {pid}", "updated", True)
        assert done.reload == "Database correctly reloaded (4 signatures)"
        assert f"process {pid}" in said[0]
        assert "SIGUSR1" in said[0]
        assert "Received signal: wake up" in said
        assert updated(clamd)[0].outcome == "current"


def test_another_run_has_the_lock(clamd: PrivateClamd, tmp_path: Path) -> None:
    answering, first = threading.Event(), list[str]()
    with web_server(tmp_path, answering) as url:
        clamd.sets_up_freshclam(f"DatabaseCustomURL {url}/key-4711/other.ndb")
        thread = threading.Thread(target=lambda: first.append(updated(clamd)[0].outcome))
        thread.start()
        wait_until("freshclam at work", lambda: bool(clamd.antivirus().status().freshclam.runs))
        found = clamd.antivirus().status().freshclam
        assert (found.runs[0].outcome, found.state) == ("running", "stopped")
        with pytest.raises(Refused, match=f"Another freshclam .process {found.pid}."):
            updated(clamd)
        answering.set()
        thread.join(30)
    assert first == ["updated"]


def test_a_daemon_at_work_is_waited_for(clamd: PrivateClamd, tmp_path: Path) -> None:
    answering, done = threading.Event(), list[tuple[Updated, list[str]]]()
    answering.set()
    with web_server(tmp_path, answering) as url:
        clamd.sets_up_freshclam(f"DatabaseCustomURL {url}/key-4711/other.ndb")
        with clamd.freshclam_daemon() as pid:
            serve(tmp_path, 4)
            answering.clear()
            os.kill(pid, signal.SIGUSR1)
            wait_until(
                "freshclam at work", lambda: clamd.antivirus().status().freshclam.runs[0].outcome == "running"
            )
            thread = threading.Thread(target=lambda: done.append(updated(clamd)))
            thread.start()
            time.sleep(0.5)
            answering.set()
            thread.join(30)
    ((found, said),) = done
    assert "is at work already" in said[0]
    assert (found.outcome, found.reload) == ("updated", "Database correctly reloaded (5 signatures)")


def test_a_failure_names_its_cause(clamd: PrivateClamd) -> None:
    clamd.sets_up_freshclam("DatabaseCustomURL http://127.0.0.1:1/other.ndb")
    done, said = updated(clamd)
    assert done.outcome == "failed"
    assert "connect" in done.complaint.lower()
    assert "->" not in done.complaint
    assert said
    status = clamd.antivirus().status()
    assert status.freshclam.runs[0].outcome == "failed"
    told = {one.name: one for one in status.findings}["last run"]
    assert (told.state, "connect" in told.said.lower()) == ("watch", True)
    clamd.sets_up_freshclam("Nonsense yes")
    with pytest.raises(Failed, match="did not begin"):
        updated(clamd)


def test_clamd_that_is_not_told_is_told_here(clamd: PrivateClamd) -> None:
    text = clamd.freshclam_conf.read_text()
    clamd.freshclam_conf.write_text(text.replace("NotifyClamd", "# NotifyClamd"))
    done, said = updated(clamd)
    assert (done.outcome, done.reloaded) == ("updated", True)
    assert any("told to reload" in line for line in said)


def test_clamd_down_or_hung_meanwhile(clamd: PrivateClamd, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reload.Reload.__init__, "__defaults__", (2.0,))
    clamd.stop()
    done, _ = updated(clamd)
    assert (done.outcome, done.updated, done.reloaded) == ("updated", ("other.ndb",), False)
    assert "clamd does not" in done.reload


def test_files_that_are_newer_than_what_is_in_memory(clamd: PrivateClamd) -> None:
    clamd.container("daily.cud", 27_000)
    late = clamd.antivirus().status()
    assert {one.name: one.loaded for one in late.databases} == {"daily.cud": False, "eicar.ndb": True}
    told = {one.name: one for one in late.findings}["loaded"]
    assert (told.state, "daily.cud" in told.said) == ("note", True)
    assert updated(clamd)[0].reloaded is True
    status = clamd.antivirus().status()
    assert status.daemon.daily == 27_000
    assert abs(status.daemon.built - time.time()) < 60
    daily = status.databases[0]
    assert (daily.version, daily.signatures, daily.kind, daily.loaded) == (27_000, 1, "unsigned", True)
    clamd.container("daily.cud", 27_001)
    assert clamd.antivirus().status().databases[0].loaded is False


def test_without_clamds_log_the_version_tells(clamd: PrivateClamd, tmp_path: Path) -> None:
    told = tmp_path / "clamd.conf"
    told.write_text(clamd.conf.read_text().replace("LogFile", "# LogFile"))
    clamd.container("daily.cud", 27_005)
    done, _ = updated(clamd, clamd_conf=told)
    assert (done.reloaded, done.reload) == (True, "clamd tells the version that is on disk")
    status = clamd.antivirus(clamd_conf=told).status()
    assert status.daemon.loaded is None
    assert {one.name: one.loaded for one in status.databases}["daily.cud"] is True


def test_stopped_while_it_waits(clamd: PrivateClamd) -> None:
    stop = threading.Event()
    stop.set()
    with clamd.freshclam_daemon(), pytest.raises(Refused, match="Stopped"):
        clamd.antivirus().update(lambda _: None, stop)


def test_a_freshclam_of_ours_that_hangs_is_ended(clamd: PrivateClamd, tmp_path: Path) -> None:
    stop, answering = threading.Event(), threading.Event()
    with web_server(tmp_path, answering) as url:
        clamd.sets_up_freshclam(f"DatabaseCustomURL {url}/key-4711/other.ndb")
        threading.Timer(1.0, stop.set).start()
        began = time.monotonic()
        with pytest.raises(Refused, match="Stopped"):
            clamd.antivirus().update(lambda _: None, stop)
        assert time.monotonic() - began < 4
        assert clamd.antivirus().status().freshclam.pid is None
        answering.set()
    assert not (clamd.signatures / "other.ndb").exists()


def test_who_may_not(clamd: PrivateClamd, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 65534)
    with pytest.raises(NotPermitted, match="Only root and clamav"):
        updated(clamd)
    assert "Only root and clamav may fetch signatures: run mailtui as root" in clamd.antivirus().why_not()


@pytest.mark.skipif(shutil.which("clamav-unofficial-sigs") is not None, reason="it is installed")
def test_no_third_party_program(clamd: PrivateClamd) -> None:
    with pytest.raises(Missing, match="clamav-unofficial-sigs is not installed"):
        clamd.antivirus().update(lambda _: None, third_party=True)
