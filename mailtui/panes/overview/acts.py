"""Mending from the console: which mend is meant, the question, the run, and what came of it."""

import shlex
from typing import TYPE_CHECKING

from backends.errors import BackendError
from backends.health.values import Check, Mend
from backends.text import age_text, visible
from mailtui.panes.overview.look import Look
from mailtui.panes.overview.verdict import at, mend_text
from mailtui.screens.confirm import ConfirmScreen
from mailtui.work import outcome, to_its_end

if TYPE_CHECKING:
    from backends.runner import Result
    from mailtui.panes.overview.pane import OverviewPane

TOLD = 12  # s


def meant(look: Look, stop: str) -> tuple[Check, Mend] | None:
    """The mend under the cursor; on a check its first one, or its cause's; None: there is none."""
    check, mend = at(look, stop)
    if check is None:
        return None
    if mend is not None:
        return check, mend
    for one in (check, look.cause(check)):
        if one.mends:
            return one, one.mends[0]
    return None


class Acts:
    """The acts of one overview; one mend runs at a time."""

    def __init__(self, pane: "OverviewPane") -> None:
        self._pane = pane
        self._began = 0.0
        self._command = ""

    def doing(self, now: float) -> str:
        """What runs, and for how long; nothing, mostly. `now` in epoch seconds."""
        return f"running: {self._command}   {age_text(max(0.0, now - self._began))}" if self._command else ""

    def mend(self, check: Check, mend: Mend) -> None:
        """Go there, or ask whether to run it."""
        pane = self._pane
        if mend.pane:
            pane.go_to(mend.pane)
        elif not mend.argv:
            pane.notify(f"To be typed: {mend_text(mend)}\ny copies it", timeout=TOLD, markup=False)
        elif self._command:
            pane.notify(f"Still {self.doing(pane.host.now())}", severity="warning", markup=False)
        else:
            self._ask(check, mend)

    def _ask(self, check: Check, mend: Mend) -> None:
        command = visible(shlex.join(mend.argv))
        lines = [visible(check.said), *([visible(mend.asks)] if mend.asks else [])]

        def answered(yes: bool | None) -> None:
            if yes:
                self._run(mend, command)

        self._pane.app.push_screen(
            ConfirmScreen("Run this?", lines, commands=[command], danger=bool(mend.asks)), answered
        )

    def _run(self, mend: Mend, command: str) -> None:
        pane = self._pane
        self._command, self._began = command, pane.host.now()
        pane.show_doing()

        def run() -> None:
            with to_its_end():
                result = outcome(lambda: pane.host.health.mend(mend))
            if pane.app.is_running:
                pane.app.call_from_thread(self._ended, result)

        pane.in_thread(run)

    def _ended(self, result: "Result | BackendError") -> None:
        """Tell what came of it, and look again."""
        pane, command = self._pane, self._command
        self._command = ""
        pane.show_doing()
        if isinstance(result, BackendError):
            told = f"{visible(str(result))}\n{visible(result.hint)}"
            pane.notify(told, severity="error", timeout=TOLD, markup=False)
        else:
            pane.notify(f"Done: {command}", markup=False)
        pane.reload()
        pane.post_message(pane.Acted())
