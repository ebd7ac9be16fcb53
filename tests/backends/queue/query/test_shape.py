"""Domain by age: as qshape(1) counts, by its algorithm written out and by the program itself."""

import math
import os
import re
import time
from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backends.queue.listing.ingest import read_listing
from backends.queue.message import Message, Recipient
from backends.queue.query.shape import BUCKETS, Shape, shape
from tests.backends.queue.making import NOW, message, store_of
from tests.support.postfix import PrivatePostfix

NULL = "MAILER-DAEMON"
Table = dict[str, list[int]]


def qshape(
    messages: Iterable[tuple[int, str, list[str]]], now: float, *, senders: bool, parents: bool
) -> Table:
    """What qshape prints without the totals, by its source (`sub bucket`, `sub wanted`, `sub results`)."""
    counts: Table = defaultdict(lambda: [0] * BUCKETS)
    subdomains: Counter[str] = Counter()
    for arrival, sender, recipients in messages:
        minutes = (now - arrival) / 300
        bucket = 1 if minutes < 1 else min(2 + int(math.log(minutes) / math.log(2)), BUCKETS)
        for address in [sender] if senders else recipients:
            domain = (
                re.sub(r".*@", "", address.lower()) if address.lower() not in {"", NULL.lower()} else NULL
            )
            domain = re.sub(r"\.?(.+?)\.?$", r"\1", domain.replace("..", "."), count=1)
            new = False
            while True:
                old = sum(counts[domain]) > 0
                counts[domain][bucket - 1] += 1
                subdomains[domain] += new
                new = not old
                parent = re.sub(r"^\.?[^.]+\.(.*\.)", r".\1", domain)
                if not parents or parent == domain:
                    break
                domain = parent
    return {name: found for name, found in counts.items() if name[0] != "." or subdomains[name] >= 5}


def table(found: Shape) -> Table:
    return {row.domain: list(row.counts) for row in found.rows}


_domain = st.one_of(
    st.sampled_from(
        ["example.org", "Example.ORG.", "gmail.example", "uk", "a.b.c.example", "x..example.org"]
    ),
    st.builds(
        "{}.{}".format,
        st.sampled_from("abcdefgh"),
        st.sampled_from(["example.org", "b.example.org", "co.uk"]),
    ),
)
_address = st.builds("user@{}".format, _domain) | st.sampled_from([NULL, "root"])
_ages = st.integers(0, 100_000) | st.sampled_from(
    [299, 300, 301, 599, 600, 76_799, 76_800, 76_801, 38_400, 1200]
)
_message = st.tuples(_ages.map(lambda age: NOW - age), _address, st.lists(_address, min_size=1, max_size=4))


def made(messages: Iterable[tuple[int, str, list[str]]]) -> list[Message]:
    return [
        message(
            f"{row:06X}", arrival_time=arrival, sender=sender, recipients=tuple(map(Recipient, recipients))
        )
        for row, (arrival, sender, recipients) in enumerate(messages)
    ]


@settings(max_examples=200, deadline=None)
@given(st.lists(_message, max_size=40), st.booleans(), st.booleans())
def test_the_shape_is_the_one_of_qshape(
    messages: list[tuple[int, str, list[str]]], senders: bool, parents: bool
) -> None:
    found = shape(
        store_of(made(messages)), now=NOW, side="sender" if senders else "recipient", parents=parents
    )
    assert table(found) == qshape(messages, NOW, senders=senders, parents=parents)
    assert found.total.total == sum(1 if senders else len(recipients) for _, _, recipients in messages)
    assert [-row.total for row in found.rows] == sorted(-row.total for row in found.rows)


def test_five_subdomains_make_a_parent() -> None:
    def parents(count: int) -> list[str]:
        listed = store_of([message(f"{n:06X}", f"user@h{n}.example.org") for n in range(count)])
        return [row.domain for row in shape(listed, now=NOW, parents=True).rows if row.domain[0] == "."]

    assert parents(4) == []
    assert parents(5) == [".example.org"]


def test_only_some_queues_or_rows() -> None:
    listed = store_of(
        [
            message("AAAAAA", "a@one.example", "b@two.example", queue_name="hold"),
            message("BBBBBB", "a@two.example"),
            message("CCCCCC", recipients=()),
            message("DDDDDD", "a@three.example", queue_name="active"),
        ]
    )

    def domains(**chosen: object) -> dict[str, int]:
        return {row.domain: row.total for row in shape(listed, now=NOW, **chosen).rows}  # type: ignore[arg-type]

    assert domains() == {"two.example": 2, "one.example": 1, "three.example": 1}
    assert domains(queues=("hold", "active")) == {"one.example": 1, "two.example": 1, "three.example": 1}
    assert domains(rows=np.array([1, 2, 3], np.int32)) == {"two.example": 1, "three.example": 1}
    assert domains(queues=("none",)) == {}


def test_an_empty_queue_and_a_clock_that_went_back() -> None:
    empty = shape(store_of([]), now=NOW)
    assert (empty.rows, empty.total.counts) == ([], (0,) * BUCKETS)
    assert shape(store_of([message(arrival_time=NOW + 99)]), now=NOW).total.counts[0] == 1


@pytest.mark.real
@pytest.mark.parametrize(
    "options", [(), ("-s",), ("-p",), ("-s", "-p")], ids=lambda options: "".join(options) or "plain"
)
def test_the_shape_is_the_one_the_real_qshape_prints(
    postfix: PrivatePostfix, options: tuple[str, ...]
) -> None:
    for number in range(6):
        postfix.deferred(1 + number % 3, sender=f"ann@h{number}.example.org")
    postfix.held(7, recipients=3)
    _age(postfix)
    listing = postfix.command("postqueue", "-j").stdout
    for queues in (("deferred",), ("hold",), ("deferred", "hold")):
        printed = postfix.command("qshape", *options, *queues).stdout.decode()
        now = time.time()
        ours = shape(
            read_listing([listing], taken=now).store,
            now=now,
            side="sender" if "-s" in options else "recipient",
            parents="-p" in options,
            queues=queues,
        )
        wanted = {words[0]: [int(n) for n in words[2:]] for words in map(str.split, printed.splitlines()[1:])}
        assert {"TOTAL": list(ours.total.counts)} | table(ours) == wanted
        assert len(wanted) > 1


def _age(postfix: PrivatePostfix) -> None:
    """Spread the arrival times of all messages over a day: the time record comes second in a queue file."""
    for number, queue_id in enumerate(sorted(postfix.ids())):
        path: Path = postfix.file(queue_id)
        found = path.stat()
        content = path.read_bytes()
        record = re.search(rb"T(.)(\d{10})( \d+)", content, re.DOTALL)
        assert record is not None
        arrival = int(record[2]) - 130 * number**2
        path.write_bytes(content[: record.start(2)] + b"%010d" % arrival + content[record.end(2) :])
        os.utime(path, (found.st_atime, time.time() + 3600))


def test_of_a_very_long_domain_the_last_labels_count() -> None:
    long = [message(f"A{i:09X}", f"x@{'a.' * 100}{i}.b.c.d.e.f.g.h") for i in range(5)]
    names = [row.domain for row in shape(store_of(long), now=NOW, parents=True).rows]
    assert max(name.count(".") for name in names if name.startswith(".")) == 7
