"""The bench works, and its table has all its rows; how fast anything is depends on the machine and is not tested."""

import math
from pathlib import Path

import pytest

from tests.bench.__main__ import PARTS, line, results
from tests.bench.measure import Bench, Row, Skip, pairs, program


@pytest.mark.real
@pytest.mark.xdist_group("bench")
def test_every_row_is_measured(tmp_path: Path) -> None:
    bench = Bench(quick=True, folder=tmp_path)
    with bench.ends:
        found = list(results(bench, PARTS))
    rows = [row for _, row in found if isinstance(row, Row)]
    skipped = {name: why for name, why in found if isinstance(why, str)}
    assert {name for name, _ in found} == set(PARTS)
    assert all(math.isfinite(row.ratio) and row.ratio > 0 for row in rows), rows
    assert all(row.what in line(row) for row in rows)
    if skipped:
        pytest.skip("; ".join(f"{name}: {why}" for name, why in skipped.items()))
    assert len(rows) == 54


def test_measurements_alternate_and_the_first_pair_does_not_count() -> None:
    order: list[str] = []
    values = iter([99.0, 1.0, 2.0, 9.0])

    def ours() -> float:
        order.append("ours")
        return next(values)

    def peer() -> float:
        order.append("peer")
        return 4.0

    assert pairs(ours, peer, 3) == (2.0, 4.0)
    assert order == ["ours", "peer"] * 4


def test_a_figure_is_missed_when_the_ratio_is_above_it() -> None:
    assert not Row("what", 4.0, 2.0, "s", "peer", 1.5).passed
    assert Row("what", 3.0, 2.0, "s", "peer", 1.5).passed
    assert Row("what", 9.0, 2.0, "s", "peer").passed
    assert "NO" in line(Row("what", 4.0, 2.0, "s", "peer", 1.5))


def test_a_program_that_is_missing_is_said(tmp_path: Path) -> None:
    def missing(_: Bench) -> None:
        program("no-such-program", "Debian: none")

    with pytest.raises(Skip, match="no-such-program is not installed"):
        missing(Bench(quick=True, folder=tmp_path))
