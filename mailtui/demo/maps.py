"""Invented lookup tables in memory, behind the real adapter's own parts and simulated programs."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO
from threading import Event
from typing import BinaryIO

from backends.errors import BadRequest, Missing, Refused
from backends.journal import Journal
from backends.maps.acting import wrong
from backends.maps.adapter import NOTHING
from backends.maps.config import Config, parse
from backends.maps.findings import hidden, problems
from backends.maps.forms import forms
from backends.maps.hiding import passwords
from backends.maps.kinds import INDEX, PATTERNS
from backends.maps.patterns import count
from backends.maps.programs import Programs
from backends.maps.reading import must_have_entries
from backends.maps.scan import scan
from backends.maps.sourced import SourcedMaps
from backends.maps.values import About, Act, Change, Done, Finding, Table
from backends.text import visible
from mailtui.demo.population import HOME
from mailtui.demo.postmap import PROGRAMS, Sources
from mailtui.demo.runner import DemoRunner

BUILTIN = f"""\
config_directory = /etc/postfix
recipient_delimiter = +
mydestination = {HOME}
myorigin = {HOME}
parent_domain_matches_subdomains = debug_peer_list,fast_flush_domains,relay_domains,smtpd_access_maps
alias_maps = hash:/etc/aliases
alias_database = hash:/etc/aliases
virtual_alias_maps = hash:/etc/postfix/virtual
transport_maps = hash:/etc/postfix/transport
smtpd_client_restrictions = check_client_access cidr:/etc/postfix/client_access
smtpd_helo_restrictions = check_helo_access regexp:/etc/postfix/helo_access
smtpd_sender_restrictions = check_sender_access hash:/etc/postfix/sender_access
"""
FILES = {
    "/etc/aliases": "# who reads what\npostmaster:\troot\nabuse:\troot\nroot:\talice\n",
    "/etc/postfix/virtual": f"sales@{HOME}\talice, bob\ninfo@{HOME}\talice\nsales@{HOME}\tcarol\n",
    "/etc/postfix/transport": "slow.example\tslow:\n.lists.example\trelay:[lists.example]\n",
    "/etc/postfix/client_access": "198.51.100.0/24\tREJECT not from you\n198.51.100.7/32\tOK\n203.0.113.9\tOK\n",
    "/etc/postfix/helo_access": f"/^(.+\\.)?{re.escape(HOME)}$/\tREJECT you are not me\n",
    "/etc/postfix/sender_access": f"@spam.example\tREJECT\n{HOME}\t554 forgery detected\n",
}
DAY = 86400.0


class DemoMaps(SourcedMaps):
    """The interface `Maps`; changes are forgotten at the end."""

    def __init__(self, now: Callable[[], float], journal: Journal) -> None:
        self._sources = Sources({path: text.encode() for path, text in FILES.items()}, {"/etc/aliases"})
        super().__init__(Programs(DemoRunner(lambda: self._sources, journal, PROGRAMS), None))
        self._now = now
        self._parsed = parse("/etc/postfix", BUILTIN, "", "")
        self._acts: list[tuple[Act, bytes, bytes]] = []

    def hides(self, table: Table) -> bool:
        return passwords(table)

    def why_not(self) -> str:
        return ""

    def plan_undo(self, number: int | None = None) -> Change:
        act = next((one for one in reversed(self._acts) if number in {None, one[0].number}), None)
        if act is None:
            raise Missing("There is nothing to undo", hint=NOTHING)
        about, before, after = act
        table = self._named(about.paths[0])
        if self._source(table) != after:
            raise Refused(f"{table.path} has been changed since", hint="undo the later acts first")
        return self._planned(table, f"undo {about.number}", after, before)

    def carry_out(self, change: Change) -> Done:
        table, path, number = change.table, change.table.path, len(self._acts) + 1
        with self._sources.lock:
            if self._source(table) != change.before:
                raise Refused(f"{path} was changed meanwhile: nothing was done", hint="do it again")
            self._sources.files[path] = change.after
        if table.type in INDEX:
            self._build(table)
        if different := wrong(self._programs, change, table.name):
            self._sources.files[path] = change.before
            raise Refused(
                f"The changed table would not answer as planned: {different}", hint="nothing was changed"
            )
        what = f"{change.action} {visible(change.key)}".strip() + f" in {table.name}"
        self._acts.append((Act(number, self._now(), what, (path,)), change.before, change.after))
        return Done(table.name, change.action, number, change.notes)

    def stale(self) -> list[Table]:
        return []

    def rebuild(self, name: str, *, fewer: bool = False) -> Done:
        table = self._named(name)
        if table.type not in INDEX:
            raise BadRequest(f"{table.name} is not built", hint="Postfix reads it as it is")
        self._build(table)
        return Done(table.name, "rebuild")

    def acts(self) -> list[Act]:
        return [about for about, _before, _after in reversed(self._acts)]

    def _config(self) -> Config:
        return self._parsed

    @contextmanager
    def _opened(self, table: Table) -> Iterator[tuple[BinaryIO, str]]:
        content = self._sources.files[table.path]
        yield BytesIO(content), str(hash(content))

    def _source(self, table: Table) -> bytes:
        must_have_entries(table)
        return self._sources.files[table.path]

    def _about(self, config: Config, table: Table, stop: Event | None) -> About:
        content, changed = self._source(table), self._now() - 3 * DAY
        if table.type in PATTERNS:
            return About(table, count(content), len(content), changed, None, tuple(hidden(table, content)))
        ways = forms(table.uses, config.words("parent_domain_matches_subdomains"))
        found = scan(BytesIO(content), alias=table.alias, ways=ways)
        return About(
            table,
            found.entries,
            len(content),
            changed,
            changed,
            tuple(problems(table, found, hidden=self.hides(table))),
        )

    def _unused(self, config: Config) -> list[Finding]:
        return []

    def _notes(self, table: Table) -> tuple[str, ...]:
        return ()

    def _build(self, table: Table) -> None:
        tool, size = "postalias" if table.alias else "postmap", len(self._source(table))
        self._programs.build(tool, f"{table.type}:{table.path}", size=size)
