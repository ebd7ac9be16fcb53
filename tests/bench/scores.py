"""Reading logs from nothing, everything that the pane needs of them, against grep(1), zcat(1) and amavis-logwatch."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from tests.bench import maillog
from tests.bench.measure import Bench, Row, Skip, pairs, program

MB = 1 << 20
FILES = 10
INSTANT = 50.0  # ms
MOST = 60.0  # MB
LOGWATCH = Path("/usr/share/logwatch/scripts/services/amavis")
HITS = "Hits: "


def plain(bench: Bench) -> Iterator[Row]:
    """One file; then again with a little more in it; and what memory that takes."""
    log = bench.folder / "plain" / "mail.log"
    log.parent.mkdir(exist_ok=True)
    count = maillog.write(log, bench.size(1024 * MB, 4 * MB))
    grep: list[str | Path] = [program("grep", "Debian: grep"), "-c", HITS, log]
    try:
        both = pairs(lambda: _read(bench, log, count), lambda: _peer(grep), bench.rounds)
        yield Row(
            f"scores of {log.stat().st_size // MB:,} MB of log",
            *both,
            "s",
            "LC_ALL=C grep -c",
            1.5,
            f"{count:,} messages",
        )
        yield Row("the same with 1 MB more", _more(bench, log, count), INSTANT, "ms", "an instant", 1.0)
        yield Row(
            "memory for them",
            max(0.1, _memory(bench, log) - _memory(bench)),
            MOST,
            "MB",
            "above the console's, at most",
            1.0,
        )
    finally:
        shutil.rmtree(log.parent)


def packed(bench: Bench) -> Iterator[Row]:
    """The same in ten files that logrotate has compressed."""
    log = bench.folder / "packed" / "mail.log"
    log.parent.mkdir(exist_ok=True)
    count = maillog.write_packed(log, bench.size(1024 * MB, 4 * MB), FILES)
    program("zcat", "Debian: gzip")
    peer = f"zcat {log.parent}/mail.log.*.gz | grep -c '{HITS}'"
    try:
        both = pairs(lambda: _read(bench, log, count), lambda: _peer(["sh", "-c", peer]), bench.size(3, 1))
        yield Row(
            f"scores of {FILES} compressed logs", *both, "s", "zcat | grep -c", 0.6, f"{count:,} messages"
        )
    finally:
        shutil.rmtree(log.parent)


def traditional(bench: Bench) -> Iterator[Row]:
    """A log with traditional time stamps, the only ones that amavis-logwatch reads."""
    script = _logwatch(bench)
    log = bench.folder / "traditional" / "mail.log"
    log.parent.mkdir(exist_ok=True)
    count = maillog.write(log, bench.size(256 * MB, 4 * MB), traditional=True)
    settings = log.with_name("settings")
    settings.touch()
    argv: list[str | Path] = [program("perl", "Debian: perl"), script, "-f", settings, log]
    try:
        both = pairs(lambda: _read(bench, log, count), lambda: _peer(argv), bench.size(2, 1))
        yield Row(
            f"scores of {log.stat().st_size // MB} MB, old stamps",
            *both,
            "s",
            "amavis-logwatch",
            0.04,
            f"{count:,} messages",
        )
    finally:
        shutil.rmtree(log.parent)


def _logwatch(bench: Bench) -> Path:
    """Debian's amavis-logwatch. The package wants a mail server, so that it is unpacked and not installed.

    :raises Skip: it cannot be had.
    """
    if LOGWATCH.exists():
        return LOGWATCH
    folder = bench.folder / "logwatch"
    folder.mkdir()
    try:
        subprocess.run(["apt-get", "download", "logwatch"], cwd=folder, capture_output=True, check=True)
        subprocess.run(["dpkg", "-x", next(folder.glob("*.deb")), folder], capture_output=True, check=True)
    except (OSError, subprocess.CalledProcessError, StopIteration) as error:
        raise Skip("amavis-logwatch is not there (Debian: logwatch)") from error
    return folder / LOGWATCH.relative_to("/")


def _peer(argv: list[str | Path]) -> float:
    """How long it takes; its output goes into a pipe, because grep looks no further when it is thrown away."""
    start = time.perf_counter()
    subprocess.run(
        argv, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env={**os.environ, "LC_ALL": "C"}, check=True
    )
    return time.perf_counter() - start


def _read(bench: Bench, log: Path, count: int) -> float:
    """From nothing: nothing is kept, nothing is known."""
    from backends.runner import LocalRunner
    from backends.scores.adapter import AmavisScores

    state = bench.folder / "state"
    shutil.rmtree(state, ignore_errors=True)
    subject = AmavisScores(LocalRunner(), log=log, folder=state)
    start = time.perf_counter()
    reading = subject.read()
    took = time.perf_counter() - start
    assert len(reading.store) == count, (len(reading.store), count, reading.troubles)
    return took


def _more(bench: Bench, log: Path, count: int) -> float:
    """What a start costs that finds all but the last megabyte kept, in ms; the median."""
    from backends.runner import LocalRunner
    from backends.scores.adapter import AmavisScores

    with log.open("rb") as file:
        more = file.read(MB).rpartition(b"\n")[0] + b"\n"
    taken = []
    for _ in range(bench.rounds):
        with log.open("ab") as file:
            file.write(more)
        subject = AmavisScores(LocalRunner(), log=log, folder=bench.folder / "state")
        start = time.perf_counter()
        reading = subject.read()
        taken.append((time.perf_counter() - start) * 1000)
        assert len(reading.store) > count
    return sorted(taken)[len(taken) // 2]


def _memory(bench: Bench, log: Path | None = None) -> float:
    """The most memory (MB) of a process with all of the console, and of one that has read the log and counted it."""
    words = [str(log), str(bench.folder / "memory")] if log else []
    argv = [sys.executable, "-m", "tests.bench.scores", *words]
    return int(subprocess.run(argv, capture_output=True, check=True).stdout) / 1e6


def main() -> None:
    """Print the most bytes that this process had in memory."""
    import mailtui.app  # noqa: F401

    if len(sys.argv) > 1:
        from backends.runner import LocalRunner
        from backends.scores.adapter import AmavisScores
        from backends.scores.summary import summary

        reading = AmavisScores(LocalRunner(), log=Path(sys.argv[1]), folder=Path(sys.argv[2])).read()
        tally = summary(reading.store).tally
        tally.below(6.31)
    status = Path("/proc/self/status").read_text().splitlines()
    print(next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM")))


if __name__ == "__main__":
    main()
