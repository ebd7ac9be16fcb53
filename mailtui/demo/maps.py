"""Invented lookup tables in memory, read, looked up and changed by the real adapter's own parts."""

import re
from collections.abc import Callable, Iterable
from io import BytesIO
from ipaddress import ip_address, ip_network
from threading import Event

from backends.errors import BadRequest, Missing, Refused
from backends.maps import index as places
from backends.maps.adapter import find, ignored
from backends.maps.asking import Answers
from backends.maps.config import Config, parse
from backends.maps.edit import difference, drop, must_be_key, put
from backends.maps.findings import hidden, problems
from backends.maps.forms import forms
from backends.maps.hiding import hidden_answers, passwords
from backends.maps.index import Index
from backends.maps.judging import must_match
from backends.maps.kinds import KEYED, PATTERNS
from backends.maps.lines import entries as source_lines
from backends.maps.lines import logical
from backends.maps.looking import lists, walk
from backends.maps.patterns import count
from backends.maps.reading import Entry, entries_of, must_have_entries
from backends.maps.scan import scan
from backends.maps.search import Found, search
from backends.maps.values import About, Act, Change, Done, Finding, Looked, Table
from backends.text import visible
from mailtui.demo.population import HOME

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


class DemoMaps:
    """The interface `Maps`; changes are forgotten at the end."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._config: Config = parse("/etc/postfix", BUILTIN, "", "")
        self._files = {path: text.encode() for path, text in FILES.items()}
        self._acts: list[tuple[Act, bytes, bytes]] = []

    def tables(self) -> tuple[Table, ...]:
        return self._config.tables

    def check(
        self, each: Callable[[About], None], names: Iterable[str] = (), stop: Event | None = None
    ) -> list[Finding]:
        findings: list[Finding] = []
        for table in [find(self.tables(), name) for name in names] or self.tables():
            about = self._about(table)
            findings += about.findings
            each(about)
        return findings

    def hides(self, table: Table) -> bool:
        return passwords(table)

    def entries(self, name: str) -> Iterable[Entry]:
        table = find(self.tables(), name)
        must_have_entries(table)
        return entries_of(table, [self._files[table.path]])

    def index(
        self, table: Table, stop: Event | None = None, progress: Callable[[int], None] | None = None
    ) -> Index:
        must_have_entries(table)
        return places.index(BytesIO(self._files[table.path]), self._mark(table), stop, progress or ignored)

    def part(self, table: Table, index: Index, number: int) -> tuple[Entry, ...]:
        return places.part(table, BytesIO(self._files[table.path]), index, number, self._mark(table))

    def search(
        self,
        table: Table,
        text: str,
        stop: Event | None = None,
        progress: Callable[[int], None] | None = None,
    ) -> Found:
        must_have_entries(table)
        return search(table, BytesIO(self._files[table.path]), text, stop, progress or ignored)

    def look_up(
        self, what: str, *, name: str = "", parameter: str = "", secrets: bool = False
    ) -> list[Looked]:
        tables = (find(self.tables(), name),) if name else self.tables()
        wanted = [
            one
            for one in lists(self._config, tables)
            if parameter in {"", one[0].parameter, one[0].restriction}
        ]
        if not wanted:
            raise Missing(f"No table is used by {visible(parameter)}", hint="see: mailtui maps list")
        closed = frozenset(table.name for table in self.tables() if not secrets and self.hides(table))
        return [hidden_answers(one, closed) for one in walk(self._ask, self._config, what, wanted)]

    def why_not(self) -> str:
        return ""

    def content(self, name: str) -> bytes:
        return self._files[find(self.tables(), name).path]

    def judge_key(self, name: str, key: str) -> tuple[str, ...]:
        table, _before = self._keyed(name)
        must_be_key(key, alias=table.alias)
        return must_match(self._config, table, key)

    def plan_set(self, name: str, key: str, value: str, *, unused: bool = False) -> Change:
        table, before = self._keyed(name)
        if not unused:
            must_match(self._config, table, key)
        return self._planned(table, "set", put(before, key, value, alias=table.alias), key, value)

    def plan_remove(self, name: str, key: str) -> Change:
        table, before = self._keyed(name)
        return self._planned(table, "remove", drop(before, key, alias=table.alias), key)

    def plan_edit(self, name: str, after: bytes) -> Change:
        return self._planned(find(self.tables(), name), "edit", after)

    def plan_undo(self, number: int | None = None) -> Change:
        act = next((one for one in reversed(self._acts) if number in {None, one[0].number}), None)
        if act is None:
            raise Missing("There is nothing to undo", hint="see what there is: mailtui maps undo --list")
        about, before, after = act
        if self._files[about.paths[0]] != after:
            raise Refused(f"{about.paths[0]} has been changed since", hint="undo the later acts first")
        return self._planned(find(self.tables(), about.paths[0]), f"undo {about.number}", before)

    def carry_out(self, change: Change) -> Done:
        path, number = change.table.path, len(self._acts) + 1
        if self._files[path] != change.before:
            raise Refused(f"{path} was changed meanwhile: nothing was done", hint="do it again")
        self._files[path] = change.after
        what = f"{change.action} {visible(change.key)} in {change.table.name}"
        self._acts.append((Act(number, self._now(), what, (path,)), change.before, change.after))
        return Done(change.table.name, change.action, number, change.notes)

    def stale(self) -> list[Table]:
        return []

    def rebuild(self, name: str, *, fewer: bool = False) -> Done:
        table = find(self.tables(), name)
        if table.type not in KEYED:
            raise BadRequest(f"{table.name} is not built", hint="Postfix reads it as it is")
        return Done(table.name, "rebuild")

    def acts(self) -> list[Act]:
        return [about for about, _before, _after in reversed(self._acts)]

    def _mark(self, table: Table) -> str:
        return str(hash(self._files[table.path]))

    def _planned(
        self, table: Table, action: str, after: bytes, key: str = "", value: str | None = None
    ) -> Change:
        before = self._files[table.path]
        hidden = self.hides(table)
        diff = difference(table.path, before, after, hidden=hidden, alias=table.alias)
        return Change(table, action, before, after, diff, key, value, hidden=hidden)

    def _keyed(self, name: str) -> tuple[Table, bytes]:
        table = find(self.tables(), name)
        if table.type not in KEYED:
            raise BadRequest(
                f"{table.name} is read in order", hint=f"edit it as a whole: mailtui maps edit {table.path}"
            )
        return table, self._files[table.path]

    def _about(self, table: Table) -> About:
        content, changed = self._files[table.path], self._now() - 3 * DAY
        if table.type in PATTERNS:
            return About(table, count(content), len(content), changed, None, tuple(hidden(table, content)))
        ways = forms(table.uses, self._config.words("parent_domain_matches_subdomains"))
        found = scan(BytesIO(content), alias=table.alias, ways=ways)
        return About(table, found.entries, len(content), changed, changed, tuple(problems(table, found)))

    def _ask(self, table: Table, keys: list[str]) -> Answers:
        content = self._files[table.path]
        if table.type in PATTERNS:
            rules = [text.decode().split("\t", 1) for *_place, text in logical(content)]
            match = _network if table.type == "cidr" else _expression
            found = {key: next((value for rule, value in rules if match(rule, key)), None) for key in keys}
            return Answers({key: value for key, value in found.items() if value is not None})
        values: dict[str, str] = {}
        for one in source_lines(content, alias=table.alias):
            values.setdefault(one.key.decode().lower(), one.value.decode())
        return Answers({key: values[key.lower()] for key in keys if key.lower() in values})


def _network(rule: str, key: str) -> bool:
    try:
        return ip_address(key) in ip_network(rule)
    except ValueError:
        return False


def _expression(rule: str, key: str) -> bool:
    return re.search(rule.strip("/"), key, re.IGNORECASE) is not None
