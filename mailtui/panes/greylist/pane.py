"""The greylist pane: what is shown, and the keys that ask and act."""

from typing import ClassVar

from textual.binding import BindingType

from backends.errors import BadRequest
from backends.greylist.values import Key
from backends.host import Host
from mailtui.panes.greylist.acts import Acts
from mailtui.panes.greylist.keys import KEYS
from mailtui.panes.greylist.showing import ShownGreylist
from mailtui.panes.listed.view import Allowed
from mailtui.screens.ask import AskScreen
from mailtui.settings import Settings

NEEDED = {
    "release": {"UPDATE"},
    "delete": {"DELETE"},
    "allow": {"INSERT"},
    "purge": {"DELETE"},
    "undo": {"INSERT", "UPDATE", "DELETE"},
}
"""The acts, and what the account must be allowed for each."""


class GreylistPane(ShownGreylist):
    """Shows the greylist of a host and acts on it."""

    key = "3"
    label = "Greylist"
    BINDINGS: ClassVar[list[BindingType]] = KEYS
    acts: Acts

    def __init__(self, host: Host, settings: Settings) -> None:
        super().__init__(host, settings)
        self.acts = Acts(self)

    @property
    def settled(self) -> bool:
        return super().settled and not self.acts.busy

    def ask_rights(self) -> Allowed:
        lacking = set(self.host.greylist.about().lacking)
        acts = {act for act, rights in NEEDED.items() if not lacking & rights}
        if len(acts) == len(NEEDED):
            return Allowed(acts)
        missing = ", ".join(sorted(lacking))
        return Allowed(acts, f"gld's account in the database may not {missing}: mailtui greylist doctor")

    def open_row(self) -> None:
        if triplet := self.triplet():
            self._decide(triplet.key)

    def action_check(self) -> None:
        """Ask for a client, a sender and a recipient; those under the cursor are there already."""
        triplet = self.triplet()
        guess = f"{triplet.ip} {triplet.sender} {triplet.recipient}" if triplet else ""
        lines = ["client address, sender (<> for a bounce) and recipient, with blanks between"]
        self.app.push_screen(AskScreen("What would gld decide about?", lines, guess=guess), self._typed)

    def _typed(self, text: str | None) -> None:
        if text is not None:
            self.beside(lambda: asked(text), self._decide)

    def _decide(self, key: Key) -> None:
        from mailtui.screens.decision import DecisionScreen  # noqa: PLC0415 - when asked for

        screen = DecisionScreen(self.host, key, read_only=self.settings.read_only, plain=self.settings.plain)
        self.app.push_screen(screen)


def asked(text: str) -> Key:
    """
    :raises BadRequest: that is not a client, a sender and a recipient.
    """
    words = text.split()
    if len(words) != 3:
        raise BadRequest(
            "That is not a client, a sender and a recipient",
            hint="three words, for example: 192.0.2.1 ann@example.org bob@example.net",
        )
    client, sender, recipient = words
    return Key(client, "" if sender == "<>" else sender, recipient)
