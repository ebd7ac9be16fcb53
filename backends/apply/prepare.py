"""A machine looked at for an apply: what it is, what the site decides, and a plan with who carries it out."""

import shutil
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

import msgspec

from backends.apply.checkpoint.change import Hook
from backends.apply.checkpoint.places import There, look
from backends.apply.checkpoint.store import Store
from backends.apply.engine import Engine, Machine, Work
from backends.apply.machine.database import GreylistDatabase
from backends.apply.machine.facts import Facts
from backends.apply.machine.services import Services
from backends.apply.machine.signatures import present
from backends.apply.planning.plan import FilePlan, Plan, planned
from backends.apply.planning.values import Surroundings, values_of
from backends.apply.settle import Tell
from backends.apply.told import Take
from backends.reference.manifest import Component, ManagedFile, Release, load
from backends.reference.render import applies
from backends.reference.values import Values
from backends.runner import SBIN, Runner
from backends.site.file import SITE_FILE, Setting, parse_site, read_site, with_settings
from backends.site.settings import Site

SITE = "site"
INSTALLED = "/usr/local/bin/mailtui"


class Sited(NamedTuple):
    """The site as it will be, and the content of its file now and then."""

    site: Site
    before: bytes | None
    content: bytes | None


class Prepared(NamedTuple):
    """A plan, and who carries it out. `work` is None while packages are missing."""

    plan: Plan
    engine: Engine
    work: Work | None

    @property
    def in_sync(self) -> bool:
        """Whether nothing would change."""
        return self.plan.in_sync and self.work is not None and self.work.nothing


def sited(settings: Mapping[str, Setting], given: bytes | None = None, path: Path = SITE_FILE) -> Sited:
    """The site file, or the one `given` in its place, with settings of the command line; without them it stays as it is.

    :raises BadRequest: a setting, or the file, cannot be meant.
    :raises NotPermitted: it cannot be read.
    """
    before = read_site(path)
    content = before if given is None else given
    if settings:
        content = with_settings(content or b"", settings)
    site = Site() if content is None else parse_site(content, str(path))
    return Sited(site, before, content)


def values_here(site: Site, release: Release, password: str, services: Services) -> Values:
    """All that templates need, on this machine.

    :raises BadRequest: the site has not said what apply cannot guess.
    """
    return values_of(site, release, password, Surroundings(services.systemd, present(), _program()))


def components_of(values: Values) -> list[Component]:
    """The components that these values ask for, each with the services and maps that they ask for."""
    return [
        msgspec.structs.replace(
            one,
            services=tuple(service for service in one.services if applies(service.when, values)),
            maps=tuple(
                table
                for table in one.maps
                if any(file.path == table.path and applies(file.when, values) for file in one.files)
            ),
        )
        for one in load(values.release)
        if applies(one.when, values)
    ]


def prepare(
    runner: Runner,
    of: Sited,
    facts: Facts,
    values: Values,
    store: Store,
    *,
    services: Services,
    tell: Tell,
    take: Take = Take.NEITHER,
    step: Hook = lambda _name: None,
) -> Prepared:
    """Compare this machine with the reference. Changes nothing.

    :raises BackendError: the machine cannot be looked at.
    """
    components = components_of(values)
    spec = next(base for one in components for base in one.databases)
    plan = planned(values, facts, _bases(store), overrides=of.site.postfix.main, take=take)
    if of.content != of.before:
        plan = msgspec.structs.replace(plan, files=(_site_file(of), *plan.files))
    database = GreylistDatabase(runner, of.site.greylist, spec)
    machine = Machine(runner, services, store, database, values.greylist_password)
    engine = Engine(machine, components, values, tell=tell, step=step)
    return Prepared(plan, engine, None if plan.waiting else engine.look(plan))


def _bases(store: Store) -> Callable[[str], bytes | None]:
    digests = store.bases()

    def base(path: str) -> bytes | None:
        digest = digests.get(path)
        return None if digest is None else store.kept(digest)

    return base


def _site_file(of: Sited) -> FilePlan:
    """What was given on the command line is written down together with all else."""
    old, content = look(SITE_FILE), of.content or b""
    file = ManagedFile(path=str(SITE_FILE), template="")
    new = There(content, old.uid, old.gid, old.mode or file.mode)
    return FilePlan(SITE, file, old, new, None, reference=content)


def _program() -> str:
    """This program, as a timer should start it."""
    beside = Path(sys.executable).with_name("mailtui")
    roots = beside.exists() and beside.stat().st_uid == 0
    return shutil.which("mailtui", path=SBIN) or (str(beside) if roots else INSTALLED)
