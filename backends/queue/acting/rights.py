"""What a user may do to the queue: all as root, otherwise what sudo(8) permits without a password."""

import os
from pathlib import Path

from backends.errors import Missing
from backends.queue.plan import ACTIONS, Rights
from backends.runner import Command, Runner

SUDO = ("sudo", "-n")
POSTSUPER = "/usr/sbin/postsuper"
POSTCAT = "/usr/sbin/postcat"
SUDOERS = Path(__file__).parents[2] / "data" / "mailtui.sudoers"
SAMPLE_ID = "0123456789A"
WANTS_PASSWORD = b"password is required"


class _NothingPermitted(Exception):
    """Sudo does nothing for this user without a password."""


def rights(runner: Runner, instance: tuple[str, ...] = (), *, queue_files: bool) -> Rights:
    """What this user may do; `instance` is the `-c DIR` of another Postfix instance than the default one.

    `queue_files` tells whether the queue directory can be read.
    """
    if os.geteuid() == 0:
        return Rights(dict.fromkeys(ACTIONS, ()), (), queue_files)
    actions: dict[str, tuple[str, ...]] = {}
    show: tuple[str, ...] | None = None
    why_not = (
        "you are not root, and sudo does not permit it without a password: "
        f"as root, install {SUDOERS} as /etc/sudoers.d/mailtui and add yourself to the group mailtui"
    )
    try:
        for action in ACTIONS.values():
            if _permits(runner, POSTSUPER, *instance, action.option, "-"):
                actions[action.name] = SUDO
        if _permits(runner, POSTCAT, *instance, "-q", SAMPLE_ID):
            show = SUDO
    except _NothingPermitted:
        pass
    except Missing:
        why_not = "you are not root, and there is no sudo: run mailtui as root"
    return Rights(actions, show, queue_files, why_not)


def _permits(runner: Runner, *command: str) -> bool:
    """Whether sudo runs the command for this user.

    `sudo -l COMMAND` also succeeds where a password would be asked for, so the command itself is tried then: with
    nothing on standard input postsuper(1) does nothing, and the sample queue ID is nobody's.
    """
    listed = runner.run(Command((*SUDO, "-l", *command), timeout=10))
    if WANTS_PASSWORD in listed.stderr:
        raise _NothingPermitted
    if listed.code != 0:
        return False
    return WANTS_PASSWORD not in runner.run(Command((*SUDO, *command), timeout=10)).stderr
