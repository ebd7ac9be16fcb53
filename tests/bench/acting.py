"""`mailtui queue hold` of ten thousand messages, against postsuper with the same IDs."""

from collections.abc import Iterator
from pathlib import Path

from tests.bench.measure import Bench, Row, pairs, program, seconds
from tests.bench.start import MAILTUI


def hold(bench: Bench) -> Iterator[Row]:
    """Either side holds the same messages; in between they are released, which does not count."""
    queue = bench.live
    ids = queue.ids[: bench.size(10_000, 50)]
    listed = "".join(f"{queue_id}\n" for queue_id in ids).encode()
    postsuper: list[str | Path] = [program("postsuper", "Debian: postfix"), "-c", queue.config_dir]

    def released(taken: float) -> float:
        seconds([*postsuper, "-H", "-"], listed)
        return taken

    ours = [MAILTUI, "queue", "hold", "--config-dir", queue.config_dir, "--max", str(len(ids)), "--yes", "-"]
    both = pairs(
        lambda: released(seconds(ours, listed)),
        lambda: released(seconds([*postsuper, "-h", "-"], listed)),
        bench.rounds,
    )
    yield Row(f"queue hold of {len(ids):,}", *both, "s", "postsuper -h -", 1.15)
