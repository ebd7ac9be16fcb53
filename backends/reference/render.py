"""Templates filled in; each filter writes a value so that it cannot leave its place in that program's grammar."""

import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import TYPE_CHECKING

import msgspec

from backends.errors import BadRequest
from backends.reference.manifest import Component
from backends.reference.values import Values
from backends.text import visible

if TYPE_CHECKING:
    from jinja2 import Environment

_PLAIN = re.compile(r"[\x20-\x7e]*")


def render(component: Component, values: Values) -> dict[str, bytes]:
    """The content of each of the component's files that these values ask for, by its path.

    :raises BadRequest: a value cannot be written in a file's grammar.
    """
    given = msgspec.structs.asdict(values)
    environment = _environment()
    return {
        file.path: environment.get_template(f"{component.name}/{file.template}").render(given).encode()
        for file in component.files
        if applies(file.when, values)
    }


def applies(when: Mapping[str, str], values: Values) -> bool:
    """Whether the values are those that are asked for."""
    return all(getattr(values, name) == wanted for name, wanted in when.items())


@cache
def _environment() -> "Environment":
    from jinja2 import Environment, PackageLoader, StrictUndefined  # noqa: PLC0415 - for apply only

    environment = Environment(
        loader=PackageLoader(__package__, "."),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701 - no HTML: the filters below quote for each program
    )
    environment.filters.update(_FILTERS)
    return environment


def _without(forbidden: str, value: object, program: str) -> str:
    text = str(value)
    if not _PLAIN.fullmatch(text) or any(char in text for char in forbidden):
        raise BadRequest(
            f"{visible(text)[:60]!r} cannot be written into a {program} file",
            hint="use plain letters, digits and the signs of names, addresses and paths",
        )
    return text


def regexp_quote(value: object) -> str:
    """A text within a /pattern/ of a regexp table."""
    return re.sub(r"([^0-9A-Za-z_:-])", r"\\\1", _without("/", value, "regular expression"))


def perl_string(value: object) -> str:
    """A Perl string in single quotes."""
    return "'" + re.sub(r"(['\\])", r"\\\1", _without("", value, "Perl")) + "'"


def gld_value(value: object) -> str:
    """A value of gld.conf, which takes all to the line's end; blanks at the ends would be lost."""
    text = _without("", value, "gld.conf")
    return text if text == text.strip() else _without(" ", value, "gld.conf")


def postfix_value(value: object) -> str:
    """A part of a main.cf value: nothing is expanded in it, and it does not begin a comment or another line."""
    return _without("$#", value, "main.cf")


def alias_value(value: object) -> str:
    """A user or an address in aliases: no program, file or list."""
    return _without(" #\"'|/:,\\", value, "aliases")


def directive_value(value: object) -> str:
    """A value of a `Key value` file."""
    return _without(" #\"'", value, "freshclam.conf")


def dovecot_value(value: object) -> str:
    """A path in Dovecot's configuration."""
    return _without(" #\"'{}$<", value, "Dovecot")


def unit_value(value: object) -> str:
    """A program in a systemd unit or in a crontab."""
    return _without(" %#\"'\\;$", value, "systemd")


def cidr_network(value: object) -> str:
    """A network as cidr tables write it: IPv6 without Postfix's brackets."""
    return _without(" #", value, "cidr").replace("[", "").replace("]", "")


_FILTERS: dict[str, Callable[[object], str]] = {
    one.__name__: one
    for one in (
        regexp_quote,
        perl_string,
        gld_value,
        postfix_value,
        directive_value,
        dovecot_value,
        alias_value,
        cidr_network,
        unit_value,
    )
}
