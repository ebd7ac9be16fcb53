"""A change that is taken back unless it is confirmed: by which commands and units."""

from pathlib import Path

import pytest

from backends.apply.confirm import PROGRAM, schedule, unschedule
from backends.errors import Failed
from tests.support.fake_runner import Expected, FakeRunner

BACK = (*PROGRAM, "rollback", "7", "--unless-confirmed")
TIMER = "mailtui-revert-7.timer"
RELOAD = ("systemctl", "daemon-reload")
NOON = 1_795_608_000.0


def test_by_a_timer_that_outlives_a_reboot_or_by_a_process_of_its_own(tmp_path: Path) -> None:
    with FakeRunner(
        Expected(RELOAD),
        Expected(("systemctl", "--quiet", "enable", TIMER)),
        Expected(("systemctl", "restart", TIMER)),
        Expected(("systemctl", "--quiet", "disable", "--now", TIMER)),
        Expected(RELOAD),
        Expected(("setsid", "--fork", *BACK, "--after=600")),
    ) as runner:
        schedule(runner, 7, 600, systemd=True, folder=tmp_path, now=NOON)
        timer = (tmp_path / TIMER).read_text()
        assert "OnCalendar=2026-11-25 12:10:00 UTC\n" in timer
        assert "Persistent=true\n" in timer
        service = (tmp_path / "mailtui-revert-7.service").read_text()
        assert (
            f'ExecStart="{PROGRAM[0]}" "-P" "-m" "mailtui" "rollback" "7" "--unless-confirmed"\n' in service
        )
        unschedule(runner, 7, systemd=True, folder=tmp_path)
        assert list(tmp_path.iterdir()) == []
        schedule(runner, 7, 600, systemd=False)
        unschedule(runner, 7, systemd=False)
    assert all(command.mutates for command in runner.commands)


def test_it_is_said_when_it_cannot_be(tmp_path: Path) -> None:
    with (
        FakeRunner(Expected(RELOAD, stderr=b"no bus\n", code=1)) as runner,
        pytest.raises(Failed, match="no bus"),
    ):
        schedule(runner, 7, 600, systemd=True, folder=tmp_path)
    with FakeRunner() as runner, pytest.raises(Failed, match="cannot be scheduled"):
        schedule(runner, 7, 600, systemd=True, folder=tmp_path / "nowhere")
