"""Every service of the reference: whether it runs, and whether the right one answers where it should."""

from collections.abc import Iterable, Sequence
from functools import partial

from backends.apply.machine.probe import probe
from backends.apply.machine.services import Services
from backends.apply.verify.checks import Checks, Found
from backends.reference.manifest import Component, Listens, Service


def check_services(
    checks: Checks, services: Services, components: Iterable[Component], hostname: str
) -> frozenset[str]:
    """Check them all; gives where (`127.0.0.1:25`, or a socket) the right one does not answer."""
    silent = set()
    for service in (service for one in components for service in one.services):
        if services.systemd or not service.listens:
            checks.look(f"{service.name} runs", partial(_runs, services, service))
        for listens in service.listens:
            where = place(listens)
            answers = partial(_answers, services, service, listens, hostname)
            if not checks.look(f"{service.name} answers on {where}", answers):
                silent.add(where)
    return frozenset(silent)


def place(listens: Listens) -> str:
    """Where a service answers, in words."""
    return listens.socket or f"127.0.0.1:{listens.port}"


def port_of(components: Sequence[Component], name: str) -> int:
    """The first port of a service."""
    return next(
        listens.port
        for one in components
        for service in one.services
        if service.name == name
        for listens in service.listens
    )


def _runs(services: Services, service: Service) -> Found:
    if services.running(service):
        return Found(good=True, evidence="active" if services.systemd else f"the process {service.process}")
    return Found(good=False, evidence="does not run", hint=_hint(services, service))


def _answers(services: Services, service: Service, listens: Listens, hostname: str) -> Found:
    answer = probe(listens, hostname)
    hint = _hint(services, service)
    if listens.port:
        hint += f"; who has the port: ss -ltnp sport = :{listens.port}"
    return Found(answer.good, answer.said, hint)


def _hint(services: Services, service: Service) -> str:
    start = f"systemctl restart {service.name}" if services.systemd else f"service {service.init} restart"
    return f"see why with: {services.why(service)}; start it: {start}"
