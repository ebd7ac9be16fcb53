"""Quarantined messages as lines of text, for the console and for the command line."""

from backends.quarantine.apart import Apart, Aside
from backends.quarantine.content import View
from backends.quarantine.message import Target
from backends.quarantine.stats import Stats
from backends.text import age_text, size_text, visible

RECIPIENTS = 20
APART = (
    ("work", "Work folders that amavis left, which `mailtui cleanup --tmp` takes"),
    (
        "orphan",
        "Orphans, with names of amavis's but not as amavis makes them; a cleanup takes them at their age",
    ),
    ("foreign", "Not amavis's"),
)
"""What lies beside the messages, and what is said of it."""

RULES = 40
Line = tuple[str, str]
"""A text, and its kind: head, text, dim or warn."""


def quarantined_lines(view: View, *, raw: bool = False) -> list[Line]:
    """The message as lines, its control characters visible; `raw`: the body as it was sent."""
    lines = _found(view)
    lines += [("Headers", "head")]
    lines += [(f"{visible(name)}: {visible(value)}", "text") for name, value in view.headers]
    if view.attachments:
        lines += [("", "text"), (f"Attachments ({len(view.attachments)})", "head")]
        for one in view.attachments:
            name = visible(one.name) or "(no name)"
            lines.append((f"{name}  {visible(one.content_type)}  {size_text(one.size)} as sent", "text"))
            lines.append((f"   sha256 {one.sha256 or 'not known: it was not read to its end'}", "dim"))
    lines += [("", "text"), ("Body as sent" if raw else "Text", "head")]
    body = view.raw if raw else view.text
    lines += [(visible(line), "text") for line in body.expandtabs().replace("\r\n", "\n").split("\n")]
    if view.truncated:
        lines.append(("(there is more; this is where reading stopped)", "dim"))
    return lines


def room_text(stats: Stats) -> str:
    """How full the disk is, and when it is full: `12 GB free of 40 GB; grows by 80M a day, full in 150d`."""
    room = f"{size_text(stats.room.free)} free of {size_text(stats.room.size)}"
    if not stats.growth:
        return f"{room}, nothing came in a week"
    when = "full is not in sight" if stats.full_in is None else f"full in {age_text(stats.full_in)}"
    return f"{room}, {size_text(int(stats.growth))} a day: {when}"


def apart_cells(one: Aside, now: float) -> list[str]:
    """A thing beside the messages: what, path, age, size, why."""
    inside = f", {one.files:,} files" if one.what == "work" else ""
    return [one.what, one.path, age_text(max(0.0, now - one.changed)), size_text(one.size), one.why + inside]


def apart_lines(apart: Apart, now: float) -> list[Line]:
    """What lies beside the messages."""
    lines: list[Line] = []
    for what, head in APART:
        found = [one for one in apart.found if one.what == what]
        if found:
            lines.append((f"{head}: {len(found):,}, {size_text(sum(one.size for one in found))}", "head"))
            for one in found:
                _, path, age, size, why = apart_cells(one, now)
                lines.append((f"  {age:>4} {size:>6}  {visible(path)}  {why}", "text"))
            lines.append(("", "text"))
    if apart.count > len(apart.found):
        lines.append((f"and {apart.count - len(apart.found):,} more", "dim"))
    lines += [(f"not looked into: {text}", "warn") for text in apart.unreadable.first]
    return lines or [("Nothing lies beside the messages", "text")]


def eml_name(target: Target) -> str:
    """The name that a file with this message is given."""
    return f"{target.path.rpartition('/')[2].removesuffix('.gz')}.eml"


def _found(view: View) -> list[Line]:
    own = view.own
    lines: list[Line] = [(visible(view.path), "head")]
    if view.trouble:
        lines.append((f"The file is not whole: {visible(view.trouble)}", "warn"))
    if own.alert:
        lines.append((visible(own.alert), "warn"))
    if own.score is not None:
        lines.append((f"Score {own.score:g}", "warn" if own.score > 0 else "text"))
    rules = sorted(own.rules, key=lambda rule: -abs(rule[1]))[:RULES]
    if rules:
        lines.append(("   " + "  ".join(f"{visible(name)} {value:+g}" for name, value in rules), "dim"))
    lines.append((f"From {visible(own.sender) or '<>'}", "text"))
    lines += [(f"To {visible(one)}", "text") for one in own.recipients[:RECIPIENTS]]
    if len(own.recipients) > RECIPIENTS:
        lines.append((f"and {len(own.recipients) - RECIPIENTS:,} more recipients", "dim"))
    return [*lines, ("", "text")]
