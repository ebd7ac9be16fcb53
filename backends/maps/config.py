"""The tables of a configuration, from what postconf(1) prints. Pure."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping

import msgspec

from backends.maps.kinds import HIDDEN, JOINED, KINDS, PASSWORDS, SETTINGS, SPELT, WITHIN, inline
from backends.maps.values import Table, Use

NO_TABLES = re.compile(
    r"proxy_(?:read|write)_maps|.*_(?:milters|transport|service_name|path|service)|content_filter|relayhost|tls_random_.*"
)
"""Parameters that name tables only to allow them, or whose values look like tables and are not."""


class Config:
    """Parameters of main.cf with their values, `$name` expanded, and the tables of main.cf and master.cf.

    No Struct, which could be printed: passwords can be in parameters and in `named`, the names as Postfix knows them of the
    tables that are shown without.
    """

    def __init__(
        self,
        folder: str,
        parameters: Mapping[str, str],
        tables: tuple[Table, ...],
        named: Mapping[str, str] | None = None,
    ) -> None:
        self.folder, self.parameters, self.tables, self.named = folder, parameters, tables, named or {}

    def asked(self, table: Table) -> str:
        """The name by which Postfix knows a table."""
        return self.named.get(table.name, table.name)

    def words(self, name: str) -> tuple[str, ...]:
        return tuple(split(self.parameters.get(name, "")))


class Found(msgspec.Struct, frozen=True):
    name: str
    use: Use


def parse(folder: str, builtin: str, own: str, services: str) -> Config:
    """The configuration, from `postconf -x -C builtin,service`, `-x -C user` and `-x -P`."""
    parameters = dict(_pairs(builtin))
    classes = set(split(parameters.get("smtpd_restriction_classes", "")))
    found: list[Found] = []
    for name, value in parameters.items():
        if parameters.get(name.removeprefix("address_verify_")) != value or not name.startswith(
            "address_verify_"
        ):
            found += tables_in(value, Use(name))
    for name, value in _pairs(own):
        if name in classes:
            found += tables_in(value, Use(name))
    for name, value in _pairs(services):
        service, _, parameter = name.rpartition("/")
        if parameter in parameters or parameter in classes:
            found += tables_in(value, Use(parameter, service))
    uses: dict[str, dict[Use, None]] = {}
    for one in found:
        uses.setdefault(one.name, {})[one.use] = None
    names = dict(_names(uses))
    tables = []
    for name, used in uses.items():
        told = [msgspec.structs.replace(use, inside=names.get(use.inside, "")) for use in used]
        tables.append(_table(name, tuple(sorted(told, key=secondary)), names))
    named = {shown: name for name, shown in names.items() if shown != name}
    return Config(folder, parameters, tuple(tables), named)


def _names(uses: Mapping[str, Mapping[Use, None]]) -> Iterator[tuple[str, str]]:
    """Each name, and as it is shown: without the passwords in it."""
    hidden = Counter[str]()
    for name, used in uses.items():
        shown = name
        if any(use.parameter in PASSWORDS for use in used) and any(map(_spelt, _leaves(name))):
            kind = name.partition(":")[0]
            hidden[kind] += 1
            shown = f"{kind}:{HIDDEN}" + (f"-{hidden[kind]}" if hidden[kind] > 1 else "")
        yield name, shown


def _leaves(name: str) -> list[str]:
    """The tables without parts that a table is made of, or itself."""
    found = [one.name for one in _named(name, Use(""))]
    return [one for one in found if one.partition(":")[0] not in JOINED]


def _spelt(name: str) -> bool:
    kind, _, path = name.partition(":")
    return kind in SPELT or inline(path)


def tables_in(value: str, use: Use) -> Iterator[Found]:
    """The tables that a parameter's value names, each after the restriction that it belongs to."""
    if NO_TABLES.fullmatch(use.parameter):
        return
    restriction = ""
    for word in split(value):
        if re.fullmatch(r"check_\w+_access|check_policy_service", word):
            restriction = word
        else:
            if restriction != "check_policy_service":
                yield from _named(word.lstrip("!"), msgspec.structs.replace(use, restriction=restriction))
            restriction = ""


def split(value: str) -> Iterator[str]:
    """The words of a value, parted by blanks and commas outside of braces (mystrtokq)."""
    depth, word = 0, ""
    for char in value:
        depth += (char == "{") - (char == "}" and depth > 0)
        if depth == 0 and char in ", \t\r\n":
            if word:
                yield word
            word = ""
        else:
            word += char
    if word:
        yield word


def _named(word: str, use: Use) -> Iterator[Found]:
    kind, colon, path = word.partition(":")
    if kind == "proxy" and colon:
        yield from _named(path, msgspec.structs.replace(use, proxied=True))
        return
    if not path or kind not in KINDS or (kind == "unix" and path not in {"passwd.byname", "group.byname"}):
        return
    yield Found(word, use)
    if kind in JOINED:
        for part in split(path.removeprefix("{").removesuffix("}")):
            yield from _named(part, msgspec.structs.replace(use, inside=word))


def secondary(use: Use) -> bool:
    """Whether the parameter usually takes its tables from another one."""
    return bool(re.fullmatch(r"local_recipient_maps|virtual_\w+_domains|alias_database", use.parameter))


def _table(name: str, uses: tuple[Use, ...], shown: Mapping[str, str]) -> Table:
    kind, _, path = name.partition(":")
    parts = tuple(_table(one, uses, shown) for one in _leaves(name)) if kind in JOINED else ()
    has_file = not inline(path) and kind not in WITHIN | JOINED and (path.startswith("/") or kind in SETTINGS)
    file = path if has_file and path.startswith("/") else ""
    return Table(shown[name], kind, file, uses, parts)


def _pairs(text: str) -> Iterator[tuple[str, str]]:
    for line in text.splitlines():
        name, equals, value = line.partition(" =")
        if equals:
            yield name, value.strip()
