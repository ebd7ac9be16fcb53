"""Acting on quarantined messages from the console: select, plan, confirm, carry out, tell, undo."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from backends.files import create
from backends.quarantine.message import Target
from backends.quarantine.plan import Outcome, Plan, Trashed
from backends.text import age_text, clip, messages_text, size_text, time_text, visible
from mailtui.panes.quarantine.selection import Selection
from mailtui.quarantine_text import eml_name
from mailtui.screens.ask import AskScreen
from mailtui.screens.choose import ChooseScreen
from mailtui.screens.confirm import ConfirmScreen

if TYPE_CHECKING:
    from mailtui.panes.quarantine.pane import QuarantinePane

ASKED_ABOVE = 20
"""Messages: an act on more of them wants their number typed."""

WORDS = {
    "release": "Release",
    "release-ham": "Release and learn as no spam",
    "delete": "Delete",
    "keep": "Keep",
    "let-go": "No longer keep",
}
WIDTH = 70
OTHERS = "others"
KEEP = "keep or not"


class Acts:
    """The acts of one quarantine pane."""

    def __init__(self, pane: "QuarantinePane") -> None:
        self._pane = pane

    def release(self) -> None:
        """Ask to whom, then plan."""
        if (selection := self._selected()) is None:
            return
        options = [
            ("to the original recipients", "release"),
            ("to them, and learn as no spam", "release-ham"),
            ("to somebody else", OTHERS),
        ]

        def chosen(action: str | None) -> None:
            if action == OTHERS:
                self._pane.app.push_screen(
                    AskScreen("Release to whom?", ["addresses, with blanks between"]), to
                )
            elif action is not None:
                self._plan(action, selection)

        def to(addresses: str | None) -> None:
            if addresses is not None:
                self._plan("release", selection, addresses.replace(",", " ").split())

        question = f"Release {messages_text(selection.count)}?"
        self._pane.app.push_screen(ChooseScreen(question, options, [selection.label, ""]), chosen)

    def begin(self, action: str) -> None:
        """Plan the action for what is selected."""
        if selection := self._selected():
            self._plan(action, selection)

    def keep(self) -> None:
        """Keep what is selected; where all of it is kept, no longer."""
        if selection := self._selected():
            self._plan(KEEP, selection)

    def export(self, target: Target) -> None:
        """Ask for a file, and write the message into it."""
        pane = self._pane

        def named(where: str | None) -> None:
            if where is not None:
                path = Path(where).expanduser()
                pane.beside(
                    lambda: create(path, pane.host.quarantine.raw(target)),
                    lambda _: pane.notify(f"Written: {visible(str(path))}", markup=False),
                )

        lines = ["A new file, which only you can read. A virus in it is as live as before."]
        pane.app.push_screen(
            AskScreen("Write the message to which file?", lines, guess=str(Path.cwd() / eml_name(target))),
            named,
        )

    def undo(self) -> None:
        """Take back the latest deletion in the trash."""
        self._pane.beside(lambda: self._pane.host.quarantine.trash(), self._undo)  # noqa: PLW0108 - may fail, too

    def _selected(self) -> Selection | None:
        selection = self._pane.selection()
        if selection is None:
            self._pane.notify("Still looking; press the key again when it is shown")
        elif not selection.count:
            self._pane.notify("Nothing is selected")
        return selection if selection and selection.count else None

    def _plan(self, action: str, selection: Selection, recipients: Sequence[str] = ()) -> None:
        def plan() -> Plan:
            targets, verb = selection.targets(), action
            if action == KEEP:
                verb = "let-go" if all(map(selection.view.listing.is_kept, targets)) else "keep"
            return self._pane.host.quarantine.plan(verb, targets, recipients)

        self._pane.beside(plan, partial(self._confirm, selection))

    def _confirm(self, selection: Selection, plan: Plan) -> None:
        if not plan.targets:
            self._pane.notify("What was selected is not there any more")
            return
        many = len(plan.targets) if len(plan.targets) > ASKED_ABOVE else None
        now = self._pane.host.now()
        self._pane.app.push_screen(
            ConfirmScreen(
                f"{WORDS[plan.action]} {messages_text(len(plan.targets))}?",
                [selection.label, *_describe(plan, now)],
                commands=[clip(visible(str(command)), 200) for command in plan.commands],
                typed=visible(plan.virus) or many,
                danger=bool(plan.virus) or plan.action == "delete",
            ),
            lambda confirmed: self._carry_out(plan) if confirmed else None,
        )

    def _carry_out(self, plan: Plan) -> None:
        self._pane.beside(lambda: self._pane.host.quarantine.carry_out(plan), self._done)

    def _done(self, result: Outcome) -> None:
        pane = self._pane
        pane.messages.unmark()
        lines = [f"{result.action}: {result.done:,} of {messages_text(result.asked)}"]
        lines += [visible(text[:200]) for text in result.printed[:3]]
        if result.left_out:
            first = result.left_out[0]
            lines.append(
                f"{len(result.left_out):,} left out; {visible(first.path)}: {visible(first.why[:200])}"
            )
        if result.undo is not None:
            lines.append("z brings them back")
        worse = result.done < result.asked
        pane.notify("\n".join(lines), severity="warning" if worse else "information", timeout=8, markup=False)
        pane.feed.read()

    def _undo(self, runs: list[Trashed]) -> None:
        if not runs:
            self._pane.notify("There is nothing to undo")
            return
        last = runs[0]
        lines = [
            f"deleted by {visible(last.user)} at {time_text(last.deleted)}, {size_text(last.size)}",
            "they come back to where they were",
        ]

        def confirmed(yes: bool | None) -> None:
            if yes:
                self._pane.beside(lambda: self._pane.host.quarantine.undo(last.number), self._done)

        self._pane.app.push_screen(
            ConfirmScreen(
                f"Undo the deletion of {messages_text(last.count)}?",
                lines,
                commands=[f"mailtui quarantine undo {last.number}"],
            ),
            confirmed,
        )


def _describe(plan: Plan, now: float) -> list[str]:
    lines = [f"{messages_text(len(plan.targets))}, {size_text(plan.size)}"]
    for word, target in (("oldest", plan.oldest), ("newest", plan.newest)):
        if target is not None and (word == "oldest" or len(plan.targets) > 1):
            age = age_text(max(0.0, now - target.seconds))
            lines.append(f"{word}  {age:>4}  {clip(visible(target.path), WIDTH - 14)}")
    if plan.recipients:
        lines.append(f"to {clip(visible(', '.join(plan.recipients)), WIDTH - 3)}")
    if plan.virus:
        lines.append(f"This delivers a virus: {clip(visible(plan.virus), WIDTH - 24)}")
    if plan.action == "delete":
        lines.append(f"can be undone with z for {age_text(plan.kept_for)}; disk space is freed after that")
    if plan.action == "keep":
        lines.append("cleanups leave them, whatever their age; K lets go of them again")
    return lines
