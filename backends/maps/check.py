"""One table looked at: its files, their owners and times, what its source says, and what Postfix says of it."""

import os
import stat
from pathlib import Path
from threading import Event

import msgspec

from backends.errors import BackendError, Missing, Refused
from backends.maps import patterns
from backends.maps.asking import Answers, Ask, advice
from backends.maps.blocks import mark, opened, unreadable
from backends.maps.config import Config
from backends.maps.findings import hidden, problems
from backends.maps.forms import forms
from backends.maps.hiding import hides, unquoted
from backends.maps.kinds import INDEX, KEYED, NOT_TRUSTED, PATTERNS
from backends.maps.owners import owners
from backends.maps.scan import Scan, scan
from backends.maps.values import About, Finding, Level, Table
from backends.text import age_text, visible

STRICT = frozenset({"alias_maps", "virtual_mailbox_maps", "virtual_uid_maps", "virtual_gid_maps"})
PATTERN_LIMIT = 64 << 20
KEY = "mailtui-looks.example"


class Scans:
    """What was found in sources; one that is the same still is not read again."""

    def __init__(self) -> None:
        self._kept: dict[tuple[Table, tuple[str, ...]], tuple[str, Scan]] = {}

    def of(self, config: Config, table: Table, stop: Event | None) -> Scan:
        """What is in a table's source now.

        :raises BackendError: it cannot be read.
        """

        def go_on() -> None:
            if stop is not None and stop.is_set():
                raise Refused("It was stopped", hint="look again")

        words = tuple(config.words("parent_domain_matches_subdomains"))
        with opened(Path(table.path)) as file:
            now = mark(file)
            before, found = self._kept.get((table, words), ("", None))
            if found is None or now != before:
                found = scan(file, alias=table.alias, ways=forms(table.uses, words), progress=go_on)
                self._kept[table, words] = now, found
            return found


def check(ask: Ask, config: Config, table: Table, scans: Scans, stop: Event | None = None) -> About:
    """All that can be said of a table without changing anything."""
    about = _looked_at(ask, config, table, scans, stop)
    return msgspec.structs.replace(about, findings=(*_refused(table), *about.findings))


def _refused(table: Table) -> list[Finding]:
    """Uses for which Postfix does not take this kind of table."""
    strict = [use for use in table.uses if use.parameter in STRICT and not use.inside]
    if not strict or table.type not in NOT_TRUSTED:
        return []
    what = f"is refused for {strict[0].parameter} ({table.type}: is not allowed for security-sensitive data): mail waits"
    return [Finding(table.name, "bad", what, f"name a table of another kind in {strict[0].parameter}")]


def _looked_at(ask: Ask, config: Config, table: Table, scans: Scans, stop: Event | None) -> About:
    if table.cache:
        return _cache(table)
    if not table.path:
        return About(table, findings=tuple(_asked(ask, table)))
    try:
        found = Path(table.path).stat()
    except OSError as error:
        return _gone(table, unreadable(Path(table.path), error))
    findings = [*owners(config, table)]
    entries: int | None = None
    sample: list[str] = []
    try:
        if table.type in KEYED:
            scanned = scans.of(config, table, stop)
            entries, sample = (
                scanned.entries,
                [key.decode("utf-8", "surrogateescape") for key in scanned.sample],
            )
            findings += problems(table, scanned, hidden=hides(table))
        elif table.type in PATTERNS:
            entries, more = _patterns(table)
            findings += more
    except BackendError as error:
        findings.append(_told(table, error))
    if table.type in INDEX:
        findings += _index(ask, table, found, sample)
    else:
        findings += _asked(ask, table)
    return About(table, entries, found.st_size, found.st_mtime, _time(table), tuple(findings))


def _gone(table: Table, error: BackendError) -> About:
    """A table without its source; Postfix can do with the index alone."""
    built = _time(table)
    if built is None or not isinstance(error, Missing):
        return About(table, built=built, findings=(_told(table, error),))
    what = "its source is gone, only the index is left: nothing in it can be changed"
    hint = f"write it again from the index: postmap -s {table.name} > {table.path}"
    return About(table, built=built, findings=(Finding(table.name, "note", what, hint),))


def index_of(table: Table) -> Path | None:
    """The file that a table is built into."""
    ending = INDEX.get(table.type)
    return Path(f"{table.path}{ending}") if ending and table.path else None


def stale(table: Table) -> bool:
    """Whether its index is missing or older than its source, by the seconds that Postfix compares."""
    index = index_of(table)
    if index is None:
        return False
    try:
        return int(index.stat().st_mtime) < int(Path(table.path).stat().st_mtime)
    except FileNotFoundError:
        return Path(table.path).exists()


def _patterns(table: Table) -> tuple[int, list[Finding]]:
    with opened(Path(table.path)) as file:
        content = file.read(PATTERN_LIMIT + 1)
    if len(content) > PATTERN_LIMIT:
        note = "is larger than 64 MiB: its entries were not looked at"
        return 0, [Finding(table.name, "note", note, "keep so much in a hash: or a database")]
    return patterns.count(content), hidden(table, content)


def _index(ask: Ask, table: Table, source: os.stat_result, sample: list[str]) -> list[Finding]:
    """What is wrong with the index: missing, stale, built with the other tool, or not of this source."""
    index = Path(f"{table.path}{INDEX[table.type]}")
    build = f"build it: mailtui maps rebuild {table.path}"
    try:
        built = index.stat()
    except OSError:
        what = "has no index: whatever asks it gets a temporary error, and mail waits"
        return [Finding(table.name, "bad", what, build)]
    late = int(source.st_mtime) - int(built.st_mtime)
    if late > 0:
        what = f"was changed {age_text(late)} after it was built: the changes have no effect"
        return [Finding(table.name, "note", what, build)]
    if not stat.S_ISREG(built.st_mode) or not built.st_size:
        what = f"{index} is no index"
    else:
        answers = ask(table, [*sample, "@", *(f"{key}:" for key in sample)])
        if answers.trouble:
            closed = hides(table)
            return [
                Finding(table.name, "bad", unquoted(one) if closed else one, advice(table, one))
                for one in answers.trouble
            ]
        what = _other(table, sample, answers)
    return [Finding(table.name, "bad", what, build)] if what else []


def _other(table: Table, sample: list[str], answers: Answers) -> str:
    """Why the index cannot have been built of this source by the right tool; empty: it was."""
    if table.alias and any(f"{key}:" in answers.values for key in sample):
        return "was built with postmap: its keys end with a colon, and no alias is found"
    if not table.alias and "@" in answers.values and "@" not in sample:
        return "was built with postalias, which reads another format"
    missing = next((key for key in sample if key not in answers.values), None)
    return "" if missing is None else f"is not what its source says: {visible(missing)!r} is not in the index"


def _asked(ask: Ask, table: Table) -> list[Finding]:
    """What Postfix complains of when it opens the table, patterns that do not compile among it."""
    found = []
    for one in ask(table, [KEY]).trouble[:50]:
        line, text = 0, one
        if (
            table.type in PATTERNS
            and (head := f"{table.type} map {table.path}, line ")
            and one.startswith(head)
        ):
            number, _, text = one.removeprefix(head).partition(": ")
            line = int(number) if number.isdecimal() else 0
        if hides(table):
            text = unquoted(text)
        level: Level = "note" if table.type == "nis" else "bad"
        found.append(Finding(table.name, level, text, advice(table, one), line))
    return found


def _cache(table: Table) -> About:
    index = index_of(table)
    try:
        found = index.stat() if index else None
    except OSError:
        found = None
    return About(table, size=found.st_size if found else None, modified=found.st_mtime if found else None)


def _time(table: Table) -> float | None:
    index = index_of(table)
    try:
        return index.stat().st_mtime if index else None
    except OSError:
        return None


def _told(table: Table, error: BackendError) -> Finding:
    return Finding(table.name, "bad", str(error), error.hint)
