"""What an apply would change, in words."""

from collections.abc import Iterator

from backends.apply.told import RIGHTS, Drift, FileDrift

RELEASES = {"bookworm": "Debian 12 (bookworm)", "trixie": "Debian 13 (trixie)"}
FILTERS = {
    "pre-queue": "mail is filtered before the queue",
    "post-queue": "mail is filtered behind the queue",
}
WORDS = {"changed in the reference": "change", RIGHTS: "change", "missing": "create", "conflict": "CONFLICT"}
NAMED = 8


def plan_lines(drift: Drift, *, diff: bool) -> Iterator[str]:
    """One line a thing; `diff` shows what changes in each file."""
    yield f"{RELEASES.get(drift.release, drift.release)}, {FILTERS.get(drift.filter, drift.filter)}"
    missing = [name for one in drift.components for name in one.missing]
    if missing:
        yield f"  install   {len(missing)} packages: {_few(missing)}"
        waiting = [one.title for one in drift.components if one.missing]
        yield f"            then the files of {_few(waiting)}"
    for file in _files(drift):
        if file.state in WORDS:
            yield f"  {WORDS[file.state]:<8}  {file.path}{_why(file)}"
        if file.kept:
            yield f"  kept      {file.path}: changed here{_named(file.kept)}"
        if file.decided:
            yield f"  site      {file.path}: site.toml decides {_few(file.decided)}"
        for line in file.diff if diff else ():
            yield f"    {line}"
    for text in drift.todo:
        yield f"  then      {text}"
    for text in drift.warnings:
        yield f"  ▲ {text}"


def changes(drift: Drift) -> int:
    """How many files would change."""
    return sum(file.state in WORDS for file in _files(drift))


def conflicts(drift: Drift) -> list[str]:
    """The files that were changed on both sides."""
    return [file.path for file in _files(drift) if file.state == "conflict"]


def _files(drift: Drift) -> list[FileDrift]:
    return [file for one in drift.components for file in one.files]


def _why(file: FileDrift) -> str:
    if file.state == "conflict":
        return f": changed both here and in the reference{_named(file.conflicts)}"
    if file.state == RIGHTS:
        return f": changed here, {', '.join(file.diff)}"
    added = sum(line.startswith("+") and not line.startswith("+++") for line in file.diff)
    gone = sum(line.startswith("-") and not line.startswith("---") for line in file.diff)
    return f"  +{added} -{gone}" if added or gone else ""


def _named(entries: tuple[str, ...]) -> str:
    named = [entry for entry in entries if entry]
    return f": {_few(named)}" if named else ""


def _few(names: list[str] | tuple[str, ...]) -> str:
    rest = len(names) - NAMED
    return ", ".join(names[:NAMED]) + (f" and {rest} more" if rest > 0 else "")
