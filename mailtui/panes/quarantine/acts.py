"""Acting on quarantined messages from the console: to whom they are released, what to ask before."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from backends.files import create
from backends.host import Quarantine
from backends.outcome import ASKED_ABOVE, Outcome
from backends.quarantine.plan import RELEASING, Plan, Trashed
from backends.text import age_text, clip, messages_text, size_text, time_text, visible
from mailtui.panes.listed import acts
from mailtui.panes.listed.acts import Question
from mailtui.panes.listed.view import Selection, under_cursor
from mailtui.panes.quarantine.view import View
from mailtui.quarantine_text import eml_name
from mailtui.screens.ask import AskScreen
from mailtui.screens.choose import ChooseScreen
from mailtui.screens.counting import CountingScreen

WORDS = {
    "release": "Release",
    "release-ham": "Release and learn as no spam",
    "delete": "Delete",
    "keep": "Keep",
    "let-go": "No longer keep",
}
WIDTH = 70
OTHERS = "others"


class Acts(acts.Acts[View, Plan, Trashed]):
    """The acts of the quarantine pane."""

    def backend(self) -> Quarantine:
        return self.pane.host.quarantine

    def begin(self, action: str) -> None:
        if action != "export":
            super().begin(action)
        elif self.pane.view is not None and self.pane.table.cursor is not None:
            self.begin_on(action, under_cursor(self.pane.view, self.pane.table.cursor))

    def begin_on(self, action: str, selection: Selection[View]) -> None:
        if action == "release":
            self._release(selection)
        elif action == "export":
            self._export(selection)
        else:
            super().begin_on(action, selection)

    def plan(self, action: str, selection: Selection[View], recipients: Sequence[str] = ()) -> Plan:
        """`keep` what is selected; where all of it is kept, no longer."""
        targets = selection.view.targets(selection)
        listing = (self.pane.view or selection.view).listing
        if action == "keep" and all(map(listing.is_kept, targets)):
            action = "let-go"
        return self.backend().plan(action, targets, recipients)

    def question(self, plan: Plan, selection: Selection[View]) -> Question:
        many = plan.count if plan.count > ASKED_ABOVE else None
        return Question(
            f"{WORDS[plan.action]} {messages_text(plan.count)}?",
            [selection.label, *_describe(plan, self.pane.host.now())],
            commands=[clip(visible(str(command)), 200) for command in plan.commands],
            typed=visible(plan.virus) or many,
            danger=bool(plan.virus) or plan.action == "delete",
        )

    def carry_out(self, plan: Plan) -> None:
        """Many releases are followed: amavis takes them one by one."""
        if plan.action not in RELEASING or plan.count == 1:
            super().carry_out(plan)
            return
        screen = CountingScreen(f"{WORDS[plan.action]}: {messages_text(plan.count)}", plan.count)
        self.pane.app.push_screen(screen)
        self.pane.beside(
            lambda: screen.run(lambda progress, stop: self.backend().carry_out(plan, progress, stop)),
            partial(self.done, plan),
        )

    def done(self, plan: Plan, result: Outcome) -> None:
        """A message that was acted on from its own screen leaves marks as they are; deleted, it is shown no longer."""
        from mailtui.screens.quarantined import QuarantinedScreen  # noqa: PLC0415 - with the first preview

        screen = self.pane.app.screen
        if not isinstance(screen, QuarantinedScreen) or plan.targets != (screen.target,):
            super().done(plan, result)
            return
        if plan.action == "delete" and result.done:
            screen.dismiss()
        self.tell(result)

    def summary(self, result: Outcome) -> list[str]:
        return [*super().summary(result), *(visible(text[:200]) for text in result.printed[:3])]

    def _release(self, selection: Selection[View]) -> None:
        """Ask to whom, then plan."""
        options = [
            ("to the original recipients", "release"),
            ("to them, and learn as no spam", "release-ham"),
            ("to somebody else", OTHERS),
        ]

        def chosen(action: str | None) -> None:
            if action == OTHERS:
                self.pane.app.push_screen(
                    AskScreen("Release to whom?", ["addresses, with blanks between"]), to
                )
            elif action is not None:
                self.prepare(selection, lambda: self.plan(action, selection))

        def to(addresses: str | None) -> None:
            if addresses is not None:
                recipients = addresses.replace(",", " ").split()
                self.prepare(selection, lambda: self.plan("release", selection, recipients))

        question = f"Release {messages_text(selection.count or 0)}?"
        self.pane.app.push_screen(ChooseScreen(question, options, [selection.label, ""]), chosen)

    def _export(self, selection: Selection[View]) -> None:
        """Ask for a file, and write the message into it."""
        pane, target = self.pane, selection.view.targets(selection)[0]

        def named(where: str | None) -> None:
            if where is not None:
                path = Path(where).expanduser()
                pane.beside(
                    lambda: create(path, self.backend().raw(target)),
                    lambda _: pane.notify(f"Written: {visible(str(path))}", markup=False),
                )

        lines = ["A new file, which only you can read. A virus in it is as live as before."]
        pane.app.push_screen(
            AskScreen("Write the message to which file?", lines, guess=str(Path.cwd() / eml_name(target))),
            named,
        )

    def undo_question(self, last: Trashed) -> Question:
        return Question(
            f"Undo the deletion of {messages_text(last.count)}?",
            [
                f"deleted by {visible(last.user)} at {time_text(last.deleted)}, {size_text(last.size)}",
                "an undo could not bring them back; it is tried again"
                if last.tried
                else "they come back to where they were",
            ],
            commands=[f"mailtui quarantine undo {last.number}"],
        )


def _describe(plan: Plan, now: float) -> list[str]:
    lines = [f"{messages_text(plan.count)}, {size_text(plan.size)}"]
    for word, target in (("oldest", plan.oldest), ("newest", plan.newest)):
        if target is not None and (word == "oldest" or plan.count > 1):
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
