"""SpamAssassin's Bayes database as amavis uses it: its state, and learning and forgetting.

Source: sa-learn(1), and SpamAssassin 4.0 `read_cf`: the site's *.cf in the order of their names, then the user's prefs.
"""

import os
import pwd
import re
from collections.abc import Callable, Iterable, Sequence
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

import msgspec

from backends import audit, learning
from backends.errors import BackendError, Failed, Missing, NotPermitted
from backends.files import read_bounded
from backends.learning import As
from backends.outcome import Outcome
from backends.runner import Command, Runner
from backends.text import visible

SITE = Path("/etc/spamassassin")
PREFERENCES = Path(".spamassassin/user_prefs")
DEFAULTS = {
    "use_bayes": 1,
    "bayes_auto_expire": 1,
    "bayes_auto_learn": 1,
    "bayes_min_spam_num": 200,
    "bayes_min_ham_num": 200,
}
LIMIT = 1 << 20
PATIENCE = 60.0  # s
_MAGIC = re.compile(r"^\S+\s+\S+\s+(\d+)\s+\S+\s+non-token data: (.+?)\s*$", re.MULTILINE)
_SETTING = re.compile(rf"^\s*({'|'.join(DEFAULTS)})\s+(\d{{1,9}})\s*(?:#.*)?$", re.MULTILINE)


class State(msgspec.Struct, frozen=True):
    """The database of one user. Times in epoch seconds, None: never. Without `there` nothing was learnt yet.

    `in_use`: SpamAssassin asks it; it does so from `least_spam` and `least_ham` learnt messages on. `auto_expire`: old
    tokens are thrown away while mail is scanned; `auto_learn`: it learns by itself from what it is sure of.
    """

    user: str
    there: bool = True
    spam: int = 0
    ham: int = 0
    tokens: int = 0
    oldest: float | None = None
    newest: float | None = None
    expired: float | None = None
    in_use: bool = True
    auto_expire: bool = True
    auto_learn: bool = True
    least_spam: int = 200
    least_ham: int = 200

    @property
    def silent(self) -> bool:
        """Whether it has learnt too little to have a say."""
        return not self.in_use or self.spam < self.least_spam or self.ham < self.least_ham


class Learnt(msgspec.Struct, frozen=True):
    """What came of it, in sa-learn's words; `new` is false where it knew the message already, or never did."""

    as_: str
    said: str
    new: bool


class Account(NamedTuple):
    """A user, the group and the home folder."""

    user: str
    group: int
    home: Path


class SpamAssassinBayes:
    """The database of the user that amavis runs as; implements `backends.host.Bayes`.

    `user` gives the name of that user when it is needed.
    """

    def __init__(
        self,
        runner: Runner,
        user: Callable[[], str],
        site: Path = SITE,
        record: audit.Record = audit.outcome,
    ) -> None:
        self._runner, self._user, self._site, self._record = runner, user, site, record

    def state(self) -> State:
        account = self._account()
        command = Command((*self._become(account), "sa-learn", "--dump", "magic"), timeout=PATIENCE)
        result = self._runner.run(command)
        said = result.stdout.decode("utf-8", "replace")
        settings = parse_settings(self._texts(account))
        if result.code == 0:
            return parse_magic(said, account.user, settings)
        complaint = result.stderr.decode("utf-8", "replace")
        if "Permission denied" in complaint or "inaccessible" in complaint:
            raise NotPermitted(
                f"The Bayes database of {account.user} cannot be read: {visible(complaint.splitlines()[0])[:200]}",
                hint="run mailtui as root; if you do, its files have another owner: ls -la ~amavis/.spamassassin",
            )
        if "Bayes dump returned an error" not in complaint:
            raise Failed(f"sa-learn failed: {visible(result.complaint)}", hint="see why: spamassassin --lint")
        return msgspec.structs.replace(parse_magic("", account.user, settings), there=False)

    def learn(self, as_: As, message: bytes) -> Learnt:
        account = self._account()
        user, group = (account.user, str(account.group)) if self._become(account) else ("", "")
        command = learning.learn(as_, user, group, message)
        with audit.failures(self._record, f"learn-{as_}"):
            said = learning.learnt(self._runner.run(command))
        self._record(Outcome(f"learn-{as_}", 1, 1, printed=(said,)), [sha256(message).hexdigest()[:16]])
        return Learnt(as_, said, learning.count(said) > 0)

    def _account(self) -> Account:
        """
        :raises Missing: there is no such user.
        """
        name = self._user()
        try:
            found = pwd.getpwnam(name)
        except KeyError as error:
            raise Missing(
                f"Amavis's user {visible(name)!r} is not there",
                hint="install amavis: apt install amavisd-new",
            ) from error
        return Account(name, found.pw_gid, Path(found.pw_dir))

    def _become(self, account: Account) -> tuple[str, ...]:
        """
        :raises NotPermitted: this user cannot become that one.
        """
        own = os.geteuid()
        if own == 0:
            return learning.become(account.user, str(account.group))
        if pwd.getpwnam(account.user).pw_uid == own:
            return ()
        raise NotPermitted(
            f"The Bayes database belongs to the user {account.user}",
            hint="run mailtui as root, or as that user",
        )

    def _texts(self, account: Account) -> list[str]:
        """The settings' files that can be read, in the order in which SpamAssassin reads them."""
        files: Sequence[Path]
        try:
            files = sorted(path for path in self._site.iterdir() if path.suffix == ".cf")
        except OSError:
            files = ()
        found = [_text(path) for path in files]
        try:
            # the folder is amavis's, who may put there what he likes
            folder = os.open(account.home / PREFERENCES.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        except OSError:
            return found
        try:
            return [*found, _text(Path(f"/proc/self/fd/{folder}", PREFERENCES.name))]
        finally:
            os.close(folder)


def _text(path: Path) -> str:
    """What is in a file; nothing where it cannot be read."""
    try:
        return read_bounded(path, LIMIT).decode("utf-8", "replace")
    except (OSError, BackendError):
        return ""


def parse_magic(said: str, user: str, settings: dict[str, int]) -> State:
    """What `sa-learn --dump magic` printed, with these settings."""
    known = {name: int(value) for value, name in _MAGIC.findall(said) if len(value) < 16}
    return State(
        user,
        spam=known.get("nspam", 0),
        ham=known.get("nham", 0),
        tokens=known.get("ntokens", 0),
        oldest=known.get("oldest atime") or None,
        newest=known.get("newest atime") or None,
        expired=known.get("last expiry atime") or None,
        in_use=bool(settings["use_bayes"]),
        auto_expire=bool(settings["bayes_auto_expire"]),
        auto_learn=bool(settings["bayes_auto_learn"]),
        least_spam=settings["bayes_min_spam_num"],
        least_ham=settings["bayes_min_ham_num"],
    )


def parse_settings(texts: Iterable[str]) -> dict[str, int]:
    """The settings of Bayes that these files make, one after the other; SpamAssassin's own where they say nothing."""
    found = dict(DEFAULTS)
    for text in texts:
        found.update((name, int(value)) for name, value in _SETTING.findall(text))
    return found
