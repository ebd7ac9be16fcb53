"""An mbox of 2 GB taken over into a Maildir, against cp(1) and one new file for each message, and against mb2md(1p)."""

import base64
import os
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.bench.measure import Bench, Row, Skip, pairs, program, seconds
from tests.bench.start import MAILTUI

MEMORY = 100 << 10  # KiB
HEAD = b"""\
From ann%d@example.org %s
Return-Path: <ann%d@example.org>
Received: from mail.example.org (mail.example.org [203.0.113.7])
\tby mail.example.test (Postfix) with ESMTP id %010X
\tfor <alice@example.test>; Tue, 24 Nov 2026 10:00:00 +0100 (CET)
Message-ID: <%d@example.org>
Date: Tue, 24 Nov 2026 10:00:00 +0100
From: Ann <ann@example.org>
To: alice@example.test
Subject: letter number %d
Status: RO

"""


def imported(bench: Bench) -> Iterator[Row]:
    """Either side ends when all is on disk; what it made is emptied, untimed, and removed at last.

    Removed between two rounds it would be in the way: ext4 without a journal looks through all inodes that were deleted
    in the last minutes for each new file, which makes the side with more files a round look slower than it is.
    """
    mbox = bench.folder / "mbox"
    count = _write(mbox, bench.size(2_000_000_000, 8_000_000))
    made = bench.folder / "made"
    sync: list[str | Path] = ["sync", "--file-system", bench.folder]
    emptied: list[Path] = []

    def empty() -> None:
        for folder, _, names in os.walk(made):
            for name in names:
                os.truncate(Path(folder, name), 0)
        emptied.append(made.rename(bench.folder / f"emptied{len(emptied)}"))
        seconds(sync)

    def timed(act: Callable[[], object]) -> float:
        start = time.perf_counter()
        act()
        seconds(sync)
        taken = time.perf_counter() - start
        empty()
        return taken

    argv = [MAILTUI, "mailbox", "import", str(mbox), "--to", str(made), "--yes"]

    def ours() -> float:
        return timed(lambda: seconds(argv))

    def copied() -> None:
        made.mkdir()
        seconds(["cp", mbox, made / "copy"])
        for number in range(count):
            os.close(
                os.open(made / f"{number:010}.0123456789abcdef", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            )

    name = f"mbox of {count:,} messages, {mbox.stat().st_size / 1e9:.2g} GB"
    try:
        yield Row(name, *pairs(ours, lambda: timed(copied), bench.size(3, 1)), "s", "cp, a file each", 1.5)
        yield Row("its memory", _memory(argv), MEMORY, "KiB", "100 MiB", 1.0)
        empty()
        theirs: list[str | Path] = [program("mb2md", "Debian: mb2md"), "-s", mbox, "-d", made]
        converted = timed(lambda: seconds(theirs))
        least = timed(copied) / converted
        note = f"cp and a file each take {least:.2f} of its time"
        yield Row("the same", ours(), converted, "s", "mb2md", 0.2, note=note)
    finally:
        for path in emptied:
            shutil.rmtree(path)
        mbox.unlink()


def _memory(argv: list[str]) -> float:
    """The most that a process of a command had at a time, in KiB.

    :raises Skip: it failed.
    """
    code = "import resource, subprocess, sys; subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL); "
    code += "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    done = subprocess.run([sys.executable, "-c", code, *argv], capture_output=True, check=False)
    if done.returncode:
        raise Skip(done.stderr.decode(errors="replace").strip().splitlines()[-1])
    return float(done.stdout)


def _write(path: Path, size: int) -> int:
    """Letters of 1 to 60 kB, one in eight with an attachment; gives their number."""
    chance = random.Random(7)
    words = [
        bytes(chance.choices(b"abcdefghijklmnopqrstuvwxyz", k=chance.randint(2, 9))) for _ in range(2000)
    ]
    texts = [
        b"".join(b" ".join(chance.choices(words, k=11)) + b"\n" for _ in range(1 << chance.randint(3, 8)))
        for _ in range(60)
    ]
    attached = [
        base64.encodebytes(chance.randbytes(size)) for size in (10_000, 30_000, 60_000, 150_000, 400_000)
    ]
    count, when = 0, 1_100_000_000
    with path.open("wb") as file:
        while file.tell() < size:
            when += chance.randint(1, 4000)
            date = time.asctime(time.gmtime(when)).encode()
            file.write(HEAD % (count % 50, date, count % 50, count, count, count))
            file.writelines(chance.choices(texts, k=chance.randint(1, 4)))
            if chance.random() < 0.02:
                file.write(b">From here on it is quoted\n")
            if chance.random() < 0.12:
                file.write(chance.choice(attached))
            file.write(b"\n")
            count += 1
    return count
