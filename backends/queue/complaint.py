"""What Postfix's commands complain of, as errors that say what to do next. Pure."""

import re

from backends.errors import BackendError, Failed, Missing, NoSpace, NotAnswering, NotPermitted
from backends.runner import Command, Result

SUDOERS_HINT = "run mailtui as root, or install the sudoers file that comes with it"

COMPLAINTS: tuple[tuple[str, type[BackendError], str, str], ...] = (
    (
        r"mail system is down",
        NotAnswering,
        "Postfix does not run",
        "start it: systemctl start postfix",
    ),
    (
        r"is not allowed to view the mail queue",
        NotPermitted,
        "This user may not view the mail queue",
        "run as root, or add the user to authorized_mailq_users in main.cf",
    ),
    (
        r"is not allowed to flush the mail queue",
        NotPermitted,
        "This user may not flush the mail queue",
        "run as root, or add the user to authorized_flush_users in main.cf",
    ),
    (
        r"unauthorized configuration directory|alternate_config_directories",
        NotPermitted,
        "Postfix does not let this user choose that configuration folder",
        "run as root, or name the folder in alternate_config_directories of the default main.cf",
    ),
    (
        r"main\.cf: No such file or directory",
        Missing,
        "Postfix has no configuration here",
        "configure it: dpkg-reconfigure postfix, or name another folder",
    ),
    (
        r"No space left on device|Disk quota exceeded",
        NoSpace,
        "The disk is full",
        "free space on the file system of the mail queue",
    ),
    (
        r"Flush service is not configured for destination",
        Failed,
        "Postfix keeps no list of that site's mail",
        "add the domain to fast_flush_domains in main.cf, or flush the queue IDs",
    ),
    (
        r"open queue file .*: No such file or directory",
        Missing,
        "The message is not in the queue any more",
        "read the queue again",
    ),
    (
        r"password is required|not allowed to|in the sudoers file|reserved for the superuser|ermission denied|not permitted",
        NotPermitted,
        "This user may not do that",
        SUDOERS_HINT,
    ),
)


def explain(command: Command, result: Result) -> BackendError:
    """The error for a command that did not succeed, from what it wrote to standard error."""
    said = result.stderr.decode("utf-8", "replace")
    for pattern, kind, what, hint in COMPLAINTS:
        if re.search(pattern, said):
            return kind(f"{what} ({result.complaint})", hint=hint)
    programs = [word.rpartition("/")[2] for word in command.argv[:3]]
    program = next((name for name in programs if name.startswith("post")), programs[0])
    return Failed(
        f"{program} failed: {result.complaint}",
        hint="see the mail log: journalctl -u 'postfix*'",
    )
