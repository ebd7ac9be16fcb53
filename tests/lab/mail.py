"""Mail in the lab: filling a queue, and reading it the way Postfix tells it."""

import json
from collections.abc import Sequence
from typing import Any

from tests.lab.machine import Machine
from tests.lab.network import DEFERRING
from tests.lab.process import wait_until

SENDERS = ("alice@example.test", "newsletter@example.test", "bob@example.org")


def fill_queue(machine: Machine, count: int, *, domains: Sequence[str] = DEFERRING, size: int = 2000) -> None:
    """Send `count` messages of `size` bytes that stay in the queue, spread over the deferring `domains`.

    Returns when Postfix has tried each once, so that every message has its reason. Needs Postfix running inside.
    """
    before = len(queue(machine))
    for number, domain in enumerate(domains):
        share = count // len(domains) + (number < count % len(domains))
        send(machine, SENDERS[number % len(SENDERS)], f"user@{domain}", share, size=size)
    wait_until(
        f"{count} deferred messages",
        lambda: (
            len(queue(machine, "deferred")) >= before + count and not queue(machine, "active", "incoming")
        ),
        timeout=60 + count / 20,
        every=0.2,
    )


def send(machine: Machine, sender: str, recipient: str, count: int = 1, *, size: int = 2000) -> None:
    """Hand Postfix `count` messages over SMTP, by smtp-source(1). With many, each recipient is another one."""
    if count:
        machine.run(
            ["smtp-source", "-s", "5", "-m", str(count), "-l", str(size), "-f", sender, "-t", recipient]
            + (["-N"] if count > 1 else [])
            + ["-S", f"A message to {recipient}", "inet:127.0.0.1:25"],
            timeout=60 + count / 20,
        )


def queue(machine: Machine, *names: str) -> list[dict[str, Any]]:
    """The messages of the queues `names` (of all, if none is named), decoded from `postqueue -j`."""
    lines = machine.run(["postqueue", "-j"], timeout=300).stdout.splitlines()
    messages: list[dict[str, Any]] = [json.loads(line) for line in lines]
    return [message for message in messages if not names or message["queue_name"] in names]


def reasons(messages: Sequence[dict[str, Any]]) -> set[str]:
    """The distinct delay reasons, as Postfix worded them."""
    return {
        recipient["delay_reason"]
        for message in messages
        for recipient in message["recipients"]
        if "delay_reason" in recipient
    }
