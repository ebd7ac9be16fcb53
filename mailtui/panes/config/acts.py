"""Applying and rolling back from the console: choose, confirm, follow, compare again."""

from collections.abc import Callable, Sequence
from textwrap import wrap
from typing import TYPE_CHECKING

from backends.apply.told import Applied, Event, Moment, Take
from backends.host import Config
from backends.text import age_text, clip, time_text, visible
from mailtui.panes.config.reading import Reading, read_config
from mailtui.panes.config.sources import note
from mailtui.screens.choose import ChooseScreen
from mailtui.screens.confirm import ConfirmScreen
from mailtui.screens.history import HistoryScreen
from mailtui.screens.progress import ProgressScreen

if TYPE_CHECKING:
    from mailtui.panes.config.pane import ConfigPane

Work = Callable[[Callable[[Event], None]], Applied]
APPLY = "mailtui --apply --yes"
VERIFY = "mailtui --apply --verify-only"
LABEL_WIDTH = 9
QUESTION_WIDTH = 68
NAMED = 4  # files, packages or things to do that a question names


class Acts:
    """The acts of one config pane."""

    def __init__(self, pane: "ConfigPane") -> None:
        self._pane = pane

    def apply(self) -> None:
        """Ask which side wins where both changed, then whether to apply."""
        reading = self._pane.reading
        if reading is None:
            self._pane.notify("Not compared with the reference yet; r tries again")
        elif reading.conflicts:
            self._choose(reading)
        else:
            self._confirm(reading, Take.NEITHER)

    def _choose(self, reading: Reading) -> None:
        options = [("take mine: what is here stays", Take.MINE), ("take the reference", Take.REFERENCE)]
        lines = [f"{visible(file.path)}: {note(file)}" for file in reading.conflicts]
        lines = [*_some(lines), ""]

        def chosen(take: Take | None) -> None:
            if take is not None:
                config = self._pane.host.config
                self._pane.beside(lambda: read_config(config, take), lambda found: self._confirm(found, take))

        self._pane.app.push_screen(
            ChooseScreen("Changed both here and in the reference", options, lines), chosen
        )

    def _confirm(self, reading: Reading, take: Take) -> None:
        config = self._pane.host.config
        if reading.in_sync and take is Take.NEITHER:
            self._ask(
                "Nothing differs. Verify that it works?",
                ["with mail through all of it"],
                VERIFY,
                _verify(config),
            )
            return
        command = APPLY if take is Take.NEITHER else f"{APPLY} --take {take.value}"
        self._ask(
            "Apply the reference?",
            describe(reading),
            command,
            lambda tell: config.apply(take, tell),
            danger=take is Take.REFERENCE,
        )

    def rollback(self) -> None:
        """Show the checkpoints, and ask whether to go back to the one chosen."""
        pane = self._pane
        pane.beside(
            lambda: pane.host.config.history(),  # noqa: PLW0108 - getting the config may fail, too
            lambda moments: pane.app.push_screen(
                HistoryScreen(pane.host, moments, plain=pane.settings.plain), self._confirm_rollback
            ),
        )

    def _confirm_rollback(self, moment: Moment | None) -> None:
        if moment is None:
            return
        now = self._pane.host.now()
        lines = [
            f"before: {visible(moment.why)}",
            f"taken {age_text(max(0.0, now - moment.taken))} ago, {time_text(moment.taken)}",
            "files changed since then come back, and the services with them",
            "a checkpoint is taken before, so that this can be taken back, too",
        ]
        self._ask(
            f"Roll back to checkpoint {moment.number}?",
            lines,
            f"mailtui rollback {moment.number} --yes",
            lambda tell: self._pane.host.config.rollback(moment.number, tell),
            danger=True,
        )

    def _ask(
        self, question: str, lines: Sequence[str], command: str, work: Work, *, danger: bool = False
    ) -> None:
        """Ask; then follow the work to its end, and compare again."""
        pane = self._pane

        def answered(yes: bool | None) -> None:
            if yes:
                screen = ProgressScreen(command, work, pane.host.now, plain=pane.settings.plain)
                pane.app.push_screen(screen, lambda _result: pane.feed.read())

        pane.app.push_screen(ConfirmScreen(question, lines, commands=[command], danger=danger), answered)


def _verify(config: Config) -> Work:
    """Only look whether it works."""
    return lambda tell: Applied(
        None, 0, tuple(config.verify(lambda check: tell(Event("verify", check.name, check=check))))
    )


def describe(reading: Reading) -> list[str]:
    """What an apply would do, in a few lines."""
    kept = [file.path for file in reading.files if file.kept]
    changing = [file.path for file in reading.changing]
    return [
        *(_named("then", ["finish what was broken off"]) if reading.broken_off else []),
        *_named(f"{len(changing)} file{'s' * (len(changing) != 1)}", changing),
        *_named("install", reading.packages),
        *_named("also", reading.drift.todo),
        *_named("keep", [f"what is changed here in {', '.join(_some(kept))}"] if kept else []),
        *_named("verify", ["with mail through all of it"]),
    ]


def _named(what: str, names: Sequence[str]) -> list[str]:
    """Names behind what is done with them, in lines that fit into the question."""
    indent = " " * LABEL_WIDTH
    told = ", ".join(_some([clip(visible(name), QUESTION_WIDTH) for name in names]))
    line = f"{what:<{LABEL_WIDTH}}{told}"
    return wrap(line, QUESTION_WIDTH, subsequent_indent=indent, break_on_hyphens=False) if names else []


def _some(names: Sequence[str]) -> list[str]:
    more = len(names) - NAMED
    return [*names[:NAMED], *([f"and {more} more"] if more > 0 else [])]
