"""What Postfix 3.7 complains of, word for word, and the error each becomes."""

import pytest

from backends.errors import BackendError, Failed, Missing, NoSpace, NotAnswering, NotPermitted
from backends.queue.complaint import explain
from backends.runner import Command, Result

COMPLAINTS: list[tuple[str, type[BackendError], str]] = [
    (
        "postqueue: fatal: Queue report unavailable - mail system is down (Connect to the Postfix showq service: C…)",
        NotAnswering,
        "systemctl start postfix",
    ),
    (
        "postqueue: fatal: Cannot flush mail queue - mail system is down",
        NotAnswering,
        "systemctl start postfix",
    ),
    (
        "postqueue: fatal: User nobody(65534) is not allowed to view the mail queue",
        NotPermitted,
        "authorized_mailq_users",
    ),
    (
        "postqueue: fatal: User nobody(65534) is not allowed to flush the mail queue",
        NotPermitted,
        "authorized_flush_users",
    ),
    (
        "postqueue: fatal: open /etc/postfix/main.cf: No such file or directory",
        Missing,
        "dpkg-reconfigure postfix",
    ),
    (
        'postqueue: fatal: Flush service is not configured for destination "example.org"',
        Failed,
        "fast_flush_domains",
    ),
    ("postsuper: fatal: use of this command is reserved for the superuser", NotPermitted, "as root"),
    ("postcat: fatal: open queue file AAAAAAAA: Permission denied", NotPermitted, "as root"),
    ("postcat: fatal: open queue file FFFFFFFF: No such file or directory", Missing, "read the queue again"),
    (
        'postqueue: error: unauthorized configuration directory name: /x\npostqueue: fatal: specify "alternate_config…',
        NotPermitted,
        "alternate_config_directories",
    ),
    ("sudo: a password is required", NotPermitted, "sudoers"),
    ("postsuper: fatal: link hold/A to x: No space left on device", NoSpace, "free space"),
    ("postsuper: fatal: something new", Failed, "log"),
    ("", Failed, "log"),
]


@pytest.mark.parametrize(("said", "kind", "hint"), COMPLAINTS)
def test_complaints(said: str, kind: type[BackendError], hint: str) -> None:
    error = explain(Command(("postqueue", "-j")), Result(69, b"", f"{said}\n".encode(), 0.1))
    assert type(error) is kind
    assert hint in error.hint
    assert said.rpartition("\n")[2] in str(error)


def test_an_unknown_complaint_names_the_program_not_sudo() -> None:
    error = explain(Command(("sudo", "-n", "/usr/sbin/postsuper", "-d", "-")), Result(1, b"", b"odd\n", 0.1))
    assert str(error) == "postsuper failed: odd"


def test_a_signal_is_told() -> None:
    assert "signal 9" in str(explain(Command(("postsuper",)), Result(-9, b"", b"", 0.1)))
