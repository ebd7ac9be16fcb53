"""The names that amavis gives to quarantined messages, and what kind of message each is.

A name is made of a template such as `local:spam-%m.gz`, set for each kind of message (`$spam_quarantine_method`);
with `$quarantine_subdir_levels` a folder named by the first character of the mail_id is put before its last part.
Source: amavis 2.13, `Amavis::Out::Local::mail_to_local_mailbox`, `Amavis::Out::BSMTP`, `generate_mail_id`.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

KINDS = ("virus", "banned", "unchecked", "spam", "badh", "clean", "archive", "other")
"""As amavis's own templates call them; `other` is what amavis named, but in a way that does not tell the kind."""

KIND_OF_GROUP: Mapping[int | None, int] = {None: KINDS.index("other")} | {i + 1: i for i in range(len(KINDS))}
"""The place in KINDS for the last group of a match of a name."""

DEFAULTS = (
    ("virus", "local:virus-%m"),
    ("banned", "local:banned-%m"),
    ("unchecked", "local:unchecked-%m"),
    ("spam", "local:spam-%m.gz"),
    ("badh", "local:badh-%m"),
    ("clean", "local:clean-%m"),
    ("archive", "local:archive-%m.gz"),
)
"""Amavis's own templates. What it named so stays its own when a template is changed."""

TRASH = ".mailtui-trash"
KEEP = ".mailtui-keep"
NEW = ".mailtui-keep.new"
NO_PART = frozenset({TRASH, KEEP, NEW, "lost+found"})
"""What is in a quarantine folder and none of amavis's: ours, and what mkfs makes."""

ID_BITS = 72
ID_LETTERS = "[A-Za-z0-9_+-]"  # "+" until amavisd-new 2.6, "_" since
BY_SENDER = "sender-%s-%m.gz"  # local delivery alias `sender-quarantine`: in the folder itself, no hashing
HASHED = r"(?:/[A-Za-z0-9])*"
LONGEST_TEMPLATE = 200
_METHOD = re.compile(r"(?:local|bsmtp):(.*)", re.IGNORECASE | re.DOTALL)
_PLACEHOLDER = re.compile("%(.)", re.DOTALL)
_TELLING = re.compile(r"(?:[^%]|%[^mnb])*%[mnb]", re.DOTALL)
_NEVER = "(?!)"


class Template(NamedTuple):
    """The grammar of the names that one template makes: of their folders, joined by `/`, and of the last part."""

    kind: str
    folders: str
    name: str


class Naming:
    """Every name that amavis may have made with these templates (kind and method); amavis's own are among them.

    `id_bits` is the size of a mail_id, `$mail_id_size_bits`.
    """

    def __init__(self, methods: Iterable[tuple[str, str]] = (), id_bits: int = ID_BITS) -> None:
        self._mail_id = _mail_id(id_bits)
        made = (template(kind, method, self._mail_id) for kind, method in (*DEFAULTS, *methods))
        templates = dict.fromkeys(one for one in made if one is not None)
        by_sender = Template("other", "", _grammar(BY_SENDER, _parts(self._mail_id)))
        self._folders = [(one, re.compile(one.folders + HASHED, re.ASCII)) for one in templates]
        self._folders.append((by_sender, re.compile("")))
        self._known: dict[tuple[Template, ...], re.Pattern[str]] = {}

    def within(self, steps: tuple[str, ...]) -> Callable[[str], re.Match[str] | None]:
        """What matches amavis's names in a folder; the number of the match's last group is one more than the kind's.

        `steps` lead to the folder from the quarantine's.
        """
        applying = self._applying(steps)
        if applying not in self._known:
            self._known[applying] = _names(applying)
        return self._known[applying].fullmatch

    def leads(self, steps: tuple[str, ...]) -> bool:
        """Whether a folder is one that a template of its own folders leads to, or leads through."""
        path = "".join(f"/{step}" for step in steps)
        return any(
            re.fullmatch("/".join(one.folders.split("/")[: len(steps) + 1]), path, re.ASCII)
            for one, _ in self._folders
            if one.folders
        )

    def kind(self, path: str) -> str | None:
        """The kind of a file by its path in the quarantine folder; None: amavis does not name so."""
        *steps, name = path.split("/")
        found = self.within(tuple(steps))(name)
        return None if found is None or found.lastindex is None else KINDS[found.lastindex - 1]

    def mail_id(self, path: str) -> str | None:
        """The mail_id in the name of a file; None where the name has none, or is not amavis's."""
        *steps, name = path.split("/")
        for one in self._applying(tuple(steps)):
            if found := re.fullmatch(one.name.replace(self._mail_id, f"({self._mail_id})"), name, re.ASCII):
                return found[1] if found.re.groups else None
        return None

    def _applying(self, steps: tuple[str, ...]) -> tuple[Template, ...]:
        path = "".join(f"/{step}" for step in steps)
        return tuple(one for one, folders in self._folders if folders.fullmatch(path))


def template(kind: str, method: str, mail_id: str) -> Template | None:
    """The grammar of a quarantine method; None where it makes no files, or none that could be told from others."""
    found = _METHOD.fullmatch(method)
    if found is None or len(method) > LONGEST_TEMPLATE:
        return None
    text = found[1] or "%m"
    *folders, name = text.split("/")
    if not _TELLING.match(name) or any(part in {"", ".", ".."} for part in folders):
        return None
    parts = _parts(mail_id)
    grammar = "".join(f"/{_grammar(part, parts)}" for part in folders)
    return Template(kind, grammar, f"{_grammar(name.removesuffix('.gz'), parts)}(?:\\.gz)?")


def _mail_id(bits: int) -> str:
    """Letters of base64url, the first and last alphanumeric."""
    lengths = sorted({ID_BITS // 6, bits // 6})
    either = "|".join(f"{ID_LETTERS}{{{length - 2}}}" for length in lengths)
    return f"[A-Za-z0-9](?:{either})[A-Za-z0-9]"


def _parts(mail_id: str) -> dict[str, str]:
    """What amavis puts in place of each letter behind `%`."""
    return {
        "m": mail_id,
        "n": r"\d{5,}-\d{2,}(?:-\d+)?",
        "i": r"\d{8}T\d{6}",
        "b": "[0-9a-f]{32,128}",
        "P": r"[A-Za-z0-9._-]{0,64}",
        "s": r"[A-Za-z0-9@%=._+-]{1,120}",
        "%": "%",
    }


def _grammar(text: str, parts: dict[str, str]) -> str:
    """A template's text as a regular expression."""
    grammar, at = "", 0
    for found in _PLACEHOLDER.finditer(text):
        grammar += re.escape(text[at : found.start()]) + parts.get(found[1], re.escape(found[0]))
        at = found.end()
    return grammar + re.escape(text[at:])


def _names(applying: Iterable[Template]) -> re.Pattern[str]:
    """One expression with a group for each kind; what several kinds are named alike is `other`."""
    kinds: dict[str, set[str]] = {}
    for one in applying:
        kinds.setdefault(one.name, set()).add(one.kind)
    of_kind: dict[str, list[str]] = {kind: [] for kind in KINDS}
    for name, named in kinds.items():
        of_kind[min(named) if len(named) == 1 else "other"].append(name)
    groups = (f"(?P<{kind}>{'|'.join(names) or _NEVER})" for kind, names in of_kind.items())
    return re.compile("|".join(groups), re.ASCII)
