"""`mailtui cleanup`: what it prints, logs and leaves with; in this process and in one of its own."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from backends import audit, local
from backends.quarantine import config
from backends.quarantine import run as quarantine_run
from backends.quarantine.carry_out import Deletion, Done
from backends.quarantine.folder import folder_at
from backends.quarantine.names import TRASH
from backends.site import file as site_file
from backends.workers import Stop
from mailtui.cli import output
from tests.backends.quarantine.making import DAY, Quarantine
from tests.mailtui.cli.conftest import Run
from tests.mailtui.cli.fake import FakeHost

REAL = (sys.executable, "-m", "mailtui")
ROOT = Path(__file__).parents[3]


@pytest.fixture(autouse=True)
def logged(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[tuple[str, bool]]:
    """What is told to syslog; and neither amavis, Postfix nor a site file of this machine is seen."""
    lines: list[tuple[str, bool]] = []
    monkeypatch.setattr(audit, "write", lambda text, *, well, action: lines.append((text, well)))
    monkeypatch.setattr(local, "has_mail_stack", lambda _: False)
    load_site, configured = site_file.load_site, config.configured
    monkeypatch.setattr(site_file, "load_site", lambda: load_site(tmp_path / "site.toml"))
    monkeypatch.setattr(config, "configured", lambda: configured([tmp_path / "conf.d"]))
    (tmp_path / "conf.d").mkdir()
    (tmp_path / "conf.d" / "50-user").write_text(
        f'$MYHOME = \'{tmp_path}/amavis\';\n$TEMPBASE = "$MYHOME/tmp";\n$QUARANTINEDIR = "$MYHOME/virusmails";\n'
    )
    return lines


def cleaned(run: Run, quarantine: Quarantine, *words: str) -> Any:
    """What `--json` tells."""
    ran = run("cleanup", "--json", "--dir", str(quarantine.path), *words)
    assert ran.err == ""
    return json.loads(ran.out)


@pytest.fixture
def quarantine(tmp_path: Path) -> Quarantine:
    return Quarantine(tmp_path / "amavis" / "virusmails")


def test_it_is_silent_and_logs_one_line(
    run: Run, quarantine: Quarantine, logged: list[tuple[str, bool]]
) -> None:
    quarantine.add_real(20)
    ran = run("cleanup")
    assert (ran.code, ran.out, ran.err) == (0, "", "")
    assert len(quarantine.names()) == 4
    assert logged == [
        (f"deleted=4 size=4000 kinds=spam:2,badh:2 folder={quarantine.path}", True),
    ]
    assert run("cleanup").code == 0
    assert logged[1] == (f"deleted=0 size=0 folder={quarantine.path}", True)


def test_what_a_killed_process_did_is_told_as_far_as_it_is_known(
    run: Run, quarantine: Quarantine, logged: list[tuple[str, bool]], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(Deletion):
        def run(self, root: int, stop: Stop) -> Done:
            done = super().run(root, stop)
            if self._share.number:
                os.kill(os.getpid(), signal.SIGKILL)
            return done

    monkeypatch.setattr(quarantine_run, "count", lambda: 2)
    monkeypatch.setattr(quarantine_run, "Deletion", Killed)
    for number in range(100):
        quarantine.add(f"{number % 10}/spam-{number:012}.gz", 20)
    ran = run("cleanup", "--json", "--undo", "24h", "--dir", str(quarantine.path))
    report = json.loads(ran.out)
    assert ran.code == 1
    assert 0 < report["count"] < 100 - len(quarantine.names()) == 100
    assert (report["at_least"], report["undo"]) == (True, 1)
    why = f"A part of the work was ended by signal 9; at least {report['count']} were deleted"
    assert report["errors"] == [f"Not all of {quarantine.path} was cleaned: {why}"]
    assert "lack of memory" in ran.err
    assert "findmnt" not in ran.err
    assert len(logged) == 1
    assert "undo=1" in logged[0][0]
    assert why in logged[0][0]
    monkeypatch.setattr(output, "_columns", lambda _: 80)
    quarantine.add_real(20)
    assert run("cleanup", "--dir", str(quarantine.path)).out.startswith("at least ")


def test_no_postfix_is_needed(run: Run, quarantine: Quarantine, host: FakeHost) -> None:
    quarantine.add_real(20)
    assert run("cleanup").code == 0
    assert host.closed == 0


def test_a_dry_run_prints_what_a_run_then_does(
    run: Run, quarantine: Quarantine, logged: list[tuple[str, bool]]
) -> None:
    quarantine.add_real(20)
    quarantine.add("A/README\n", 400)
    ran = run("cleanup", "--dry-run", "--keep", "virus=1d")
    lines = ran.out.splitlines()
    assert ran.code == 0
    assert lines[0] == f"{quarantine.path}: 6 of 8 files would go, 5.9k of 7.8k"
    assert lines[1:6] == [
        "kind    files  size  oldest  kept for  too old  for room  going  next",
        "virus       2  2.0k     20d       24h        2         0   2.0k  -",
        "banned      2  2.0k     20d       30d        0         0      0  in 9d",
        "spam        2  2.0k     20d       14d        2         0   2.0k  -",
        "badh        2  2.0k     20d       14d        2         0   2.0k  -",
    ]
    assert lines[6:] == ["1 file not amavis's, stay: A/README^J"]
    assert len(quarantine.names()) == 9
    assert logged == []
    planned = cleaned(run, quarantine, "--dry-run", "--keep", "virus=1d")
    assert (planned["count"], planned["size"], planned["dry_run"]) == (6, 6000, True)
    done = cleaned(run, quarantine, "--keep", "virus=1d")
    assert (done["count"], done["size"], done["dry_run"]) == (6, 6000, False)
    assert done["deleted"] == {"virus": 2, "spam": 2, "badh": 2}
    assert len(quarantine.names()) == 3


def test_a_dry_run_says_by_which_rule_files_go_and_what_is_spared(run: Run, quarantine: Quarantine) -> None:
    for number, age in enumerate((20.0, 10.0, 9.5, 0.001)):
        quarantine.add(f"A/spam-{number:012}.gz", age)
    told = cleaned(run, quarantine, "--dry-run", "--max-size", "2500")
    (spam,) = told["kinds"]
    assert (spam["aged"], spam["going"], spam["keep"]) == (1, 2, 14 * DAY)
    assert spam["next"] == pytest.approx(time.time() + 4.5 * DAY, abs=60)
    assert (told["young"], told["ahead"], told["kept"]) == (1, 0, 0)
    lines = run("cleanup", "--dry-run", "--max-size", "2500").out.splitlines()
    assert lines[2].split()[4:] == ["14d", "1", "1", "2.0k", "in", "4d"]
    assert lines[3] == "1 file younger than ten minutes, stay whatever the rule"
    assert cleaned(run, quarantine, "--max-size", "2500")["deleted"] == {"spam": 2}


def test_the_site_decides_and_options_win(run: Run, quarantine: Quarantine, tmp_path: Path) -> None:
    quarantine.add_real(20)
    (tmp_path / "site.toml").write_text(
        '[quarantine]\nmax_delete = 3\n[quarantine.keep]\nspam = "forever"\nbadh = "5d"\nvirus = "19d"\n'
    )
    refused = run("cleanup")
    assert refused.code == 5
    assert "This would delete 4 files, more than 3" in refused.err
    assert len(quarantine.names()) == 8
    assert run("cleanup", "--max-delete", "0", "--keep", "virus=forever").code == 0
    assert {name.split("/")[1][:4] for name in quarantine.names()} == {"viru", "bann", "spam"}


def test_a_site_file_that_cannot_be_meant(run: Run, tmp_path: Path) -> None:
    (tmp_path / "site.toml").write_text('[quarantine.keep]\nspam = "a week"\n')
    ran = run("cleanup")
    assert ran.code == 2
    assert "quarantine.keep.spam" in ran.err


def test_room_is_made_in_the_order_asked_for(run: Run, quarantine: Quarantine) -> None:
    quarantine.add_real(3)
    done = cleaned(run, quarantine, "--max-size", "4500", "--order", "virus,banned")
    assert done["deleted"] == {"virus": 2, "banned": 2}


def test_it_goes_into_the_trash_first(run: Run, quarantine: Quarantine) -> None:
    quarantine.add_real(20)
    done = cleaned(run, quarantine, "--undo", "24h")
    assert (done["undo"], done["count"]) == (1, 4)
    assert len(list((quarantine.path / TRASH / "000001" / "files").rglob("*-*"))) == 4
    later = cleaned(run, quarantine)
    assert later["trash"]["count"] == 0


@pytest.mark.parametrize(
    "words",
    [
        ("--keep", "spam"),
        ("--keep", "ham=3d"),
        ("--keep", "spam=soon"),
        ("--max-size", "much"),
        ("--min-free", "200%"),
        ("--order", "spam,ham"),
        ("--max-delete", "-1"),
        ("--undo", "soon"),
        ("--tmp", "soon"),
        ("extra",),
    ],
)
def test_wrong_usage_leaves_with_2(run: Run, quarantine: Quarantine, words: tuple[str, ...]) -> None:
    quarantine.add_real(400)
    ran = run("cleanup", *words)
    assert ran.code == 2
    assert "usage" in ran.err
    assert len(quarantine.names()) == 8


def test_what_it_refuses(run: Run, quarantine: Quarantine, tmp_path: Path) -> None:
    quarantine.add_real(400)
    (tmp_path / "papers").mkdir()
    (tmp_path / "papers" / "thesis.tex").write_text("")
    Quarantine.give(tmp_path / "papers")
    for words, code, said in (
        (("--dir", "/"), 5, "it is / or directly in it"),
        (("--dir", str(tmp_path / "papers"), "--any-name"), 5, "nothing in it has a name that amavis gives"),
        (("--dir", "virusmails"), 2, "not an absolute path"),
        (("--dir", str(tmp_path / "none")), 3, "There is no folder"),
        (("--read-only",), 5, "This would delete files"),
        (("--demo",), 2, "no quarantine on the demo host"),
    ):
        ran = run("cleanup", *words)
        assert (ran.code, ran.out) == (code, "")
        assert said in ran.err
    assert (tmp_path / "papers" / "thesis.tex").exists()
    assert len(quarantine.names()) == 8
    assert run("cleanup", "--read-only", "--dry-run").code == 0


def test_what_amavis_configuration_says_of_the_folder(run: Run, tmp_path: Path) -> None:
    user = tmp_path / "conf.d" / "50-user"
    user.write_text("$QUARANTINEDIR = $ENV{ELSEWHERE};\n")
    ran = run("cleanup")
    assert ran.code == 3 or "does not plainly say" in ran.err
    assert "--dir DIR" in ran.err
    user.write_text("$QUARANTINEDIR = undef;\n$TEMPBASE = '';\n")
    assert run("cleanup").code == 0
    assert "amavis keeps no quarantine" in run("cleanup", "--dry-run").out


def test_a_second_run_leaves_with_5(run: Run, quarantine: Quarantine, logged: list[tuple[str, bool]]) -> None:
    quarantine.add_real(400)
    with folder_at(quarantine.path) as folder:
        folder.lock()
        ran = run("cleanup")
        assert ran.code == 5
        assert "is under way" in ran.err
        assert f"process {os.getpid()} since " in ran.err
        assert run("cleanup", "--dry-run").code == 0
    assert not logged[0][1]
    assert len(quarantine.names()) == 8


def test_leftover_work_folders_go(run: Run, quarantine: Quarantine, tmp_path: Path) -> None:
    work = tmp_path / "amavis" / "tmp" / "amavis-20261122T112459-99999998-k3JxQ2ab"
    work.mkdir(parents=True)
    (work / "email.txt").write_text("x")
    for path in (work / "email.txt", work, work.parent):
        quarantine.age(path, 9)
        quarantine.give(path)
    ran = run("cleanup", "--dry-run")
    assert "1 leftover work folders of amavis would go" in ran.out
    run("cleanup", "--dir", str(quarantine.path))
    run("cleanup", "--tmp", "forever")
    run("cleanup", "--tmp", "10d")
    assert work.exists()
    done = json.loads(run("cleanup", "--json").out)
    assert (done["work"]["folders"], done["work"]["files"]) == (1, 1)
    assert not work.exists()


def test_a_work_folder_that_cannot_be_entered_or_is_not_there(
    run: Run, quarantine: Quarantine, tmp_path: Path
) -> None:
    quarantine.add_real(20)
    assert run("cleanup").code == 0
    (tmp_path / "amavis" / "tmp").write_text("no folder")
    assert run("cleanup").code == 0
    assert len(quarantine.names()) == 4


@pytest.mark.skipif(os.geteuid() != 0, reason="nobody but root can give rights up")
def test_a_work_folder_of_root_is_refused(run: Run, quarantine: Quarantine, tmp_path: Path) -> None:
    quarantine.add_real(20)
    (tmp_path / "base").mkdir()
    (tmp_path / "conf.d" / "60-more").write_text(f"$TEMPBASE = '{tmp_path}/base';\n")
    ran = run("cleanup")
    assert ran.code == 5
    assert "base is not cleaned: it belongs to root" in ran.err
    assert len(quarantine.names()) == 4


@pytest.mark.skipif(os.geteuid() != 0, reason="the queue's trash is root's")
def test_the_trash_of_the_queue_goes_where_there_is_a_postfix(
    run: Run, quarantine: Quarantine, host: FakeHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    quarantine.add_real(1)
    monkeypatch.setattr(local, "has_mail_stack", lambda _: True)
    monkeypatch.setattr(host, "now", lambda: time.time() + 9999 * DAY)
    assert "1 message in the queue's trash would go" in run("cleanup", "--dry-run").out
    assert host.queue.done == []
    assert run("cleanup").code == 0
    assert host.queue.done == [("empty 86400", [])]
    run("cleanup", "--dir", str(quarantine.path))
    assert len(host.queue.done) == 1


@pytest.mark.skipif(os.geteuid() != 0, reason="the folder has to be another user's")
def test_what_cannot_be_deleted_leaves_with_1(
    run: Run, quarantine: Quarantine, logged: list[tuple[str, bool]]
) -> None:
    for number in range(30):
        quarantine.add(f"A/spam-{number:012}.gz", 400)
    (quarantine.path / "A").chmod(0o500)
    ran = run("cleanup")
    assert ran.code == 1
    assert ran.err.count("Permission denied") == 20
    assert "10 more" in ran.err
    assert logged == [(f"deleted=0 size=0 left=30 folder={quarantine.path}", False)]


@pytest.fixture
def many(tmp_path: Path) -> Quarantine:
    """A folder that takes a moment to clean."""
    quarantine = Quarantine(tmp_path / "many" / "virusmails")
    for number in range(30_000):
        path = quarantine.path / f"{number % 10}" / f"spam-{number:012}.gz"
        if number < 10:
            quarantine.add(f"{number}/x", 1).unlink()
        path.touch()
        quarantine.give(path)
        os.utime(path, (1, 1))
    return quarantine


def left_of(many: Quarantine) -> int:
    return sum(1 for folder in os.scandir(many.path) for _ in os.scandir(folder) if len(folder.name) == 1)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_stops_it_between_two_files(many: Quarantine, number: signal.Signals) -> None:
    argv = [*REAL, "cleanup", "--dir", str(many.path), "--undo", "24h", "--json"]
    with subprocess.Popen(
        argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT
    ) as process:
        deadline = time.monotonic() + 30
        while left_of(many) > 29_000 and time.monotonic() < deadline:
            time.sleep(0.002)
        process.send_signal(number)
        out, err = process.communicate(timeout=30)
    told = json.loads(out)
    assert process.returncode == 128 + number
    assert err == ""
    assert told["interrupted"] == number
    assert 0 < told["count"] < 30_000
    assert left_of(many) == 30_000 - told["count"]
    kept = list((many.path / TRASH / "000001" / "files").rglob("*.gz"))
    assert len(kept) == told["count"]
    assert subprocess.run([*REAL, "cleanup", "--dir", str(many.path)], cwd=ROOT, check=True).returncode == 0
    assert left_of(many) == 0


def test_killed_it_leaves_nobody_behind_and_no_lock(many: Quarantine) -> None:
    with subprocess.Popen([*REAL, "cleanup", "--dir", str(many.path)], cwd=ROOT) as process:
        deadline = time.monotonic() + 30
        while left_of(many) > 29_000 and time.monotonic() < deadline:
            time.sleep(0.002)
        process.kill()
    again = subprocess.run([*REAL, "cleanup", "--dir", str(many.path)], cwd=ROOT, check=False)
    while again.returncode == 5 and time.monotonic() < deadline:  # its children notice a moment later
        again = subprocess.run([*REAL, "cleanup", "--dir", str(many.path)], cwd=ROOT, check=False)
    assert again.returncode == 0
    assert left_of(many) == 0


def test_neither_textual_nor_what_it_does_not_need_is_imported(quarantine: Quarantine) -> None:
    code = (
        "import sys; from mailtui.cli.main import main; code = main(sys.argv[1:]);"
        "print(*{'textual', 'rich', 'numpy', 'sh', 'psutil', 'multiprocessing'} & set(sys.modules)); sys.exit(code)"
    )
    quarantine.add_real(20)
    done = subprocess.run(
        [sys.executable, "-c", code, "cleanup", "--dir", str(quarantine.path)],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        timeout=60,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "\n", "")


def test_a_configuration_of_amavis_that_cannot_be_read_is_told_with_a_folder_named(
    run: Run, quarantine: Quarantine, tmp_path: Path
) -> None:
    quarantine.add_real(20)
    config_file = tmp_path / "conf.d" / "50-user"
    config_file.write_text("#" * (2 << 20))
    ran = run("cleanup", "--dir", str(quarantine.path))
    assert (ran.code, ran.out) == (0, "")
    assert "Amavis's configuration in" in ran.err
    assert "only names that amavis gives by default are known" in ran.err
    assert len(quarantine.names()) == 4
