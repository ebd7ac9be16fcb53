"""A change that is taken back unless it is confirmed: by which commands."""

import pytest

from backends.apply.confirm import PROGRAM, schedule, unschedule
from backends.errors import Failed
from tests.support.fake_runner import Expected, FakeRunner

BACK = (*PROGRAM, "rollback", "7", "--unless-confirmed")
TIMER = (
    *("systemd-run", "--quiet", "--collect", "--unit=mailtui-revert-7", "--on-active=600s"),
    *("--timer-property=AccuracySec=1s", *BACK),
)


def test_by_a_timer_or_by_a_process_of_its_own() -> None:
    with FakeRunner(
        Expected(TIMER),
        Expected(("systemctl", "stop", "mailtui-revert-7.timer", "mailtui-revert-7.service")),
        Expected(("setsid", "--fork", *BACK, "--after=600")),
    ) as runner:
        schedule(runner, 7, 600, systemd=True)
        unschedule(runner, 7, systemd=True)
        schedule(runner, 7, 600, systemd=False)
        unschedule(runner, 7, systemd=False)
    assert all(command.mutates for command in runner.commands)


def test_it_is_said_when_it_cannot_be() -> None:
    with (
        FakeRunner(Expected(TIMER, stderr=b"no bus\n", code=1)) as runner,
        pytest.raises(Failed, match="no bus"),
    ):
        schedule(runner, 7, 600, systemd=True)
