"""Services by systemd and by init scripts: the very commands, and what a failure says."""

import pytest

from backends.apply.machine.services import Services
from backends.errors import Failed
from backends.reference.manifest import Service
from tests.support.fake_runner import Expected, FakeRunner

CLAMD = Service(name="clamav-daemon", init="clamav-daemon", process="clamd")


@pytest.mark.parametrize(
    ("systemd", "commands"),
    [
        (
            True,
            [("systemctl", "restart", "clamav-daemon"), ("systemctl", "enable", "--quiet", "clamav-daemon")],
        ),
        (False, [("service", "clamav-daemon", "restart"), ("update-rc.d", "clamav-daemon", "defaults")]),
    ],
)
def test_the_commands(systemd: bool, commands: list[tuple[str, ...]]) -> None:
    with FakeRunner(*map(Expected, commands)) as runner:
        services = Services(runner, systemd=systemd)
        services.act("restart", CLAMD)
        services.enable(CLAMD)
    assert all(command.mutates for command in runner.commands)


def test_a_failure_says_where_to_look() -> None:
    failed = Expected(("systemctl", "start", "clamav-daemon"), stderr=b"Job failed.\x1b[0m\n", code=1)
    with (
        FakeRunner(failed) as runner,
        pytest.raises(Failed, match="start clamav-daemon failed: Job failed") as raised,
    ):
        Services(runner, systemd=True).act("start", CLAMD)
    assert "journalctl -u clamav-daemon" in raised.value.hint
    assert "\x1b" not in str(raised.value)
