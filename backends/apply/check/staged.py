"""All staged files of an apply, each looked at by the check that is named for it."""

import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from backends.apply.check.amavis import check_amavis
from backends.apply.check.clamav import check_clamav
from backends.apply.check.dovecot import check_dovecot
from backends.apply.check.gld import check_gld
from backends.apply.check.postfix import check_postfix
from backends.apply.check.spamassassin import check_spamassassin
from backends.reference.manifest import Map
from backends.runner import Runner

Files = Mapping[str, bytes]
Check = Callable[[Files, Path], list[str]]


def check_staged(
    runner: Runner, changed: Mapping[str, Files], maps: Sequence[Map], *, domain: str
) -> list[str]:
    """What is wrong with these files; `changed` has all files of a check by their paths, by the check's name.

    One after another: SpamAssassin takes longer than all others together, threads gain a tenth.

    :raises KeyError: there is no check of this name.
    :raises BackendError: a program is not there, or does not end.
    """
    checks = _checks(runner, maps, domain)
    wanted = [(checks[name], files) for name, files in changed.items()]
    found: list[str] = []
    for check, files in wanted:
        with tempfile.TemporaryDirectory(prefix="mailtui-") as folder:
            found += check(files, Path(folder))
    return found


def _checks(runner: Runner, maps: Sequence[Map], domain: str) -> Mapping[str, Check]:
    return {
        "postfix": lambda files, folder: check_postfix(runner, files, maps, folder, domain=domain),
        "amavis": lambda files, folder: check_amavis(runner, files, folder),
        "spamassassin": lambda files, folder: check_spamassassin(runner, files, folder),
        "dovecot": lambda files, folder: check_dovecot(runner, files, folder),
        "clamav": lambda files, folder: check_clamav(runner, files, folder),
        "gld": lambda files, _folder: [one for content in files.values() for one in check_gld(content)],
    }
