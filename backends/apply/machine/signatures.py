"""ClamAV's first signatures: without main and daily ones clamd does not start, and amavis would defer all mail."""

from pathlib import Path

from backends.apply.machine.services import Services
from backends.errors import Missing
from backends.reference.manifest import Service
from backends.runner import Command, Runner
from backends.text import visible

FOLDER = Path("/var/lib/clamav")
SILENCE = 300.0  # s for which freshclam may say nothing: it downloads some 200 MiB
_KINDS = ("cvd", "cld", "inc")


def present(folder: Path = FOLDER) -> bool:
    """Whether there are signatures with which Debian's unit and init script start clamd."""
    return all(any((folder / f"{name}.{kind}").exists() for kind in _KINDS) for name in ("main", "daily"))


def fetch(runner: Runner, services: Services, freshclam: Service, folder: Path = FOLDER) -> None:
    """Have freshclam get them once. Its daemon is stopped meanwhile: it holds the log's lock.

    :raises Missing: it could not; the hint says what that means.
    """
    if services.running(freshclam):
        services.act("stop", freshclam)
    said: list[str] = []
    with runner.stream(Command(("freshclam", "--stdout"), timeout=SILENCE, mutates=True)) as stream:
        rest = b""
        while chunk := stream.read():
            *lines, rest = (rest + chunk).split(b"\n")
            said += [line.decode("utf-8", "replace") for line in lines if line.startswith(b"ERROR: ")]
            del said[:-20]
        stream.result()
    if not present(folder):
        why = (
            visible(said[0].removeprefix("ERROR: ").rpartition(" -> ")[2])
            if said
            else "freshclam brought none"
        )
        raise Missing(
            f"There are no virus signatures: {why[:200]}",
            hint="without them clamd does not start and all mail would be deferred: give this machine a way to "
            "database.clamav.net, copy main.cvd and daily.cvd into /var/lib/clamav, or try everything else with "
            "--test-signature",
        )
