"""The demo host's health: one cause, a disk that fills, the rest fine; and well again when it was mended."""

from backends.health.values import Mend
from mailtui.demo import DemoHost

NOW = 1_795_435_200.0


def test_the_demo_evening_and_its_mend() -> None:
    clock = [NOW]
    host = DemoHost(clock=lambda: clock[0])
    report = host.health.check()
    assert [check.name for check in report.causes] == ["clamd", "maps", "disk-quarantine"]
    assert {check.name for check in report.checks if check.cause == "clamd"} == {"amavis", "queue"}
    cause = report.checks[0]
    assert cause.said == "Mail is deferring because clamd does not run"
    assert cause.since == NOW - 21 * 60
    assert next(check.said for check in report.causes if check.name == "disk-quarantine").startswith(
        "/var/lib/amavis is full in 3 days"
    )
    course = host.health.course()
    assert len(course) == 60
    assert (course[0].deferred or 0) < (course[-1].deferred or 0)

    assert host.health.mend(cause.mends[0]).code == 0
    assert {state.name: state.state for state in host.services()}["clamd"] == "running"
    clock[0] += 30
    found = host.health.check()
    assert [check.name for check in found.causes] == ["maps", "disk-quarantine", "queue"]
    queue = next(check for check in found.causes if check.name == "queue")
    assert "waited for the filter, which works again" in queue.said
    assert [mend.pane for mend in queue.mends] == ["queue", "", ""]  # most of it waits for others
    host.health.mend(Mend("postqueue -f", ("postqueue", "-f")))
    clock[0] += 120
    rest = host.health.check()
    assert [check.name for check in rest.checks if check.level == "bad"] == ["maps"]
    assert "scanned" not in str(rest)


def test_tables_are_judged_as_in_their_pane() -> None:
    host = DemoHost(clock=lambda: NOW)
    bad = [one.what for one in host.maps.check(lambda _: None) if one.level == "bad"]
    check = next(check for check in host.health.check().checks if check.name == "maps")
    assert check.level == "bad"
    assert [one.said.partition(": ")[2] for one in check.evidence] == bad


def test_a_point_is_recorded() -> None:
    clock = [NOW]
    host = DemoHost(clock=lambda: clock[0])
    before = host.health.course()
    clock[0] += 60
    point = host.health.record()
    assert host.health.course()[-1] == point
    assert point.deferred
    assert len(host.health.course()) == len(before)
