"""Each complaint leads to the command that helps."""

import pytest

from backends.apply.verify.advice import Advice

BEFORE = Advice(systemd=True, filter="pre-queue", user="alice")
BEHIND = Advice(systemd=True, filter="post-queue", user="alice")


@pytest.mark.parametrize(
    ("said", "advice", "hint"),
    [
        ("4.3.1 Insufficient system storage", BEFORE, "df -h"),
        ("4.5.0 Error in processing: No space left on device", BEFORE, "df -h"),
        ("4.3.0 Error: queue file write error", BEFORE, "systemctl restart amavis"),
        ("4.3.0 Error: queue file write error", BEHIND, "postfix check"),
        ("connect to 127.0.0.1[127.0.0.1]:10024: Connection refused", BEHIND, "systemctl restart amavis"),
        ("4.5.0 Error in processing, id=1, virus_scan FAILED", BEFORE, "systemctl restart clamav-daemon"),
        ("4.7.0 Error: too many connections from 127.0.0.1", BEFORE, "fewer clients"),
        ("unknown user: alice", BEFORE, "postalias -q postmaster"),
        ("temporary failure. Command output: maildrop: cannot", BEFORE, "/etc/maildroprc"),
        ("5.7.1 something else", BEFORE, "journalctl -t postfix/local"),
    ],
)
def test_what_to_do(said: str, advice: Advice, hint: str) -> None:
    assert hint in advice.on(said)


def test_without_systemd() -> None:
    advice = Advice(systemd=False, filter="pre-queue", user="alice")
    assert (
        advice.about("gld")
        == "service gld restart; see what it says: grep gld /var/log/mail.log | tail -n 20"
    )
    assert "journalctl" not in advice.on("something")
