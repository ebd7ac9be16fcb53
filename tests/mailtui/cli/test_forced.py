"""`mailtui --forced-command`: what sshd passes on is a command that only reads, or nothing."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backends.errors import BackendError
from mailtui.cli.commands import COMMANDS, Group
from mailtui.cli.forced import words_of
from mailtui.cli.parser import parse
from tests.mailtui.cli.conftest import Run

CHANGES = {
    "hold",
    "release",
    "requeue",
    "delete",
    "expire",
    "flush",
    "undo",
    "purge",
    "whitelist",
    "keep",
    "learn",
    "export",
}
CHANGES |= {"update", "scan", "set", "remove", "edit", "rebuild", "import", "rollback", "confirm", "cleanup"}


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ("", []),
        ("mailtui", []),
        ("--json", ["--json"]),
        ("queue list --group reason", ["queue", "list", "--group", "reason"]),
        ("mailtui queue list --reason 'user unknown'", ["queue", "list", "--reason", "user unknown"]),
        ("queue --help", ["queue", "--help"]),
        ("maps --json", ["maps", "--json"]),
        ("scores --since 7d", ["scores", "--since", "7d"]),
        ("queue list; rm -rf /", None),
        ("queue list --reason '$(reboot)'", ["queue", "list", "--reason", "$(reboot)"]),
        ("sh", None),
        ("/bin/sh -c id", None),
        ("queue", None),
        ("queue delete --all --yes", None),
        ("--apply --yes", None),
        ("queue list --apply", None),
        ("--forced-command queue delete", None),
        ("--config-dir=/tmp/x queue list", None),
        ("queue list --config-dir /tmp/x", None),
        ("scores --svg=/home/ann/.ssh/rc", None),
        ("scores --log /etc/shadow", None),
        ("--json queue delete --all", None),
        ("-- queue delete", None),
        ("av scan /etc/shadow", None),
        ("maps edit virtual", None),
        ("queue list 'a", None),
        ("queue list " + "x" * 5000, None),
        ("scp -t /tmp", None),
        ("internal-sftp", None),
    ],
)
def test_what_was_asked_for(asked: str, words: list[str] | None) -> None:
    if asked.startswith("queue list;"):  # no shell reads the `;`, it is part of a word that is no command
        words = None
    if words is None:
        with pytest.raises(BackendError):
            words_of(asked)
    else:
        assert words_of(asked) == ["--read-only", *words]


def test_what_changes_something_does_not_read() -> None:
    for row in COMMANDS.values():
        for name, command in (row.commands if isinstance(row, Group) else {"": row}).items():
            assert not (command.reads and name in CHANGES)


@settings(deadline=None)
@given(
    st.lists(
        st.sampled_from(
            [*COMMANDS, *CHANGES, "list", "--json", "--all", "--yes", "--apply", "--", "-", "show"]
        ),
        max_size=5,
    )
)
def test_whatever_is_asked_for_is_read_only(asked: list[str]) -> None:
    try:
        options = parse(words_of(" ".join(asked)))
    except (BackendError, SystemExit):
        return
    assert options.read_only
    assert getattr(options, "action", None) not in CHANGES
    assert options.command not in CHANGES


def test_it_is_carried_out(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSH_ORIGINAL_COMMAND", "queue list --json")
    assert run("--forced-command").code == 0
    monkeypatch.setenv("SSH_ORIGINAL_COMMAND", "queue delete --all --yes")
    ran = run("--forced-command")
    assert ran.code == 5
    assert "Here is only what reads: health, queue list" in ran.err
    assert run("--forced-command", "queue", "delete").code == 2
    assert run("queue", "delete", "--all", "--forced-command").code == 2
