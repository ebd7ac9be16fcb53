"""What has to be kept up: certificates, clock, name servers, settings, mail to root. Pure."""

from collections.abc import Iterator

from backends.errors import NotAnswering
from backends.health.facts import Certificate, Clock, Drifted, Resolvers, RootMail, Setup
from backends.health.judge.known import Facts, Judged, unknown
from backends.health.values import Check, Evidence, Level, Measure, Mend
from backends.text import time_text, visible

DAY = 86400.0
EXPIRES_WATCH, EXPIRES_BAD = 21 * DAY, 3 * DAY
SLOW_ANSWER = 1.0  # s
NAMED = 5


def certificates(facts: Facts) -> Iterator[Judged]:
    """All certificates as one check, by the one that is worst."""
    found = facts.value("certificates", tuple)
    if found is None:
        if (error := facts.error("certificates")) is not None:
            yield unknown("certificates", "The certificates cannot be looked at", error)
        return
    if not found:
        return
    judged = sorted((_certificate(one, facts.now) for one in found), key=lambda each: each[0])
    rank, level, said, mends = judged[0]
    evidence = tuple(Evidence(text) for _, _, text, _ in judged[1:])
    ends = [one.expires - facts.now for one in found if one.expires is not None]
    measures = (Measure("certificate-left", min(ends), "s", EXPIRES_WATCH, EXPIRES_BAD),) if ends else ()
    yield Judged(
        Check("certificates", level, said, evidence, mends=mends, measures=measures),
        str(rank) if rank < 4 else "",
    )


def _certificate(one: Certificate, now: float) -> tuple[int, Level, str, tuple[Mend, ...]]:
    used = " and ".join(name.capitalize() for name in one.services)
    if one.expires is None:
        return (
            1,
            "watch",
            f"The certificate {one.where} of {used} cannot be read: {one.error}",
            (Mend(f"ls -l {one.where}"),),
        )
    left = one.expires - now
    renew = (Mend("renew it, for example: certbot renew"),)
    if left <= 0:
        return 0, "bad", f"The certificate of {used} has ended {time_text(one.expires)}: {one.where}", renew
    if left < EXPIRES_BAD:
        return 0, "bad", f"The certificate of {used} ends {time_text(one.expires)}: {one.where}", renew
    if one.served is False:
        said = f"Dovecot still shows another certificate than the one in {one.where}"
        return 2, "watch", said, (Mend("doveadm reload", ("doveadm", "reload")),)
    days = int(left // DAY)
    if left < EXPIRES_WATCH:
        return 3, "watch", f"The certificate of {used} ends in {days} days: {one.where}", renew
    return 4, "good", f"{one.where} of {used} is good for {days:,} days", ()


def clock(facts: Facts) -> Iterator[Judged]:
    """Whether something keeps the clock right; in a container that is not this machine's work."""
    found = facts.value("clock", Clock)
    if found is None:
        if (error := facts.error("clock")) is not None:
            yield unknown("clock", "The clock", error)
        return
    if found.synchronised:
        by = f" by {found.by}" if found.by else ""
        yield Judged(Check("clock", "good", f"The clock is kept right{by}"))
    elif not found.own:
        yield Judged(Check("clock", "good", "The clock is that of the container's host"))
    else:
        who = f"{found.by} runs, but has not reached its servers" if found.by else "nothing here does that"
        mends = (Mend("timedatectl timesync-status"), Mend("apt install systemd-timesyncd"))
        yield Judged(
            Check(
                "clock",
                "watch",
                f"The clock is not kept right: {who}",
                mends=mends[:1] if found.by else mends[1:],
            )
        )


def resolvers(facts: Facts) -> Iterator[Judged]:
    """Whether names can be looked up."""
    found = facts.value("dns", Resolvers)
    if found is None:
        if (error := facts.error("dns")) is not None:
            yield unknown("dns", "The DNS servers cannot be asked", error)
        return
    dead = [one for one in found.servers if one.error]
    shown = tuple(
        Evidence(f"{one.address}: {one.error or f'answers in {one.seconds * 1000:.0f} ms'}")
        for one in found.servers
    )
    mends = (Mend("resolvectl status; cat /etc/resolv.conf"),)
    if len(dead) == len(found.servers):
        yield Judged(
            Check("dns", "bad", "No DNS server answers: no name can be looked up", shown, mends=mends),
            "silent",
        )
    elif dead:
        said = (
            f"{len(dead)} of {len(found.servers)} DNS servers does not answer: each lookup may take seconds"
        )
        yield Judged(Check("dns", "watch", said, shown, mends=mends), "slow")
    elif found.copy:
        said = f"Postfix asks other DNS servers than this machine: {found.copy} is an old copy"
        yield Judged(
            Check(
                "dns",
                "watch",
                said,
                shown,
                mends=(Mend("systemctl restart postfix", ("systemctl", "restart", "postfix")),),
            )
        )
    else:
        slowest = max(one.seconds for one in found.servers)
        measures = (Measure("dns-answer", round(slowest, 6), "s", SLOW_ANSWER),)
        yield Judged(
            Check(
                "dns",
                "good",
                f"{len(found.servers)} DNS server{'s answer' if len(found.servers) > 1 else ' answers'}",
                measures=measures,
            )
        )


def parameters(facts: Facts) -> Iterator[Judged]:
    """What postconf complains of: mistyped parameters show there and nowhere else."""
    found = facts.value("setup", Setup)
    if found is None:
        if (error := facts.error("setup")) is not None:
            yield unknown("parameters", "Postfix's settings cannot be read", error)
        return
    if not found.unused and not found.troubles:
        yield Judged(Check("parameters", "good", "Postfix knows all its parameters"))
        return
    told = (*found.unused, *found.troubles)
    said = f"{len(told)} of Postfix's settings {'do' if len(told) > 1 else 'does'} nothing, or not what {'they say' if len(told) > 1 else 'it says'}"
    evidence = tuple(Evidence(visible(text)[:200]) for text in told[:NAMED])
    yield Judged(Check("parameters", "watch", said, evidence, mends=(Mend("postconf -n"),)))


def root_mail(facts: Facts) -> Iterator[Judged]:
    """Whether somebody reads root's mail."""
    found = facts.value("root", RootMail)
    if found is None:
        if (error := facts.error("root")) is not None:
            yield unknown("root-mail", "Where mail to root goes cannot be found out", error)
        return
    if found.alias:
        yield Judged(Check("root-mail", "good", f"Mail to root goes to {visible(found.alias)[:80]}"))
        return
    if "maildrop" in found.delivers:
        said = "Mail to root is deferred until it is returned: maildrop does not deliver to root, and it has no alias"
    else:
        said = "Mail to root goes nowhere: it has no alias, so nobody reads it"
    mends = (
        Mend("add `root: you` to /etc/aliases, then: newaliases"),
        Mend("mailtui maps set aliases root YOU", pane="maps"),
    )
    yield Judged(Check("root-mail", "watch", said, mends=mends))


def drift(facts: Facts) -> Iterator[Judged]:
    """Whether the machine is as it was applied."""
    found = facts.value("drift", Drifted)
    if found is None:
        error = facts.error("drift")
        if error is not None and not isinstance(error, NotAnswering):
            yield unknown("drift", "The configuration cannot be compared with the reference", error)
        return
    if not found.files and not found.todo:
        yield Judged(Check("drift", "good", "The configuration is as it was applied"))
        return
    shown = tuple(Evidence(visible(text)) for text in (*found.files, *found.todo)[:NAMED])
    count = len(found.files) + len(found.todo)
    said = f"{count} thing{'s differ' if count > 1 else ' differs'} from what was applied"
    recorded = facts.wrong.get("drift")
    since = None if recorded is not None and recorded < (found.since or 0.0) else found.since
    mends = (Mend("mailtui --apply --diff", pane="config"),)
    yield Judged(Check("drift", "watch", said, shown, since, mends))
