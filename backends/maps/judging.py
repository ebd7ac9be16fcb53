"""Whether a key that is to be written would be found: by every use of the table. Pure."""

import shlex
from collections.abc import Iterable
from io import BytesIO

from backends.errors import Refused
from backends.maps.config import Config, secondary
from backends.maps.forms import Form, forms
from backends.maps.lines import quote
from backends.maps.scan import scan
from backends.maps.values import Table, Use
from backends.text import visible


def must_match(config: Config, table: Table, key: str) -> tuple[str, ...]:
    """Which uses never look this key up though others do, and why, in sentences.

    :raises Refused: it is one that Postfix never looks up in this table, or only to take mail that then bounces.
    """
    never = {use: form for use in table.uses if (form := _never(config, table, use, key)) is not None}
    found = [use for use in table.uses if use not in never]
    deciding = [use for use in table.uses if not secondary(use)] or table.uses
    if never and all(use in never for use in deciding) and not _saved(found):
        form = next(never[use] for use in deciding)
        what = f"{visible(key)!r} would never match in {_names(deciding)}: it {form.why}"
        raise Refused(
            f"{what}; {_names(found)} finds it all the same" if found else what,
            hint=f"{form.hint}; or write it all the same: {_anyhow(table, key)}",
        )
    return tuple(f"{_names([use])} never finds it: it {never[use].why}" for use in deciding if use in never)


def _saved(found: Iterable[Use]) -> bool:
    """Whether one of these uses is reason enough for a key: smtpd(8) asks for local recipients what local(8) then wants."""
    return any(use.parameter != "local_recipient_maps" for use in found)


def _never(config: Config, table: Table, use: Use, key: str) -> Form | None:
    """Why a use never looks a key up; None: it does."""
    ways = forms([use], config.words("parent_domain_matches_subdomains"))
    raw = quote(key.encode("utf-8", "surrogateescape"), alias=table.alias)
    seen = scan(BytesIO(raw + b" x"), alias=table.alias, ways=ways)
    return next((one for one in seen.problems if isinstance(one, Form)), None)


def _anyhow(table: Table, key: str) -> str:
    return f"{visible(shlex.join(['mailtui', 'maps', 'set', table.path, key]))} VALUE --even-unused"


def _names(uses: Iterable[Use]) -> str:
    return ", ".join(dict.fromkeys(f"{use}" for use in uses))
