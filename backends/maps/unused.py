"""Files in the configuration's folder that look like tables, and that nothing refers to."""

from pathlib import Path

from backends.maps.config import Config
from backends.maps.kinds import INDEX, PATTERNS
from backends.maps.values import Finding

ENDINGS = frozenset(INDEX.values())


def unused(config: Config) -> list[Finding]:
    """Indexes of tables that the configuration does not use, and lists of aliases that are built but not looked into."""
    used = {
        f"{table.path}{INDEX[table.type]}" for table in config.tables if table.path and table.type in INDEX
    }
    patterns = {table.path: table for table in config.tables if table.type in PATTERNS}
    found = []
    try:
        files = sorted(Path(config.folder).iterdir())
    except OSError:
        files = []
    for path in files:
        source = path.with_suffix("")
        if path.suffix not in ENDINGS or str(path) in used or path.name.startswith("."):
            continue
        if table := patterns.get(str(source)):
            what = f"{path} is built, but {table.type}: reads the text: nothing reads this index"
            found.append(Finding(table.name, "note", what, f"rm {path}; postmap is not for {table.type}:"))
        else:
            kind = next(kind for kind, ending in INDEX.items() if ending == path.suffix)
            what = "nothing in main.cf or master.cf refers to it"
            found.append(
                Finding(f"{kind}:{source}", "note", what, f"use it, or move {source} and {path} away")
            )
    return [*found, *_aliases(config)]


def _aliases(config: Config) -> list[Finding]:
    looked = set(config.words("alias_maps"))
    built = set(config.words("alias_database"))
    names = {table.name: table for table in config.tables}
    found = [
        Finding(
            name,
            "note",
            "newaliases builds it, but it is not in alias_maps",
            "add it there, or take it out of alias_database",
        )
        for name in sorted(built - looked)
        if name in names
    ]
    found += [
        Finding(
            name, "note", "it is in alias_maps, but newaliases does not build it", "add it to alias_database"
        )
        for name in sorted(looked - built)
        if name in names and names[name].type in INDEX
    ]
    return found
