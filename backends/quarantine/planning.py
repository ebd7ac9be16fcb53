"""From what is asked for to a plan: checked, with the commands that do it. Pure."""

from collections.abc import Sequence

from backends.errors import BadRequest, Refused
from backends.quarantine.message import NAMELESS, Header, Target
from backends.quarantine.plan import ACTIONS, RELEASING, Plan
from backends.quarantine.release import checked_recipients, release
from backends.runner import Command
from backends.text import visible

SPELT_OUT = 4


def planned(
    action: str,
    targets: Sequence[Target],
    headers: Sequence[Header],
    recipients: Sequence[str] = (),
    *,
    kept_for: float,
) -> Plan:
    """What the action would do to these; `headers` are theirs, where they are to be released.

    :raises BadRequest: there is no such action, or a recipient is no address.
    :raises Refused: different viruses would be let out together.
    """
    if action not in ACTIONS:
        raise BadRequest(f"There is no action {visible(action)!r}", hint=f"there are {', '.join(ACTIONS)}")
    if recipients and action not in RELEASING:
        raise BadRequest("Only a release has recipients", hint="leave them out")
    to = checked_recipients(recipients)
    once = tuple(dict.fromkeys(targets))
    return Plan(
        action=action,
        targets=once,
        commands=_commands(action, once, to),
        recipients=to,
        virus=_virus(targets, headers) if action in RELEASING else "",
        kept_for=kept_for if action == "delete" else 0.0,
    )


def _virus(targets: Sequence[Target], headers: Sequence[Header]) -> str:
    names = {
        header.virus or NAMELESS
        for target, header in zip(targets, headers, strict=True)
        if target.kind == "virus" or header.virus
    }
    if len(names) > 1:
        raise Refused(
            f"{len(names)} different viruses would be let out: {visible(', '.join(sorted(names)[:4]))}",
            hint="release them one after the other",
        )
    return next(iter(names), "")


def _commands(action: str, targets: Sequence[Target], recipients: Sequence[str]) -> tuple[Command, ...]:
    """What is run, or what would do the same."""
    if action in RELEASING:
        commands = [release(target.path, recipients) for target in targets]
        learning = [Command(("sa-learn", "--ham"))] if action == "release-ham" else []
        return (*commands[:SPELT_OUT], *learning, *commands[SPELT_OUT:])
    verb = ("keep", "--not") if action == "let-go" else (action,)
    paths = [target.path for target in targets] if len(targets) <= SPELT_OUT else ["-"]
    return (Command(("mailtui", "quarantine", *verb, "--yes", *paths)),)
