"""What sa-learn is given, and what is made of its answers; these are its own, of Debian 12 and 13."""

import pytest

from backends.errors import BadRequest, Failed, NotPermitted
from backends.learning import bare, count, learn, learnt
from backends.runner import Result

LEARNT = b"Learned tokens from 1 message(s) (1 message(s) examined)\n"


def test_only_the_top_is_taken_off() -> None:
    inside = b"Subject: x\nX-Spam-Flag: YES\n\nbody\n"
    assert bare(b"X-Envelope-To: <a@b>,\n <c@d>\nX-Spam-Flag: NO\n" + inside) == inside
    assert bare(inside) == inside


@pytest.mark.parametrize("as_", ["spam", "ham", "forget"])
def test_amavis_user_learns(as_: str) -> None:
    command = learn(as_, "amavis", "997", b"X-Spam-Flag: NO\nSubject: x\n\nbody\n")  # type: ignore[arg-type]
    become = "setpriv --reuid=amavis --regid=997 --init-groups --reset-env"
    assert " ".join(command.argv) == f"{become} sa-learn --{as_} --max-size=4194304"
    assert (command.stdin, command.mutates) == (b"Subject: x\n\nbody\n", True)


def test_nothing_is_not_learnt() -> None:
    for empty in (b"", b"\n\n", b"X-Spam-Flag: YES\n"):
        with pytest.raises(BadRequest, match="empty"):
            learn("spam", "", "", empty)


def test_what_it_says() -> None:
    said = learnt(Result(0, LEARNT, b"", 0.0))
    assert (said, count(said)) == (LEARNT.decode().strip(), 1)
    assert count("Learned tokens from 0 message(s) (1 message(s) examined)") == 0
    assert count("Forgot tokens from 1 message(s) (1 message(s) examined)") == 1


def test_what_fails() -> None:
    off = b"ERROR: configuration specifies 'use_bayes 0', sa-learn disabled\n"
    with pytest.raises(Failed, match="sa-learn disabled") as raised:
        learnt(Result(1, b"", off, 0.0))
    assert "switched off" in raised.value.hint
    with pytest.raises(NotPermitted):
        learnt(Result(13, b"", b"bayes: cannot write: Permission denied\n", 0.0))
    with pytest.raises(Failed, match="exit code 0"):
        learnt(Result(0, b"", b"", 0.0))
