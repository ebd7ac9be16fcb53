"""The tables of a configuration with a map of a million lines checked, against postmap(1) building that map."""

import time
from collections.abc import Iterator
from pathlib import Path
from random import Random

from backends.maps.adapter import PostfixMaps
from backends.maps.values import About
from backends.runner import LocalRunner
from tests.bench.measure import Bench, Row, Skip, pairs, seconds
from tests.support.maps import Tables, why_not

MAIN = """\
virtual_alias_maps = hash:$etc/virtual
transport_maps = texthash:$etc/transport
alias_maps = hash:$etc/aliases
alias_database = hash:$etc/aliases
smtpd_client_restrictions = check_client_access cidr:$etc/clients
smtpd_helo_restrictions = check_helo_access regexp:$etc/helo
"""


def maps(bench: Bench) -> Iterator[Row]:
    """All tables looked at, the large one with a few entries that are there twice."""
    if reason := why_not():
        raise Skip(reason)
    folder = bench.folder / "maps"
    folder.mkdir()
    tables = Tables(folder)
    tables.main(MAIN)
    count = bench.size(1_000_000, 20_000)
    _write(tables.etc / "virtual", count)
    tables.write("transport", "x.test smtp:\n")
    tables.write("aliases", "root: ann\n", "hash", "postalias")
    tables.write("clients", "".join(f"10.{number // 256}.{number % 256}.0/24 OK\n" for number in range(2000)))
    tables.write("helo", "".join(f"/^host{number}\\./ REJECT\n" for number in range(200)))
    adapter = PostfixMaps(
        LocalRunner(), config_dir=str(tables.etc), state=folder / "state", record=lambda *_: None
    )

    def ours() -> float:
        start, found = time.perf_counter(), list[About]()
        findings = adapter.check(found.append)
        assert any(one.entries == count for one in found)
        assert sum(one.what.endswith("the first counts") for one in findings) == 3
        return time.perf_counter() - start

    built = ("postmap", "-c", str(tables.etc), f"hash:{tables.etc}/virtual")
    seconds(built)
    both = pairs(ours, lambda: seconds(built), bench.rounds)
    yield Row(f"tables with {count:,} lines checked", *both, "s", "postmap", 0.5)


def _write(path: Path, count: int) -> None:
    random = Random(7)
    with path.open("w", buffering=1 << 20) as file:
        for number in range(count - 6):
            file.write(
                f"user{random.getrandbits(40):x}@example{number % 4000}.org\tmailbox{number}@store.example.net\n"
            )
            if number < 3:
                file.write(f"Twice{number}@x.test one\n" * 2)
