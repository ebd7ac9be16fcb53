"""The file `/etc/mailtui/site.toml`: read, and written with settings changed. One that is not there decides nothing."""

import re
from collections.abc import Mapping
from pathlib import Path

import msgspec

from backends.errors import BadRequest, NotPermitted
from backends.files import read_bounded
from backends.site.check import check, hint_for
from backends.site.settings import Site
from backends.text import visible

SITE_FILE = Path("/etc/mailtui/site.toml")
LIMIT = 1 << 20
HEAD = """\
# What this site has decided: read by `mailtui --apply` and by the console.
# All settings, with an example each: mailtui --apply --help
"""
Setting = str | bool | tuple[str, ...]


def load_site(path: Path = SITE_FILE) -> Site:
    """What the file says, or the defaults where there is none.

    :raises BadRequest: it says something that cannot be meant; the text names the key, the hint has an example.
    :raises NotPermitted: it cannot be read.
    """
    content = read_site(path)
    return Site() if content is None else parse_site(content, str(path))


def read_site(path: Path = SITE_FILE) -> bytes | None:
    """The file's content, None where there is no file.

    :raises NotPermitted: it cannot be read.
    """
    try:
        return read_bounded(path, LIMIT)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise NotPermitted(
            f"{path} cannot be read: {error.strerror}", hint="run mailtui as root, or let this user read it"
        ) from error


def parse_site(content: bytes, where: str) -> Site:
    """The settings in a file's content; `where` it came from, for the error.

    :raises BadRequest: as `load_site`.
    """
    try:
        site = msgspec.toml.decode(content, type=Site)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        what = str(error).replace("`$.", "`").replace("Object contains", "there is an")
        at = re.search(r"`\$\.([\w.]+)", str(error))
        raise BadRequest(
            f"{where} cannot be used: {visible(what)[:300]}", hint=hint_for(at[1] if at else "")
        ) from error
    check(site, where)
    return site


def with_settings(content: bytes, settings: Mapping[str, Setting]) -> bytes:
    """The file with these settings, by keys such as `domain` or `clamav.test_signature`; all else stays as it is.

    :raises BadRequest: the file is no TOML.
    """
    import tomlkit  # noqa: PLC0415 - for apply only
    from tomlkit.exceptions import TOMLKitError  # noqa: PLC0415

    try:
        document = tomlkit.parse(content.decode() or HEAD)
    except (TOMLKitError, UnicodeDecodeError) as error:
        raise BadRequest(
            f"{SITE_FILE} cannot be read: {visible(str(error))[:300]}", hint="mend it, or move it away"
        ) from error
    for key, value in settings.items():
        *tables, name = key.split(".")
        place: tomlkit.TOMLDocument | tomlkit.items.Table = document
        for table in tables:
            place = place.setdefault(table, tomlkit.table())
        place[name] = list(value) if isinstance(value, tuple) else value
    return tomlkit.dumps(document).encode()
