"""`mailtui greylist stats|never|pools`: what the whole table tells."""

from argparse import ArgumentParser
from collections.abc import Iterator
from typing import cast

import msgspec

from backends.greylist.stats_values import (
    ALL,
    DELAYS,
    Course,
    Delays,
    Part,
    Pools,
    Top,
    Totals,
    Wanted,
)
from backends.greylist.values import Logged
from backends.text import age_text, time_text
from mailtui.cli.greylist.options import add_never_after
from mailtui.cli.parser import number
from mailtui.cli.session import Session

DESCRIPTIONS = {
    "stats": """
What the whole table tells: how many triplets wait, have passed, and never came back; by domain, network and recipient;
their course over the days; for how long those that passed once were kept waiting. With --json each part is one
object on a line.
""",
    "never": """
Who never came back: triplets that were greylisted once and not tried again, by the sender's domain and by network.
Mostly spam; a domain that you expect mail from belongs on the whitelist.
""",
    "pools": """
One sender and recipient that wait from several addresses: a sender that tries again from another address each time is
never let in. Each comes with the row of the whitelist that frees it.
""",
}
PARTS: dict[str, tuple[Wanted, ...]] = {"stats": ALL, "never": ("never",), "pools": ("pools",)}
EXAMPLES = """
EXAMPLES

  mailtui greylist stats
  mailtui greylist stats --only totals --json
  mailtui greylist never --never-after 12h --top 30
  mailtui greylist pools
"""
TITLES = {
    "never-domain": "never came back, by the sender's domain",
    "never-network": "never came back, by network",
    "network": "all triplets, by network",
    "domain": "all triplets, by the sender's domain",
    "recipient": "all triplets, by recipient",
}
STATES = (
    ("waiting", "refused now, whoever tries again"),
    ("ready", "let in as soon as they come back"),
    ("never", "not come back for {never}"),
    ("passed", "let in at least once"),
)
DAYS = 14
BAR = 30


def configure(parser: ArgumentParser, name: str) -> None:
    parser.description, parser.epilog = DESCRIPTIONS[name], EXAMPLES
    if name == "stats":
        parser.add_argument(
            "--only",
            metavar="PART",
            action="append",
            choices=ALL,
            help=f"only this part (repeatable): {', '.join(ALL)}",
        )
        parser.add_argument(
            "--log", action="store_true", help="also what the mail log tells: delays that senders really had"
        )
    parser.add_argument("--top", metavar="N", type=number, default=10, help="so many of each list (10)")
    add_never_after(parser)
    parser.set_defaults(only=None, log=False)


def run(session: Session) -> int:
    options, out = session.options, session.out
    parts = cast("tuple[Wanted, ...]", tuple(options.only or PARTS[options.action]))

    def each(part: Part) -> None:
        if part.done < 1:
            if not options.json:
                out.passing(_passing(part))
        elif options.json:
            out.json(part)
        else:
            for line in lines_of(part, options.never_after, plain=out.plain):
                out.fitted(line)

    if not session.host.greylist.hears():
        out.note("mailtui: gld does not answer, so that nothing changes: mailtui greylist doctor")
    session.host.greylist.stats(each, parts, never_after=options.never_after, top=options.top)
    if options.log:
        _log(session, session.host.greylist.logged())
    return 0


def _log(session: Session, logged: Logged) -> None:
    if session.options.json:
        session.out.json({"type": "log"} | msgspec.structs.asdict(logged))
        return
    median, most, nearly, longest = map(age_text, logged.delays)
    session.out.line(f"the mail log, {time_text(logged.since)} to {time_text(logged.until)}")
    session.out.line(f"{logged.greylisted:>14,}  refusals by gld")
    session.out.line(f"{logged.passed:>14,}  messages that got in later")
    if logged.passed:
        session.out.line(f"{'':16}after {median} (median), {most} (90 %), {nearly} (99 %), {longest} at most")


def lines_of(part: Part, never_after: int, *, plain: bool = False) -> Iterator[str]:
    """A part in words."""
    match part:
        case Totals():
            yield f"triplets {part.total:>15,}"
            for name, said in STATES:
                count = getattr(part, name)
                share = count / part.total if part.total else 0.0
                yield f"  {name:<8}{count:>14,}  {share:>5.1%}  {said.format(never=age_text(never_after))}"
        case Top():
            yield f"{TITLES[part.by]}{'' if part.exact else ' (at least)'}"
            yield from (f"{one.count:>14,}  {one.name}" for one in part.rows)
            if not part.rows:
                yield f"{'none':>14}"
        case Course():
            yield f"first seen, by day (UTC); {part.stale:,} triplets were not used for 90 days"
            most = max((day.total for day in part.days), default=1)
            for day in part.days[-DAYS:]:
                bar = ("#" if plain else "█") * round(BAR * day.total / most)
                yield f"  {time_text(day.day)[:10]}  {day.total:>11,}  {day.passed / day.total:>5.1%} passed  {bar}"
        case Delays():
            yield "kept waiting, of those that passed once"
            total = max(sum(part.counts), 1)
            for place, count in enumerate(part.counts):
                bound = f"up to {age_text(DELAYS[place])}" if place < len(DELAYS) else "longer"
                yield f"  {bound:<12}{count:>14,}  {count / total:>5.1%}"
        case Pools():
            yield "one sender and recipient that wait from several addresses"
            for pool in part.pools:
                yield f"{pool.count:>14,}  {pool.sender} to {pool.recipient}"
                yield f"{'':16}from {', '.join(pool.addresses[:4])}{' …' if pool.count > 4 else ''}"
                if pool.suggest:
                    yield f"{'':16}mailtui greylist whitelist add {pool.suggest}"
            if not part.pools:
                yield f"{'none':>14}"


def _passing(part: Part) -> str:
    if isinstance(part, Totals):
        return f"about {part.total:,} triplets: {part.passed / max(part.total, 1):.0%} passed"
    return f"{part.done:.0%} looked at"
