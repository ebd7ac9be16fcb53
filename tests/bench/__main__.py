"""`python -m tests.bench [--quick] [NAME…]`: every figure beside that of what others do, in one table."""

import argparse
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from tests.bench import (
    acting,
    apply,
    console,
    greylist,
    health,
    idle,
    mailbox,
    maps,
    memory,
    others,
    quarantine,
    reading,
    scores,
    start,
    table,
    threshold,
)
from tests.bench.measure import Bench, Row, Skip

PARTS: dict[str, Callable[[Bench], Iterator[Row]]] = {
    "version": start.version,
    "demo": start.demo,
    "live": start.live,
    "reading": reading.live,
    "file": reading.ready,
    "memory": memory.store,
    "table": table.keys,
    "console": console.console,
    "hold": acting.hold,
    "apply": apply.apply,
    "cleanup-dry-run": quarantine.dry_run,
    "cleanup": quarantine.cleanup,
    "greylist": greylist.greylist,
    "health": health.health,
    "quarantine": quarantine.listing,
    "quarantine-memory": quarantine.memory,
    "headers": quarantine.headers,
    "maps": maps.maps,
    "idle": idle.idle,
    "threshold": threshold.moving,
    "scores": scores.plain,
    "scores-compressed": scores.packed,
    "scores-old": scores.traditional,
    "mailbox": mailbox.imported,
    "pfqueue": others.pfqueue,
    "postqf": others.postqf,
}
WIDTHS = (34, 13, 13, 8, 9, 4)
HEAD = ("what", "ours", "peer", "ratio", "at most", "ok")


def results(bench: Bench, names: Iterable[str]) -> Iterator[tuple[str, Row | str]]:
    """Each part's rows as they are measured, or one sentence why there are none."""
    for name in names:
        try:
            for row in PARTS[name](bench):
                yield name, row
        except Skip as reason:
            yield name, f"not measured: {reason}"
        except subprocess.CalledProcessError as error:
            said = (error.stderr or b"").decode(errors="replace").strip().splitlines()
            yield name, f"not measured: {error}{': ' if said else ''}{said[-1] if said else ''}"


def line(row: Row) -> str:
    """A row as it is printed."""
    at_most = "" if row.at_most is None else f"{row.at_most:g}"
    ok = "" if row.at_most is None else "yes" if row.passed else "NO"
    cells = (
        row.what,
        f"{row.ours:,.3g} {row.unit}" if row.ours < 1000 else f"{row.ours:,.0f} {row.unit}",
        f"{row.peer:,.3g} {row.unit}" if row.peer < 1000 else f"{row.peer:,.0f} {row.unit}",
        f"{row.ratio:.2f}",
        at_most,
        ok,
    )
    return f"{_aligned(cells)}  {row.against}{f' ({row.note})' if row.note else ''}"


def _aligned(cells: Iterable[str]) -> str:
    first, *rest = zip(cells, WIDTHS, strict=True)
    return f"{first[0]:<{first[1]}}" + "".join(f"{cell:>{width}}" for cell, width in rest)


def main() -> int:
    """Print the table; 1 when a figure is missed."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument(
        "--quick", action="store_true", help="small numbers: whether it works, not how fast it is"
    )
    parser.add_argument("names", metavar="NAME", nargs="*", help=f"only these: {', '.join(PARTS)}")
    options = parser.parse_args()
    if unknown := set(options.names) - set(PARTS):
        parser.error(f"there is no {', '.join(sorted(unknown))}")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that no Postfix stays behind
    missed = 0
    print(f"{_aligned(HEAD)}  against")
    with tempfile.TemporaryDirectory(prefix="mailtui-bench-", dir="/var/tmp") as folder:
        bench = Bench(options.quick, Path(folder))
        with bench.ends:
            for name, result in results(bench, options.names or PARTS):
                missed += not options.quick and isinstance(result, Row) and not result.passed
                print(line(result) if isinstance(result, Row) else f"{name:<{WIDTHS[0]}}{result}", flush=True)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
