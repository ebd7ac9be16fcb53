"""Starting: `--version`, and the first painted frame of the console."""

import statistics
import sys
from collections.abc import Iterator

from tests.bench import bare
from tests.bench.measure import BIN, Bench, Row, Skip, pairs, seconds
from tests.bench.terminal import anything, painted

MAILTUI = str(BIN / "mailtui")


def version(bench: Bench) -> Iterator[Row]:
    """The console script, as installed."""
    ours, peer = pairs(
        lambda: seconds([MAILTUI, "--version"]),
        lambda: seconds([sys.executable, "-c", "pass"]),
        bench.size(41, 5),
    )
    yield Row("mailtui --version", ours * 1000, peer * 1000, "ms", "python3 -c pass", 1.8)


def demo(bench: Bench) -> Iterator[Row]:
    """The console on the demo host."""
    yield _frames(bench, "demo", [MAILTUI, "--demo"])


def live(bench: Bench) -> Iterator[Row]:
    """The console on a Postfix with a hundred thousand messages."""
    name = f"live, {bench.live.count:,} queued"
    yield _frames(bench, name, [MAILTUI, "--config-dir", bench.live.config_dir])


def _frames(bench: Bench, name: str, argv: list[str]) -> Row:
    listed: list[float] = []

    def ours() -> float:
        # The verdict is there when everything was looked at.
        first, there = painted(argv, anything, lambda screen: " looked " in screen, patience=60)
        if there:
            listed.append(there)
        return _seen(first, argv)

    def peer() -> float:
        shell = [sys.executable, bare.__file__]
        return _seen(painted(shell, anything, patience=30)[0], shell)

    ms, peer_ms = (1000 * value for value in pairs(ours, peer, bench.size(9, 1)))
    note = f"verdict after {statistics.median(listed) * 1000:,.0f} ms" if listed else "verdict never shown"
    return Row(f"first frame, {name}", ms, peer_ms, "ms", "bare Textual app with tabs", 1.3, note)


def _seen(at: float | None, argv: list[str]) -> float:
    if at is None:
        raise Skip(f"{' '.join(argv)} painted nothing")
    return at
