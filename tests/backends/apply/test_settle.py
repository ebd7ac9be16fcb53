"""What follows replaced files: indexes of maps, services restarted in their order, units retired."""

import socket
from pathlib import Path

import pytest

from backends.apply.machine.services import Services
from backends.apply.settle import Settling, stale
from backends.apply.told import Event
from backends.errors import Failed
from backends.reference.manifest import Component, Listens, Map, Service, load
from tests.support.fake_runner import Expected, FakeRunner

TIMER = Service(name="mailtui-cleanup.timer", init="", process="")
MAILDROP = Service(name="two", init="two", process="two")


def settling(runner: FakeRunner, *components: Component, told: list[str] | None = None) -> Settling:
    def tell(event: Event) -> None:
        if told is not None:
            told.append(event.text)

    return Settling(runner, Services(runner, systemd=True), components, "mail.example.test", tell)


def component(*services: Service) -> Component:
    return Component(title="x", packages=("x",), services=services)


def test_an_index_is_built_and_one_without_a_source_goes(tmp_path: Path) -> None:
    there, gone = tmp_path / "there", tmp_path / "gone"
    there.touch()
    Path(f"{gone}.db").touch()
    maps = [Map(path=str(path), type="hash", tool="postmap") for path in (there, gone)]
    assert all(map(stale, maps))
    with FakeRunner(Expected(("postmap", f"hash:{there}"))) as runner:
        settling(runner).build(maps)
    assert not Path(f"{gone}.db").exists()
    with (
        FakeRunner(Expected(("postmap", f"hash:{there}"), stderr=b"postmap: \x1bfatal\n", code=1)) as runner,
        pytest.raises(Failed, match=r"postmap: \^\[fatal"),
    ):
        settling(runner).build(maps[:1])


def test_services_are_changed_in_their_order_and_what_was_down_is_enabled() -> None:
    told: list[str] = []
    one, two = Service(name="one", init="one", process="one"), MAILDROP
    with FakeRunner(
        Expected(("systemctl", "enable", "--quiet", "one")),
        Expected(("systemctl", "reset-failed", "one"), code=1),
        Expected(("systemctl", "restart", "one")),
        Expected(("systemctl", "reload", "two")),
    ) as runner:
        settling(runner, component(one, two), told=told).serve({"two": "reload", "one": "reload"}, ("one",))
    assert told == ["start one", "reload two"]


def test_brought_back_what_was_down_stops_and_trouble_is_told() -> None:
    one, two = Service(name="one", init="one", process="one"), MAILDROP
    with FakeRunner(
        Expected(("systemctl", "stop", "one")),
        Expected(("systemctl", "restart", "two"), stderr=b"no\n", code=1),
    ) as runner:
        again = settling(runner, component(one, two)).serve_again
        trouble = again({"one": "restart", "two": "reload"}, ("one",), ())
    assert trouble == ["restart two failed: no"]


def test_a_unit_that_goes_is_stopped_before() -> None:
    with FakeRunner(Expected(("systemctl", "disable", "--quiet", "--now", TIMER.name))) as runner:
        gone = {f"/etc/systemd/system/{TIMER.name}", "/etc/maildroprc"}
        assert settling(runner, component(TIMER, MAILDROP)).retire(gone) == {TIMER.name}


def test_what_changed_files_need_of_services() -> None:
    with FakeRunner() as runner:
        changes = settling(runner, *load("bookworm")).changes({"/etc/mailname", "/etc/postfix/main.cf", "/x"})
    assert changes == {"postfix": "restart", "amavis": "restart"}


def test_what_ran_before_must_run_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("backends.apply.settle.AGAIN", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    gone = Service(name="gone", init="gone", process="gone", listens=(Listens(port=port, banner="220"),))
    with FakeRunner(Expected(("systemctl", "restart", "gone"))) as runner:
        found = settling(runner, component(gone))
        assert found.running() == set()
        assert found.serve_again({"gone": "restart"}, (), {"gone"}) == [
            f"gone does not answer on 127.0.0.1:{port}"
        ]
