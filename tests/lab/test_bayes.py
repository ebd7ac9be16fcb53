"""The Bayes database of a real SpamAssassin: read, learnt, learnt again, turned round and forgotten as amavis's user."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.lab.apply import PYTHON, machine_with, ok
from tests.lab.image import stack
from tests.lab.machine import Machine

DATABASE = "/var/lib/amavis/.spamassassin"
MESSAGE = "X-Envelope-To: <a@example.test>\nX-Spam-Flag: NO\nSubject: hello\nMessage-ID: <1@example.org>\n\nbuy this now\n"
LEARN = """\
import sys
from backends.errors import BackendError
from backends.local import LocalHost
try:
    learnt = LocalHost().bayes.learn(sys.argv[1], sys.stdin.buffer.read())
    print(learnt.new, learnt.said)
except BackendError as error:
    print(type(error).__name__, error, "|", error.hint)
"""


@pytest.fixture(scope="module")
def server(release: str) -> Iterator[Machine]:
    """A machine with amavis and SpamAssassin as packaged."""
    with machine_with(release, stack(release)) as machine:
        yield machine


def state(machine: Machine) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(ok(machine, "scores", "--json", "--bayes"))["bayes"]
    return found


def learn(machine: Machine, as_: str, message: str = MESSAGE, user: str = "root") -> str:
    become = ["runuser", "-u", user, "--"] if user != "root" else []
    return machine.run([*become, PYTHON, "-c", LEARN, as_], stdin=message).stdout.strip()


def counts(machine: Machine) -> tuple[int, int]:
    found = state(machine)
    return found["spam"], found["ham"]


def test_nothing_is_learnt_yet(server: Machine) -> None:
    found = state(server)
    assert (found["user"], found["there"], found["spam"], found["auto_expire"]) == ("amavis", False, 0, True)
    assert "learnt nothing yet" in ok(server, "scores", "--bayes")


def test_learnt_turned_round_and_forgotten(server: Machine) -> None:
    assert learn(server, "spam").startswith("True Learned tokens from 1")
    assert counts(server) == (1, 0)
    assert learn(server, "spam").startswith("False Learned tokens from 0")
    assert learn(server, "ham").startswith("True")
    assert counts(server) == (0, 1)
    assert learn(server, "forget").startswith("True Forgot tokens from 1")
    assert counts(server) == (0, 0)
    assert learn(server, "forget").startswith("False Forgot")
    assert "BadRequest The message is empty" in learn(server, "spam", "X-Spam-Flag: NO\n")
    owners = server.run(["find", DATABASE, "-printf", "%u\n"]).stdout.split()
    assert set(owners) == {"amavis"}


def test_what_amavis_added_is_not_learnt(server: Machine) -> None:
    """The same message without it is known already."""
    assert learn(server, "spam").startswith("True")
    assert learn(server, "spam", MESSAGE[MESSAGE.index("Subject") :]).startswith("False")
    learn(server, "forget")


def test_other_users_may_not_and_amavis_may(server: Machine) -> None:
    assert "NotPermitted" in learn(server, "spam", user="alice")
    assert learn(server, "spam", user="amavis").startswith("True")
    learn(server, "forget")


def test_settings_are_read_as_spamassassin_reads_them(server: Machine) -> None:
    site, own = server.path("/etc/spamassassin/mailtui-test.cf"), server.path(f"{DATABASE}/user_prefs")
    site.write_text("bayes_auto_expire 0\n")
    assert state(server)["auto_expire"] is False
    own.write_text("bayes_auto_expire 1\nbayes_min_ham_num 7\n")
    server.run(["chown", "amavis:amavis", f"{DATABASE}/user_prefs"])
    found = state(server)
    assert (found["auto_expire"], found["least_ham"]) == (True, 7)
    site.write_text("use_bayes 0\n")
    assert state(server)["in_use"] is False
    assert "switched off" in learn(server, "spam")
    site.unlink()
    own.unlink()
