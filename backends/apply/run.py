"""All that an apply needs, put together for this machine."""

from typing import NamedTuple

from backends.apply.checkpoint.store import Store
from backends.apply.database import GreylistDatabase
from backends.apply.edit.merge import Take
from backends.apply.engine import Engine, Machine, Tell, Work
from backends.apply.facts import Facts
from backends.apply.plan import Plan, planned
from backends.apply.services import Services
from backends.apply.values import values_of
from backends.reference.manifest import load
from backends.reference.render import applies
from backends.runner import Runner
from backends.site import Site


class Prepared(NamedTuple):
    """A plan, and who carries it out. `work` is None while packages are missing."""

    plan: Plan
    engine: Engine
    work: Work | None

    @property
    def in_sync(self) -> bool:
        """Whether nothing would change."""
        return self.plan.in_sync and self.work is not None and self.work.nothing


def prepare(
    runner: Runner,
    site: Site,
    facts: Facts,
    password: str,
    store: Store,
    *,
    tell: Tell,
    take: Take = Take.NEITHER,
) -> Prepared:
    """Compare this machine with the reference. Changes nothing.

    :raises BackendError: the site's settings do not do, or the machine cannot be looked at.
    """
    values = values_of(site, facts.release, password)
    components = [one for one in load(facts.release) if applies(one.when, values)]
    spec = next(base for one in components for base in one.databases)
    bases = store.bases()

    def base(path: str) -> bytes | None:
        digest = bases.get(path)
        return None if digest is None else store.kept(digest)

    plan = planned(values, facts, base, overrides=site.postfix.main, take=take)
    machine = Machine(
        runner, Services(runner), store, GreylistDatabase(runner, site.greylist, spec), password
    )
    engine = Engine(machine, components, values, tell=tell)
    return Prepared(plan, engine, None if plan.waiting else engine.look(plan))
