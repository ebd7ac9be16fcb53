"""ClamAV's first signatures: when there are some, and what is said when freshclam brings none."""

from pathlib import Path

import pytest

from backends.apply.machine.services import Services
from backends.apply.machine.signatures import fetch, present
from backends.errors import Missing
from backends.reference.manifest import Service
from tests.support.fake_runner import Expected, FakeRunner

FRESHCLAM = Service(name="clamav-freshclam", init="clamav-freshclam", process="freshclam")
FETCH = ("freshclam", "--stdout")
IS_ACTIVE = ("systemctl", "is-active", "--quiet", "clamav-freshclam")
SAID = (
    b"Wed Nov 25 18:06:49 2026 -> Trying to retrieve CVD header\n"
    b"ERROR: Wed Nov 25 18:06:49 2026 -> Failed to find daily database using server https://\x1b[1mx.\n"
    b"ERROR: Wed Nov 25 18:06:50 2026 -> Update failed for database: daily\n"
)


def test_both_kinds_must_be_there(tmp_path: Path) -> None:
    assert not present(tmp_path)
    (tmp_path / "main.cvd").touch()
    (tmp_path / "mailtui-test.ndb").touch()
    assert not present(tmp_path)
    (tmp_path / "daily.cld").touch()
    assert present(tmp_path)


def test_they_are_fetched_while_the_daemon_is_stopped(tmp_path: Path) -> None:
    def brought() -> None:
        (tmp_path / "main.cvd").touch()
        (tmp_path / "daily.cvd").touch()

    with FakeRunner(
        Expected(IS_ACTIVE),
        Expected(("systemctl", "stop", "clamav-freshclam")),
        Expected(FETCH, b"daily.cvd updated\n", then=brought),
    ) as runner:
        fetch(runner, Services(runner, systemd=True), FRESHCLAM, tmp_path)


def test_without_them_it_says_what_that_means(tmp_path: Path) -> None:
    with (
        FakeRunner(Expected(IS_ACTIVE, code=3), Expected(FETCH, SAID, code=1)) as runner,
        pytest.raises(Missing, match="no virus signatures: Failed to find daily database") as raised,
    ):
        fetch(runner, Services(runner, systemd=True), FRESHCLAM, tmp_path)
    assert "all mail would be deferred" in raised.value.hint
    assert "--test-signature" in raised.value.hint
    assert "\x1b" not in str(raised.value)
