"""What gld would decide about one client, sender and recipient; gld itself can be asked as well."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.widgets import Footer, Static

from backends.errors import BackendError
from backends.greylist.values import Decision, Key
from backends.host import Host
from backends.text import visible
from mailtui.greylist_text import Line, step_lines, verdict_lines
from mailtui.screens.confirm import ConfirmScreen
from mailtui.widgets.text_view import TextView
from mailtui.work import outcome

WARNING = (
    "gld cannot tell this question from Postfix's own:",
    "a triplet that it does not know yet is stored by it, and its wait begins.",
)


class DecisionScreen(Screen[None]):
    """Asks for the decision, and shows it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "dismiss", "Back", id="decision.back"),
        Binding("r", "again", "Ask again", id="decision.again"),
        Binding("L", "live", "Ask gld itself", id="decision.live"),
    ]

    def __init__(self, host: Host, asked: Key, *, read_only: bool, plain: bool) -> None:
        super().__init__()
        self._host, self._asked, self._read_only, self._plain = host, asked, read_only, plain
        self._live: list[Line] = []

    def compose(self) -> ComposeResult:
        yield Static("What would gld decide?", classes="screen-title", markup=False)
        yield TextView(id="decision")
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        self.query_one(TextView).focus()
        self.action_again()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return not self._read_only if action == "live" else True

    def action_again(self) -> None:
        self.run_worker(self._decide, thread=True)

    def action_live(self) -> None:
        def confirmed(yes: bool | None) -> None:
            if yes:
                self.run_worker(self._ask, thread=True)

        self.app.push_screen(ConfirmScreen("Ask the running gld?", WARNING), confirmed)

    def _decide(self) -> None:
        asked = self._asked
        self._deliver(outcome(lambda: self._host.greylist.check(asked.ip, asked.sender, asked.recipient)))

    def _ask(self) -> None:
        asked = self._asked
        said = outcome(lambda: self._host.greylist.ask(asked.ip, asked.sender, asked.recipient))
        if isinstance(said, BackendError):
            self._live = [(f"gld itself: {visible(str(said))}", "warn"), (visible(said.hint), "text")]
        else:
            self._live = [(f"gld itself says: {visible(said) or 'nothing'}", "head")]
        self._decide()

    def _deliver(self, result: Decision | BackendError) -> None:
        if self.app.is_running:
            self.app.call_from_thread(self._show, result)

    def _show(self, result: Decision | BackendError) -> None:
        asked = self._asked
        lines: list[Line] = [
            (f"client  {visible(asked.ip)}", "text"),
            (f"from    {visible(asked.sender) or '<>'}", "text"),
            (f"to      {visible(asked.recipient)}", "text"),
            ("", "text"),
        ]
        if isinstance(result, BackendError):
            lines += [(visible(str(result)), "warn"), (visible(result.hint), "text")]
        else:
            lines += [
                *verdict_lines(result, self._host.now()),
                ("", "text"),
                ("gld's tests in their order", "dim"),
                *step_lines(result, plain=self._plain),
            ]
        self.query_one(TextView).show([*lines, *([("", "text"), *self._live] if self._live else [])])
