"""The greylist pane: what is shown, and the keys that mark, ask and act."""

from functools import partial
from typing import ClassVar

from textual import on
from textual.binding import BindingType

from backends.errors import BadRequest
from backends.greylist.values import Key
from backends.host import Host
from mailtui.panes.greylist.acts import Acts
from mailtui.panes.greylist.keys import KEYS
from mailtui.panes.greylist.rows import key_text
from mailtui.panes.greylist.selection import MOST, Selection, keys_of
from mailtui.panes.greylist.showing import ShownGreylist
from mailtui.screens.ask import AskScreen
from mailtui.settings import Settings
from mailtui.widgets.marked_table import MarkedTable
from mailtui.widgets.virtual_table import VirtualTable

CHANGING = frozenset({"act", "allow", "purge", "undo"})


class GreylistPane(ShownGreylist):
    """Shows the greylist of a host and acts on it."""

    key = "3"
    label = "Greylist"
    BINDINGS: ClassVar[list[BindingType]] = KEYS

    def __init__(self, host: Host, settings: Settings) -> None:
        super().__init__(host, settings)
        self.acts = Acts(self)

    @property
    def settled(self) -> bool:
        return super().settled and not self.acts.busy

    @on(MarkedTable.Marked)
    def _marked(self) -> None:
        self.show_title()

    def action_mark_all(self) -> None:
        """Read the keys of all that match, and mark them."""

        def mark(keys: tuple[Key, ...]) -> None:
            self.triplets.mark(map(key_text, keys))
            if len(keys) == MOST:
                self.notify(f"Marked the first {MOST:,}; P purges more by age", severity="warning")

        if self.shown == self.wish and self.window is not None:
            self.beside(partial(keys_of, self.host, self.wish, most=MOST), mark)

    def selection(self) -> Selection | None:
        """What a key would hit now; None while the screen is behind what was asked for."""
        if self.shown != self.wish or self.window is None:
            return None
        if self.triplets.marks:
            return Selection("those that are marked", marks=frozenset(self.triplets.marks))
        if self.groups.has_focus:
            if self.wish.is_empty:
                return Selection("nothing: choose a group, mark triplets, or purge by age with P")
            words = ", ".join(part for part in (self.wish.label, self.wish.typed) if part)
            return Selection(f"all that match: {words}", wish=self.wish, count=self.count)
        triplet = self.triplet()
        if triplet is None:
            return Selection("nothing")
        return Selection("the one under the cursor", marks=frozenset([key_text(triplet.key)]))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return not self.settings.read_only if action in CHANGING else True

    def action_act(self, action: str) -> None:
        group = self.group()
        if action == "delete" and self.view == "Whitelist" and self.groups.has_focus:
            if group is not None and group.listed is not None:
                self.acts.disallow(group.listed)
        else:
            self.acts.begin(action)

    def action_allow(self) -> None:
        self.acts.allow(self.group() if self.groups.has_focus else None, self.triplet())

    def action_purge(self) -> None:
        self.acts.purge()

    def action_undo(self) -> None:
        self.acts.undo()

    @on(VirtualTable.Opened, "#triplets")
    def _triplet_opened(self) -> None:
        if triplet := self.triplet():
            self._decide(triplet.key)

    def action_check(self) -> None:
        """Ask for a client, a sender and a recipient; those under the cursor are there already."""
        triplet = self.triplet()
        guess = f"{triplet.ip} {triplet.sender} {triplet.recipient}" if triplet else ""
        lines = ["client address, sender (<> for a bounce) and recipient, with blanks between"]
        self.app.push_screen(AskScreen("What would gld decide about?", lines, guess=guess), self._typed)

    def _typed(self, text: str | None) -> None:
        if text is None:
            return
        words = text.split()
        if len(words) != 3:
            self.beside(_three_words, lambda _: None)
            return
        client, sender, recipient = words
        self._decide(Key(client, "" if sender == "<>" else sender, recipient))

    def _decide(self, asked: Key) -> None:
        from mailtui.screens.decision import DecisionScreen  # noqa: PLC0415 - when asked for

        screen = DecisionScreen(
            self.host, asked, read_only=self.settings.read_only, plain=self.settings.plain
        )
        self.app.push_screen(screen)


def _three_words() -> None:
    """
    :raises BadRequest: always.
    """
    raise BadRequest(
        "That is not a client, a sender and a recipient",
        hint="three words, for example: 192.0.2.1 ann@example.org bob@example.net",
    )
