"""`mailtui health`: for a person, as JSON, for Nagios, for Prometheus, and recorded."""

import json
import re
from pathlib import Path

import pytest

from backends.health.values import Check, Measure, Report
from mailtui.cli.health.nagios import line
from mailtui.cli.health.prometheus import metrics
from tests.mailtui.cli.conftest import Run
from tests.mailtui.cli.fake import FakeHost


def test_causes_with_evidence_and_what_mends_them(run: Run) -> None:
    ran = run("health")
    assert ran.code == 1
    lines = ran.out.splitlines()
    assert lines[1].startswith("✖ Mail is deferring because clamd does not run, since ")
    assert " 388 times, last " in lines[2]
    assert "    mend  systemctl start clamav-daemon" in lines
    assert "   └ ✖ 412 deferred|x" in lines
    assert lines[-1] == "● 1 other check is fine"
    assert "\x1b" not in ran.out
    assert "\u202e" not in ran.out
    assert "  ● clock: The clock is kept right" in run("health", "--all").out


def test_all_is_well(run: Run, host: FakeHost) -> None:
    host.sick.checks = host.sick.checks[-1:]
    ran = run("health")
    assert (ran.code, ran.out.splitlines()[1]) == (0, "● 1 check is fine")
    host.sick.checks = ()
    assert "There is nothing of a mail server here" in run("health").out


def test_one_way_at_a_time(run: Run) -> None:
    assert run("health", "--nagios", "--record").code == 2


def test_json(run: Run) -> None:
    found = json.loads(run("health", "--json").out)
    assert found["level"] == "bad"
    assert [check["cause"] for check in found["report"]["checks"]] == ["", "clamd", "", ""]


def test_nagios(run: Run, host: FakeHost) -> None:
    ran = run("health", "--nagios")
    assert ran.code == 2
    said, _, data = ran.out.strip().partition("|")
    assert said == "MAILTUI CRITICAL - Mail is deferring because clamd does not run; /var is full in 3 days"
    assert data.split() == [
        "'clamd-up'=0",
        "'queue-deferred'=412",
        "'disk-spool-used'=5000000000B;8000000000;9000000000",
        "'certificate-left'=12.5s",
    ]
    for number, code in ((2, 1), (3, 0)):
        host.sick.checks = host.sick.checks[-2:] if number == 2 else host.sick.checks[-1:]
        assert run("health", "--nagios").code == code


def test_bounds_below_which_it_is_bad_are_told_as_such() -> None:
    left = Measure("certificate-left", 315326921.699459, "s", 1814400.0, 259200.0)
    report = Report(0.0, 0.0, (Check("certificates", "good", "fine", measures=(left,)),))
    assert line(report).endswith("|'certificate-left'=315326921.699s;1814400:;259200:")


def test_what_parts_text_from_data_is_not_in_the_text() -> None:
    left = Measure("a'b=c", 1.0)
    checks = tuple(Check(f"n{number}", "bad", f"x|y={number}", measures=(left,)) for number in range(5))
    said, _, data = line(Report(0.0, 0.0, checks)).partition("|")
    assert said == "MAILTUI CRITICAL - x/y=0; x/y=1; x/y=2; and 2 more"
    assert data.split() == ["'abc'=1"] * 5


def test_names_of_metrics_stay_between_their_quotes() -> None:
    check = Check('a"b\\c', "bad", "x", cause='d"e')
    told = metrics(Report(0.0, 0.0, (check,))).splitlines()
    assert 'mailtui_check{check="a\\"b\\\\c",level="bad"} 1' in told
    assert 'mailtui_check_cause{check="a\\"b\\\\c",cause="d\\"e"} 1' in told


SAMPLE = re.compile(
    r'[a-z][a-z0-9_]*(?:\{[a-z]+="(?:[^"\\\n]|\\.)*"(?:,[a-z]+="(?:[^"\\\n]|\\.)*")*\})? -?[0-9.e+]+'
)


def test_prometheus(run: Run, tmp_path: Path) -> None:
    where = tmp_path / "mailtui.prom"
    assert run("health", "--prometheus", str(where)).code == 0
    lines = where.read_text().splitlines()
    assert all(line.startswith("# ") or SAMPLE.fullmatch(line) for line in lines)
    assert 'mailtui_check{check="clamd",level="bad"} 1' in lines
    assert 'mailtui_check{check="clamd",level="good"} 0' in lines
    assert 'mailtui_check_cause{check="queue",cause="clamd"} 1' in lines
    assert "mailtui_queue_deferred 412" in lines
    assert "mailtui_disk_spool_used_bytes 5000000000" in lines
    assert where.stat().st_mode & 0o777 == 0o644
    assert run("health", "--prometheus", "-").out.splitlines() == lines
    assert [path.name for path in tmp_path.iterdir()] == ["mailtui.prom"]


def test_metrics_follow_no_link(run: Run, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "other")
    assert run("health", "--prometheus", str(tmp_path / "link")).code == 1
    assert not (tmp_path / "other").exists()
    assert run("health", "--prometheus", str(tmp_path / "no" / "x")).code == 1


@pytest.mark.parametrize("words", [("--read-only",), ("--demo",)])
def test_not_recorded(run: Run, host: FakeHost, words: tuple[str, ...]) -> None:
    assert run("health", "--record", *words).code in {2, 5}
    assert host.sick.recorded == 0


def test_recorded(run: Run, host: FakeHost) -> None:
    assert run("health", "--record").out == ""
    assert json.loads(run("health", "--record", "--json").out)["deferred"] == 412
    assert host.sick.recorded == 2
