"""A staged Postfix configuration: no complaint of postconf's, every map builds and answers as it should."""

import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from backends.apply.check.staging import Staged
from backends.reference.manifest import Map, Probe
from backends.runner import Command, Result, Runner
from backends.text import visible

CONFIG = "/etc/postfix/"
LONG_AGO = 1e9
"""A modification time (epoch seconds): Postfix waits with a file that is younger than two seconds."""


def check_postfix(
    runner: Runner,
    files: Mapping[str, bytes],
    maps: Sequence[Map],
    folder: Path,
    *,
    domain: str,
    live: Path = Path(CONFIG),
) -> list[str]:
    """Put these files, by their paths, over a copy of the live folder in `folder`, and say what is wrong with them.

    Nothing outside `folder` is written; maps that are built elsewhere (aliases) are built in it, too.
    """
    staged = stage(files, folder, live)
    found = _configuration(runner, folder)
    for table in maps:
        if (path := staged.get(table.path)) is not None:
            found += _map(runner, table, path, folder, domain)
    return found


def stage(files: Mapping[str, bytes], folder: Path, live: Path) -> dict[str, Path]:
    """Write them; gives where each is, by its path."""
    if live.is_dir():
        for one in live.iterdir():
            if one.is_file() and not one.is_symlink() and one.suffix != ".db":
                shutil.copy(one, folder / one.name)
        for name in ("main.cf.d", "master.cf.d", "dynamicmaps.cf.d", "sasl"):
            if (live / name).is_dir():
                shutil.copytree(live / name, folder / name, symlinks=True)
    staged = {path: folder / path.removeprefix(CONFIG).lstrip("/").replace("/", "_") for path in files}
    for path, content in files.items():
        staged[path].write_bytes(content)
        os.utime(staged[path], (LONG_AGO, LONG_AGO))
    return staged


def _configuration(runner: Runner, folder: Path) -> list[str]:
    """What postconf warns of: unused parameters, entries that override earlier ones, lines it cannot read."""
    found: dict[str, None] = {}
    for option in ("-n", "-M", "-P"):
        result = runner.run(Command(("postconf", "-c", str(folder), option)))
        found |= dict.fromkeys(_complaints(result, folder))
    return list(found)


def _map(runner: Runner, table: Map, path: Path, folder: Path, domain: str) -> list[str]:
    where = f"{table.type}:{path}"
    if table.tool:
        built = runner.run(Command((table.tool, "-c", str(folder), where), mutates=True))
        if complaints := _complaints(built, folder):
            return [f"{table.path}: {one}" for one in complaints]
    if table.probe is None:
        return []
    return _probed(runner, table, where, folder, _for(table.probe, domain))


def _probed(runner: Runner, table: Map, where: str, folder: Path, probe: Probe) -> list[str]:
    program = "postalias" if table.tool == "postalias" else "postmap"
    asked = runner.run(Command((program, "-c", str(folder), "-q", probe.key, where)))
    if asked.stderr:
        return [f"{table.path}: {one}" for one in _complaints(asked, folder)]
    answer = asked.stdout.decode("utf-8", "replace").strip()
    if asked.code != 0:
        return [f"{table.path}: {probe.key} is not in it"]
    if probe.value and answer != probe.value:
        return [f"{table.path}: {probe.key} gives {visible(answer)!r}, not {probe.value!r}"]
    return []


def _for(probe: Probe, domain: str) -> Probe:
    return Probe(key=probe.key.replace("{domain}", domain), value=probe.value)


def _complaints(result: Result, folder: Path) -> list[str]:
    return Staged(folder, CONFIG.rstrip("/")).complaints(result, result.stderr, ".*?: ")
