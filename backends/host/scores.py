"""Spam scores and Bayes as a host gives them."""

from collections.abc import Callable, Iterator, Sequence
from threading import Event
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from backends.learning import As
    from backends.scores import bayes
    from backends.scores import told as scores


class Scores(Protocol):
    """What amavis scored. Every method may block, and may raise a BackendError; `stop` ends it early with Refused."""

    def read(
        self, early: "Callable[[scores.Reading], None]" = lambda _: None, stop: Event | None = None
    ) -> "scores.Reading":
        """All that the logs tell, the latest first: `early` is given more and more of it.

        Called again it reads only what is new. What could not be read is said in the reading, and does not raise.
        """

    def messages(
        self, reading: "scores.Reading", rows: "Sequence[int] | None" = None, stop: Event | None = None
    ) -> "Iterator[tuple[int, scores.Scored]]":
        """What the log says of these rows (None: of all), in the order of the log, each with its row.

        Rows whose log is gone or has changed are left out.
        """

    def show(self, reading: "scores.Reading", row: int) -> "scores.Found":
        """All that is known of one message.

        :raises Missing: its log is gone.
        """

    def rules(self, stop: Event | None = None) -> "scores.Rules":
        """The rules of messages in the quarantine and of delivered ones."""

    def thresholds(self) -> "tuple[scores.Thresholds, ...]":
        """The levels in force, those of all other mail first, then each policy bank that sets its own.

        :raises NotPermitted: this user may not read amavis's configuration.
        """


class Bayes(Protocol):
    """SpamAssassin's Bayes database as amavis uses it. Every method may block, and may raise a BackendError."""

    def state(self) -> "bayes.State":
        """What it has learnt, and how it is set up.

        :raises NotPermitted: this user cannot read it.
        """

    def learn(self, as_: "As", message: bytes) -> "bayes.Learnt":
        """Have a whole message learnt as spam or ham, or forgotten again; what amavis put on top of it is left out.

        :raises NotPermitted: this user cannot.
        """
