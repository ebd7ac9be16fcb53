"""The Bayes database: what `sa-learn --dump magic` printed on Debian 12 and 13, and what settings make of it."""

import os
import pwd
from pathlib import Path

import pytest

from backends.errors import Failed, Missing, NotPermitted
from backends.runner import Command
from backends.scores.bayes import DEFAULTS, SpamAssassinBayes, parse_magic, parse_settings
from tests.support.fake_runner import Expected, FakeRunner

MAGIC = """\
0.000          0          3          0  non-token data: bayes db version
0.000          0        412          0  non-token data: nspam
0.000          0       1911          0  non-token data: nham
0.000          0     124542          0  non-token data: ntokens
0.000          0 1795641879          0  non-token data: oldest atime
0.000          0 1795641881          0  non-token data: newest atime
0.000          0          0          0  non-token data: last journal sync atime
0.000          0          0          0  non-token data: last expiry atime
0.000          0          0          0  non-token data: last expire atime delta
0.000          0          0          0  non-token data: last expire reduction count
"""
USER = pwd.getpwuid(os.geteuid()).pw_name
DUMP = ("sa-learn", "--dump", "magic")


def become() -> tuple[str, ...]:
    if os.geteuid() != 0:
        return ()
    return ("setpriv", f"--reuid={USER}", f"--regid={os.getegid()}", "--init-groups", "--reset-env")


def bayes(runner: FakeRunner, site: Path, user: str = USER) -> SpamAssassinBayes:
    return SpamAssassinBayes(runner, lambda: user, site, record=lambda *_: None)


def test_the_dump() -> None:
    state = parse_magic(MAGIC, "amavis", DEFAULTS)
    assert (state.spam, state.ham, state.tokens) == (412, 1911, 124542)
    assert (state.oldest, state.newest, state.expired) == (1795641879, 1795641881, None)
    assert not state.silent
    assert parse_magic(MAGIC.replace("412", "199"), "amavis", DEFAULTS).silent
    assert parse_magic(MAGIC, "amavis", DEFAULTS | {"use_bayes": 0}).silent


@pytest.mark.parametrize(
    "said", ["", "garbage", "0.0 0 x 0 non-token data: nspam", f"0 0 {'9' * 40} 0 non-token data: nspam"]
)
def test_a_dump_that_says_nothing(said: str) -> None:
    assert parse_magic(said, "amavis", DEFAULTS).spam == 0


def test_the_last_setting_wins_and_comments_do_not_count() -> None:
    found = parse_settings(
        [
            "# bayes_auto_expire 0\nbayes_auto_expire 0 # by hand\n",
            "use_bayes 1\nbayes_min_ham_num 50\n  use_bayes 0\n",
        ]
    )
    assert found == DEFAULTS | {"bayes_auto_expire": 0, "use_bayes": 0, "bayes_min_ham_num": 50}


def test_read_as_the_user_of_amavis(tmp_path: Path) -> None:
    (tmp_path / "local.cf").write_text("bayes_auto_expire 1\n")
    (tmp_path / "mailtui.cf").write_text("bayes_auto_expire 0\n")
    (tmp_path / "init.pre").write_text("use_bayes 0\n")
    with FakeRunner(Expected((*become(), *DUMP), MAGIC.encode())) as runner:
        state = bayes(runner, tmp_path).state()
    assert (state.user, state.there, state.auto_expire, state.in_use) == (USER, True, False, True)


def test_nothing_learnt_yet_is_no_error(tmp_path: Path) -> None:
    said = b"ERROR: Bayes dump returned an error, please re-run with -D for more information\n"
    with FakeRunner(Expected((*become(), *DUMP), stderr=said, code=2)) as runner:
        state = bayes(runner, tmp_path / "none").state()
    assert not state.there
    assert state.silent


def test_what_cannot_be_read(tmp_path: Path) -> None:
    denied = b'config: path "/x/user_prefs" is inaccessible: Permission denied\nERROR: Bayes dump returned an error, \n'
    with (
        FakeRunner(Expected((*become(), *DUMP), stderr=denied, code=2)) as runner,
        pytest.raises(NotPermitted),
    ):
        bayes(runner, tmp_path).state()
    broken = FakeRunner(Expected((*become(), *DUMP), stderr=b"Can't locate Mail/SpamAssassin.pm\n", code=2))
    with pytest.raises(Failed, match="locate Mail"):
        bayes(broken, tmp_path).state()
    with pytest.raises(Missing, match="nobody-of-that-name"):
        bayes(FakeRunner(), tmp_path, "nobody-of-that-name").state()


def test_another_user_cannot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 12345)
    with pytest.raises(NotPermitted, match="belongs to the user"):
        bayes(FakeRunner(), tmp_path).state()


def test_learnt_known_already_and_forgotten(tmp_path: Path) -> None:
    message = b"X-Spam-Flag: NO\nSubject: x\n\nbody\n"

    def expected(as_: str, said: bytes) -> Expected:
        argv = (*become(), "sa-learn", f"--{as_}", "--max-size=4194304")
        return Expected(argv, said, stdin=b"Subject: x\n\nbody\n")

    with FakeRunner(
        expected("spam", b"Learned tokens from 1 message(s) (1 message(s) examined)\n"),
        expected("spam", b"Learned tokens from 0 message(s) (1 message(s) examined)\n"),
        expected("forget", b"Forgot tokens from 1 message(s) (1 message(s) examined)\n"),
    ) as runner:
        subject = bayes(runner, tmp_path)
        assert [subject.learn(as_, message).new for as_ in ("spam", "spam", "forget")] == [True, False, True]
        assert all(isinstance(command, Command) and command.mutates for command in runner.commands)
