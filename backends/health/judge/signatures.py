"""What clamd knows: signatures in memory against those on disk, and what fetches them. Pure."""

from collections.abc import Iterator

from backends.antivirus.values import Finding, Status
from backends.health.facts import Services
from backends.health.judge.known import Facts, Judged, mend_of
from backends.health.values import Check, Evidence, Measure

CHECKS = {
    "signatures": ("official", "file", "files", "third-party", "loaded"),
    "freshclam": ("freshclam", "last run"),
    "clamd-load": ("load",),
}


def signatures(facts: Facts) -> Iterator[Judged]:
    """Checks of the findings that the antivirus adapter has, but clamd's own answer, which is its service's."""
    status = facts.value("antivirus", Status)
    if status is None:
        return
    told = facts.value("services", Services)
    clamd = next((one.state for one in told.services if one.name == "clamd"), "absent") if told else "running"
    if not status.daemon.answers and (clamd == "absent" or (told is not None and not told.mail)):
        return
    for name, parts in CHECKS.items():
        found = [finding for finding in status.findings if finding.name in parts]
        if found:
            yield _check(name, found, status)


def _check(name: str, found: list[Finding], status: Status) -> Judged:
    wrong = [finding for finding in found if finding.state in {"bad", "watch"}]
    if not wrong and name == "freshclam" and status.freshclam.trouble:
        return Judged(
            Check(
                name,
                "unknown",
                f"What freshclam did: {status.freshclam.trouble}",
                (Evidence("run mailtui as root"),),
            )
        )
    if not wrong:
        said = "; ".join(finding.said for finding in found)
        return Judged(Check(name, "good", said, measures=tuple(_measures(name, status))))
    first = wrong[0]
    mend = mend_of(first.hint)
    mends = (mend, *([] if mend.pane else [mend_of("mailtui av")])) if first.hint else ()
    evidence = tuple(Evidence(finding.said) for finding in found if finding is not first)
    return Judged(
        Check(
            name,
            "bad" if first.state == "bad" else "watch",
            _sentence(name, first),
            evidence,
            mends=mends,
            measures=tuple(_measures(name, status)),
        ),
        "unloaded" if first.name == "loaded" else "",
    )


def _sentence(name: str, finding: Finding) -> str:
    if name == "freshclam" and finding.name == "last run":
        return f"freshclam: {finding.said}"
    if name == "clamd-load":
        return f"clamd is busy: {finding.said}"
    return f"Signatures: {finding.said}" if name == "signatures" else finding.said


def _measures(name: str, status: Status) -> Iterator[Measure]:
    if name == "signatures":
        built = [
            one.built for one in status.databases if one.built is not None and one.name.startswith("daily.")
        ]
        if built:
            yield Measure("signatures-age", max(0.0, status.taken - max(built)), "s")
    elif name == "clamd-load" and status.daemon.stats is not None:
        yield Measure("clamd-queue", status.daemon.stats.queue)
        yield Measure("clamd-threads", status.daemon.stats.live - status.daemon.stats.idle)
    elif name == "freshclam" and status.freshclam.runs:
        good = next((run for run in status.freshclam.runs if run.outcome in {"updated", "current"}), None)
        if good is not None:
            yield Measure("freshclam-age", max(0.0, status.taken - good.started), "s")
