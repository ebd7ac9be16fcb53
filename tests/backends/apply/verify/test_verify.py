"""A whole verification: what is still tried when something before it is broken, and how each check is told."""

from pathlib import Path

import pytest

from backends.apply.machine.services import Services
from backends.apply.told import Check
from backends.apply.verify.checks import LONGEST, Checks, Found
from backends.apply.verify.verify import HERE, Places, verify
from backends.errors import Failed
from backends.reference.manifest import Component, Listens, Service
from backends.reference.values import Values
from tests.backends.apply.verify.servers import listening, smtp
from tests.support.fake_runner import Expected, FakeRunner

VALUES = Values(
    release="trixie", domain="example.test", hostname="mail.example.test", postmaster="no-such-user"
)
LATER = ("a clean message arrives", "spam is delivered and tagged", "a virus is refused")
RUNS = [
    Expected(("systemctl", "is-active", "--quiet", name)) for name in ("gld", "amavis", "dovecot", "postfix")
]


def components(**ports: int) -> list[Component]:
    """A component a service, each on a port of the test's."""
    banners = {"postfix": "220 {hostname} ESMTP", "amavis": "220 ", "dovecot": r"\* OK", "gld": ""}
    return [
        Component(
            title=name,
            packages=(),
            services=(
                Service(
                    name=name, init=name, process=name, listens=(Listens(port=port, banner=banners[name]),)
                ),
            ),
        )
        for name, port in ports.items()
    ]


@pytest.fixture
def nobody() -> int:
    """A port on which nobody answers."""
    with listening(lambda connection: None) as port:
        pass
    return port


def run(runner: FakeRunner, of: list[Component], places: Places = HERE) -> dict[str, Check]:
    told: list[Check] = []
    made = verify(
        runner, Services(runner, systemd=True), of, VALUES, told.append, places=places, patience=1.0
    )
    assert made == told
    return {check.name: check for check in made}


def test_nobody_answers_anywhere(nobody: int) -> None:
    with FakeRunner(*RUNS) as runner:
        checks = run(runner, components(gld=nobody, amavis=nobody, dovecot=nobody, postfix=nobody))
    assert {name for name, check in checks.items() if check.good} == {
        f"{name} runs" for name in ("gld", "amavis", "dovecot", "postfix")
    }
    assert checks[f"gld answers on 127.0.0.1:{nobody}"].evidence == "Connection refused"
    assert "systemctl restart gld" in checks[f"gld answers on 127.0.0.1:{nobody}"].hint
    for name in ("VRFY is refused", "an unknown user is refused", *LATER):
        assert checks[name].evidence == f"not tried: nothing answers rightly on 127.0.0.1:{nobody}"
    assert checks["IMAP speaks TLS"].evidence.startswith("not tried: ")
    assert sum(check.seconds for check in checks.values()) < 2


def test_the_wrong_server_on_port_25_is_sent_nothing(nobody: int) -> None:
    arrived: list[bytes] = []
    with smtp({"greeting": b"220 exim ESMTP\r\n"}, arrived.append) as port, FakeRunner(*RUNS) as runner:
        checks = run(runner, components(gld=nobody, amavis=nobody, dovecot=nobody, postfix=port))
    assert checks[f"postfix answers on 127.0.0.1:{port}"].evidence == "220 exim ESMTP"
    assert f"ss -ltnp sport = :{port}" in checks[f"postfix answers on 127.0.0.1:{port}"].hint
    assert not checks["a clean message arrives"].good
    assert arrived == []


def test_a_service_that_does_not_run(nobody: int) -> None:
    stopped = [Expected(RUNS[0].argv, code=3), *RUNS[1:]]
    with FakeRunner(*stopped) as runner:
        checks = run(runner, components(gld=nobody, amavis=nobody, dovecot=nobody, postfix=nobody))
    assert checks["gld runs"] == Check(
        "gld runs",
        good=False,
        evidence="does not run",
        hint="see why with: journalctl -u gld -n 20; start it: systemctl restart gld",
        seconds=checks["gld runs"].seconds,
    )


def test_a_postmaster_who_is_nobody(nobody: int) -> None:
    with smtp({"RCPT": b"550 5.1.1 unknown\r\n"}) as port, FakeRunner(*RUNS) as runner:
        checks = run(runner, components(gld=nobody, amavis=nobody, dovecot=nobody, postfix=port))
    assert checks["VRFY is refused"].good
    assert checks["an unknown user is refused"].good
    assert checks[LATER[0]].evidence == "there is no user no-such-user"
    assert checks[LATER[0]].hint == "adduser no-such-user"
    assert [checks[name].evidence for name in LATER[1:]] == [
        "not tried: the clean message did not arrive"
    ] * 2


def test_after_a_refused_message_nothing_more_is_sent(nobody: int, tmp_path: Path) -> None:
    with smtp({"RCPT": b"451 4.3.0 no\r\n"}) as port, FakeRunner(*RUNS) as runner:
        of = components(gld=nobody, amavis=nobody, dovecot=nobody, postfix=port)
        checks = run(runner, of, Places(tmp_path, tmp_path))
    assert checks[LATER[0]].evidence == "451 4.3.0 no (to RCPT)"
    assert [checks[name].evidence for name in LATER[1:]] == [
        "not tried: the clean message did not arrive"
    ] * 2


def test_whatever_happens_a_check_is_told() -> None:
    told: list[Check] = []
    ticks = iter([0.0, 1.5, 2.0, 2.0, 3.0, 3.0])
    checks = Checks(told.append, lambda: next(ticks))

    def failing() -> Found:
        raise Failed("it\x1b[31m failed", hint="mend it")

    def broken() -> Found:
        raise PermissionError(13, "Permission denied")

    assert not checks.look("one", failing)
    assert not checks.look("two", broken)
    assert checks.look("three", lambda: Found(good=True, evidence="x" * 1000, hint="not needed"))
    assert told == checks.made
    assert told[0] == Check("one", good=False, evidence="it^[[31m failed", hint="mend it", seconds=1.5)
    assert (told[1].good, told[1].evidence) == (False, "[Errno 13] Permission denied")
    assert (len(told[2].evidence), told[2].hint) == (LONGEST, "")
