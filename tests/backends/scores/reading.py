"""Logs in memory, read by the quick way and by the slow one."""

import io
from typing import cast

import numpy as np

from backends.maillog.blocks import SIZE, Block, Blocks, Bytes
from backends.maillog.stamp import epoch
from backends.scores.line import HEAD, parse
from backends.scores.scan import Scanner, Whole, joined, row_of
from backends.scores.store import ROW, Rows
from backends.scores.texts import scored
from backends.scores.told import Scored

LATEST = 1_795_400_000.0  # 2026-11-23


def rows_of(content: bytes, *, size: int = SIZE, final: bool = True) -> Rows:
    """The rows of a log."""
    scanner = Scanner(LATEST)
    blocks = Blocks(cast("Bytes", io.BytesIO(content)), size=size, final=final)
    found = [np.zeros(0, ROW)]
    for block in blocks:
        rows, blocks.used = scanner.scan(block)
        found.append(rows)
    return np.concatenate(found)


def line_by_line(content: bytes) -> Rows:
    """The rows of a log without split lines, by line.py alone."""
    found, at = [], 0
    for line in content.split(b"\n")[:-1]:
        head = HEAD.match(line)
        when = epoch(head["stamp"], LATEST) if head else None
        if head is not None and when is not None and len(line) <= 1 << 16:
            message = parse(line[head.end() :], when)
            if message is not None:
                found.append(row_of(message, at))
        at += len(line) + 1
    return np.array(found, ROW)


def messages_of(content: bytes) -> list[tuple[int, Scored]]:
    """Each row's place, and its message read at that place."""
    block = Block(bytearray(content), 0, len(content), 0, last=True)
    found = []
    for row in rows_of(content):
        whole: Whole | None = joined(block, int(row["at"]))
        assert whole is not None
        message = scored(whole, LATEST)
        assert message is not None
        found.append((int(row["at"]), message))
    return found
