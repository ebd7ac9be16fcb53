"""Who may read and write a table's files, and whether that is right."""

import grp
import os
import pwd
import stat
from pathlib import Path

from backends.maps.config import Config
from backends.maps.hiding import passwords
from backends.maps.kinds import INDEX
from backends.maps.values import Finding, Table


def owners(config: Config, table: Table) -> list[Finding]:
    """What is wrong with owner and mode of the source and of the index."""
    found = []
    for path in (Path(table.path), Path(f"{table.path}{INDEX.get(table.type, '')}")):
        try:
            state = path.stat()
        except OSError:
            continue
        found += _of(config, table, path, state)
        if not INDEX.get(table.type):
            break
    return found


def _of(config: Config, table: Table, path: Path, state: os.stat_result) -> list[Finding]:
    found = []
    mode = stat.S_IMODE(state.st_mode)
    if mode & 0o022:
        who = "everybody" if mode & 0o002 else f"the group {_group(state.st_gid)}"
        found.append(Finding(table.name, "bad", f"{path} can be written by {who}", f"chmod go-w {path}"))
    if state.st_uid:
        hint = f"chown root {path}, if nobody else keeps it"
        found.append(
            Finding(table.name, "note", f"{path} is owned by {_user(state.st_uid)}, who can change it", hint)
        )
    if passwords(table) and mode & 0o004:
        found.append(
            Finding(
                table.name, "bad", f"{path} holds passwords, and everybody may read it", f"chmod o= {path}"
            )
        )
    owner = config.parameters.get("mail_owner", "postfix")
    if any(use.proxied for use in table.uses) and not _readable(path, owner):
        hint = f"chgrp {owner} {path} && chmod g+r {path}, or leave proxy: out"
        found.append(
            Finding(table.name, "bad", f"{path} cannot be read by {owner}, who opens it for proxy:", hint)
        )
    return found


def _readable(path: Path, user: str) -> bool:
    """Whether a user may read a file, by owner, group and mode of it and of the folders above."""
    try:
        account = pwd.getpwnam(user)
    except KeyError:
        return True
    groups = {account.pw_gid, *(one.gr_gid for one in grp.getgrall() if user in one.gr_mem)}
    for place, need in ((path, 4), *((folder, 1) for folder in path.resolve().parents)):
        found = place.stat()
        shift = 6 if found.st_uid == account.pw_uid else 3 if found.st_gid in groups else 0
        if not (found.st_mode >> shift) & need:
            return False
    return True


def _user(number: int) -> str:
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return str(number)


def _group(number: int) -> str:
    try:
        return grp.getgrgid(number).gr_name
    except KeyError:
        return str(number)
