"""The packages of the reference: what is missing is installed in one go, with nothing started before it is configured."""

from collections.abc import Callable, Sequence

from backends.apply.machine.facts import Facts
from backends.apply.machine.packages import Packages
from backends.apply.machine.quiet import nothing_starts
from backends.apply.told import Event
from backends.errors import Missing
from backends.reference.manifest import Component

Tell = Callable[[Event], None]


def missing_of(component: Component, facts: Facts) -> list[str]:
    """Packages that the component needs and that are not installed."""
    return [name for name in component.packages if name not in facts.packages]


def install(
    packages: Packages, components: Sequence[Component], facts: Facts, domain: str, tell: Tell
) -> bool:
    """Install what is missing; gives whether anything was.

    :raises Missing: this machine's apt does not know a package.
    :raises Refused: another package would have to go.
    :raises Failed: apt did not come to its end.
    """
    new = [one for one in components if missing_of(one, facts)]
    wanted = list(dict.fromkeys(name for one in new for name in missing_of(one, facts)))
    if not wanted:
        return False
    if unknown := set(wanted) - packages.available(wanted):
        tell(Event("packages", "apt reads its lists anew"))
        packages.update()
        if unknown := set(wanted) - packages.available(wanted):
            raise Missing(
                f"apt knows no package {', '.join(sorted(unknown))}",
                hint=f"/etc/apt/sources.list needs Debian's main archive of {facts.release}; then run it again",
            )
    optional = [name for one in new for name in one.optional if name not in facts.packages]
    extra = packages.available(optional)
    names = [*wanted, *(name for name in optional if name in extra)]
    answers = [line.replace("{domain}", domain) for one in new for line in one.answers]
    tell(Event("packages", f"installing {len(names)} packages"))
    with nothing_starts():
        packages.install(names, answers, lambda percent, text: tell(Event("packages", text, percent)))
    return True
