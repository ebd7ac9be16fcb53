"""File systems: room, inodes, and for how long they last. Pure."""

from collections.abc import Iterator

from backends.health.facts import Growth, Volume
from backends.health.judge.known import Facts, Judged, unknown
from backends.health.values import Check, Evidence, Level, Measure, Mend
from backends.text import age_text, bytes_text

DAY = 86400.0
WATCH, BAD = 0.10, 0.02
"""The share that is free."""
LEAST = 64 << 20
"""Bytes below which it is bad whatever the share: Postfix refuses mail with 1.5 times its largest message (queue_minfree)."""
SOON, LATE = 1 * DAY, 7 * DAY
MENDS = {
    "quarantine": Mend("mailtui cleanup", pane="quarantine"),
    "spool": Mend("mailtui queue list", pane="queue"),
    "log": Mend("journalctl --vacuum-size=500M; logrotate -f /etc/logrotate.conf"),
}


def disks(facts: Facts) -> Iterator[Judged]:
    """A check for each file system, by the first role that it has."""
    found = facts.value("disks", tuple)
    if found is None:
        if (error := facts.error("disks")) is not None:
            yield unknown("disk", "The file systems cannot be looked at", error)
        return
    for volume in found:
        yield _volume(volume, facts.growth.get(volume.device))


def _volume(volume: Volume, growth: Growth | None) -> Judged:
    role, folder = next(iter(volume.folders.items()))
    name = f"disk-{role}"
    used = volume.size - volume.free
    free = volume.free / volume.size if volume.size else 1.0
    inodes = volume.inodes_free / volume.inodes if volume.inodes else 1.0
    left = volume.free / growth.a_day * DAY if growth is not None and growth.a_day > 0 else None
    told = f"{bytes_text(used)} of {bytes_text(volume.size)} used"
    if growth is not None and growth.a_day > 0:
        told += f", {bytes_text(int(growth.a_day))} more a day"
    level: Level = "good"
    said, fault = f"{folder}: {told}", ""
    if volume.read_only:
        level, said, fault = "bad", f"{folder} can only be read: its file system is mounted read-only", "full"
    elif free >= BAD and volume.free < LEAST:
        told = f"{bytes_text(volume.free)} of {bytes_text(volume.size)}"
        level, said, fault = "bad", f"{folder} has too little room: {told} free", "full"
    elif free < BAD:
        level, said, fault = "bad", f"{folder} is full: {told}", "full"
    elif inodes < BAD:
        level, said, fault = (
            "bad",
            f"{folder} has no inodes left: {volume.inodes_free:,} of {volume.inodes:,}",
            "full",
        )
    elif left is not None and left < LATE:
        level, said = ("bad" if left < SOON else "watch"), f"{folder} is full in {_span(left)}: {told}"
    elif free < WATCH:
        level, said = "watch", f"{folder} is nearly full: {told}"
    elif inodes < WATCH:
        level, said = "watch", f"{folder} has few inodes left: {volume.inodes_free:,} of {volume.inodes:,}"
    others = [f"{kind} {path}" for kind, path in volume.folders.items() if path != folder]
    evidence = [Evidence(f"on it also: {', '.join(others)}")] if others else []
    if left is not None and growth is not None and level != "good":
        evidence.append(Evidence(f"reckoned by the last {age_text(growth.over)}"))
    mends = tuple(MENDS[kind] for kind in volume.folders if kind in MENDS) if level != "good" else ()
    measures = [
        Measure(f"{name}-used", used, "B", volume.size * (1 - WATCH), volume.size * (1 - BAD)),
        Measure(f"{name}-free", volume.free, "B"),
    ]
    if volume.inodes:
        measures.append(Measure(f"{name}-inodes-free", volume.inodes_free))
    return Judged(Check(name, level, said, tuple(evidence), mends=mends, measures=tuple(measures)), fault)


def _span(seconds: float) -> str:
    days = int(seconds // DAY)
    if days > 1:
        return f"{days} days"
    hours = max(1, int(seconds // 3600))
    return f"{hours} hour{'s' if hours > 1 else ''}"
