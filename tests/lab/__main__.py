"""`make lab`: the console on a throwaway mail server, built by `mailtui --apply`, with mail flowing and a queue in trouble."""

import argparse
import os
import shlex
import subprocess
import sys
import time

from tests.lab.apply import TEST, machine_with
from tests.lab.image import RELEASES, stack
from tests.lab.machine import why_not
from tests.lab.mail import fill_queue, queue
from tests.lab.network import TRIED
from tests.lab.process import ENVIRONMENT, LabError
from tests.lab.traffic import flow


def main() -> int:
    """Boot, install, fill, open; the machine goes when the program inside ends."""
    parser = argparse.ArgumentParser(prog="make lab", description=main.__doc__)
    parser.add_argument("release", nargs="?", choices=RELEASES, default="bookworm")
    parser.add_argument(
        "--messages", type=int, default=300, metavar="N", help="deferred messages (default 300)"
    )
    parser.add_argument("--run", default="mailtui", metavar="COMMAND", help="what to open (default: mailtui)")
    options = parser.parse_args()
    if reason := why_not():
        print(f"mailtui: {reason}; `make run ARGS=--demo` needs neither", file=sys.stderr)
        return 3
    try:
        return lab(options.release, options.messages, shlex.split(options.run))
    except LabError as error:
        print(f"mailtui: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def lab(release: str, messages: int, command: list[str]) -> int:
    """Run `command` on such a machine on this terminal; returns its exit code."""
    started = time.monotonic()

    def say(text: str) -> None:
        print(f"{time.monotonic() - started:6.1f} s  {text}", file=sys.stderr, flush=True)

    say(
        f"booting {release} and installing mailtui; the first time its image is built, which takes some minutes"
    )
    with machine_with(release, stack(release)) as machine:
        say("mailtui --apply")
        machine.run(["chpasswd"], stdin="alice:alice\n")
        machine.run(["mailtui", "--apply", *TEST], timeout=300)
        flow(machine)
        say(f"sending {messages} messages to servers that will not take them")
        fill_queue(machine, messages, domains=TRIED)  # the reference refuses domains that nobody knows
        held = [message["queue_id"] for message in queue(machine, "deferred")][::25]
        machine.run(["postsuper", "-h", "-"], stdin="\n".join(held) + "\n")
        say(f"opening {' '.join(command)}; the machine goes when it ends")
        terminal = {
            name: os.environ[name] for name in ("TERM", "COLORTERM", "NO_COLOR") if name in os.environ
        }
        if sys.stdin.isatty():  # this terminal is none of the machine's: script(1) makes one there
            command = ["script", "--quiet", "--return", "--command", shlex.join(command), "/dev/null"]
        return subprocess.run(machine.argv(command), env=ENVIRONMENT | terminal, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
