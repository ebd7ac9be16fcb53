"""Changing tables from the console: planned, shown as a difference, confirmed, carried out, told; and taken back."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar

from backends.errors import BackendError
from backends.maps.reading import Entry
from backends.maps.values import Change, Done, Table
from backends.text import visible
from mailtui.editing import Draft
from mailtui.maps_text import build_commands, change_commands, done_lines
from mailtui.screens.ask import AskScreen
from mailtui.screens.change import ChangeScreen
from mailtui.screens.confirm import ConfirmScreen
from mailtui.widgets.glyphs import Glyphs
from mailtui.work import outcome, to_its_end

if TYPE_CHECKING:
    from mailtui.panes.maps.pane import MapsPane

MOST_LINES = 1000
NAMED = 6
LONGEST = 4000
TIMEOUT = 12.0  # s


T = TypeVar("T")


class Result(NamedTuple, Generic[T]):
    """What came of work, or how it failed."""

    value: T | BackendError


class Acts:
    """The acts of one maps pane."""

    def __init__(self, pane: "MapsPane") -> None:
        self._pane = pane
        self._drafts: dict[str, Draft] = {}

    # One entry

    def set(self, table: Table, entry: Entry | None) -> None:
        """Ask for key and value; those under the cursor are there already."""
        shown = Entry(0, "", "") if entry is None or entry.problem else entry
        self._ask_key(table, shown, typable(shown.key))

    def _ask_key(self, table: Table, shown: Entry, guess: str, wrong: Sequence[str] = ()) -> None:
        lines = [*wrong, *([""] if wrong else []), f"in {visible(table.name)}, as it is written there"]
        self._pane.app.push_screen(
            AskScreen("Set the entry of which key?", lines, guess=guess),
            lambda key: None if key is None else self._key_given(table, shown, key),
        )

    def _key_given(self, table: Table, shown: Entry, key: str) -> None:
        """Ask for the value; for another key where this one cannot be written."""
        from backends.maps.edit import must_be_key  # noqa: PLC0415 - after the first frame

        try:
            must_be_key(key, alias=table.alias)
        except BackendError as wrong:
            self._ask_key(table, shown, typable(key), told(wrong).splitlines())
        else:
            self._ask_value(table, shown, key)

    def _ask_value(self, table: Table, shown: Entry, key: str) -> None:
        """Ask for the value; once the key is known to be of no use, that is told, and another one is asked for.

        Where the value is hidden it is told only when that was typed, so that none of it is typed where it is seen.
        """
        pane, hidden = self._pane, self._pane.hidden
        guess = typable(shown.value) if key == shown.key and not hidden else ""
        lines = [f"in {visible(table.name)}, on one line; an entry that the key has already is replaced"]
        screen = AskScreen(f"What does the table give for {visible(key)}?", lines, guess=guess, hidden=hidden)
        pane.app.push_screen(screen, lambda value: None if value is None else self._set(table, key, value))

        if hidden:
            return

        def judged(result: Sequence[str] | BackendError) -> None:
            if isinstance(result, BackendError) and pane.app.screen is screen:
                screen.dismiss(None)
                self._ask_key(table, shown, typable(key), told(result).splitlines())

        pane.beside(
            lambda: Result(outcome(lambda: pane.host.maps.judge_key(table.name, key))),
            lambda result: judged(result.value),
        )

    def _set(self, table: Table, key: str, value: str) -> None:
        self._plan(
            lambda: self._pane.host.maps.plan_set(table.name, key, value),
            f"Set {visible(key)} in {visible(table.name)}?",
        )

    def remove(self, table: Table, entry: Entry) -> None:
        """Plan to remove all entries of a key."""
        self._plan(
            lambda: self._pane.host.maps.plan_remove(table.name, entry.key),
            f"Remove {visible(entry.key)} from {visible(table.name)}?",
        )

    # The source as a whole

    def edit(self, table: Table) -> None:
        """Open a draft in the editor: the one that was kept, or a new copy."""
        if table.name in self._drafts:
            self._edit(table)
            return

        def copied(draft: Draft) -> None:
            self._drafts[table.name] = draft
            self._edit(table)

        maps = self._pane.host.maps
        self._pane.beside(lambda: Draft(Path(table.path).name, maps.content(table.name)), copied)

    def _edit(self, table: Table) -> None:
        draft, maps = self._drafts[table.name], self._pane.host.maps
        with self._pane.app.suspend():
            failed = outcome(draft.edit)
        if failed is not None:
            self._pane.notify(told(failed), severity="error", timeout=TIMEOUT, markup=False)
            self._keep(table)
            return
        self._plan(
            lambda: maps.plan_edit(table.name, draft.content()), f"Change {visible(table.path)}?", table
        )

    def _keep(self, table: Table) -> None:
        """Tell where the draft is, if it holds something; else let go of it."""
        draft = self._drafts.get(table.name)
        if draft is not None and draft.changed:
            kept = f"What you wrote is kept in {visible(str(draft.path))}; e goes on with it"
            self._pane.notify(kept, timeout=TIMEOUT, markup=False)
        else:
            self._drop(table)

    def _drop(self, table: Table) -> None:
        draft = self._drafts.pop(table.name, None)
        if draft is not None:
            draft.remove()

    # The index

    def rebuild(self, tables: Sequence[Table]) -> None:
        """Ask whether to build the indexes of these tables."""
        pane = self._pane
        if not tables:
            pane.notify("No index is missing or older than its source")
            return
        names = [visible(table.name) for table in tables]
        lines = [*names[:NAMED], *([f"and {len(names) - NAMED:,} more"] if len(names) > NAMED else [])]
        lines.append(
            "each beside the old one, which it then replaces; one that would lose entries is left alone"
        )
        commands = [command for table in tables for command in build_commands(table)]
        one = "the index" if len(tables) == 1 else f"{len(tables):,} indexes"

        def answered(confirmed: bool | None) -> None:
            if confirmed:
                pane.beside(lambda: self._build(tables), self._built)

        pane.app.push_screen(ConfirmScreen(f"Build {one}?", lines, commands=commands), answered)

    def rebuild_stale(self) -> None:
        """The same for all whose index is missing or older than its source."""
        self._pane.beside(self._pane.host.maps.stale, self.rebuild)

    def _build(self, tables: Sequence[Table]) -> Sequence[Done | BackendError]:
        with to_its_end():
            return [outcome(partial(self._pane.host.maps.rebuild, table.name)) for table in tables]

    def _built(self, results: Sequence[Done | BackendError]) -> None:
        for result in results:
            if isinstance(result, BackendError):
                self._pane.notify(told(result), severity="error", timeout=TIMEOUT, markup=False)
            else:
                self._tell(result)
        self._pane.feed.read()

    # Undo

    def undo(self) -> None:
        """Plan to take the latest change back."""
        self._plan(self._pane.host.maps.plan_undo, "Take the latest change back?")

    # From a plan to the outcome

    def _plan(self, plan: Callable[[], Change], question: str, edited: Table | None = None) -> None:
        """Plan beside the screen, show what changes, and carry it out when that was confirmed."""
        pane = self._pane

        def planned(result: Change | BackendError) -> None:
            if isinstance(result, BackendError):
                self._failed(result, edited)
            elif result.empty:
                pane.notify("Nothing would change")
                if edited:
                    self._drop(edited)
            else:
                pane.app.push_screen(
                    _question(question, result, pane.glyphs), partial(self._answered, result, edited)
                )

        pane.beside(lambda: Result(outcome(plan)), lambda result: planned(result.value))

    def _answered(self, change: Change, edited: Table | None, confirmed: bool | None) -> None:
        if confirmed:
            self._pane.beside(
                lambda: Result(outcome(lambda: self._carry_out(change))),
                lambda result: self._done(result.value, edited),
            )
        elif edited:
            self._keep(edited)

    def _carry_out(self, change: Change) -> Done:
        with to_its_end():
            return self._pane.host.maps.carry_out(change)

    def _done(self, result: Done | BackendError, edited: Table | None) -> None:
        if isinstance(result, BackendError):
            self._failed(result, edited)
        else:
            if edited:
                self._drop(edited)
            self._tell(result)
        self._pane.feed.read()

    def _failed(self, error: BackendError, edited: Table | None) -> None:
        self._pane.notify(told(error), severity="error", timeout=TIMEOUT, markup=False)
        if edited:
            self._keep(edited)

    def _tell(self, done: Done) -> None:
        lines = [visible(line) for line in done_lines(done, self._pane.glyphs.warn)]
        lines += ["z takes it back"] if done.undo is not None else []
        self._pane.notify("\n".join(lines), timeout=8, markup=False)


def typable(text: str) -> str:
    """Text as a guess of what is typed; empty: it has in it what a terminal would obey, or nobody would type."""
    return text if len(text) <= LONGEST and visible(text) == text else ""


def told(error: BackendError) -> str:
    """What failed, and what to do."""
    return f"{visible(str(error))}\n{visible(error.hint)}"


def _question(question: str, change: Change, signs: Glyphs) -> ChangeScreen:
    diff = change.diff[2:] if change.diff[0].startswith("--- ") else change.diff
    more = len(diff) - MOST_LINES
    lines = [*diff[:MOST_LINES], *([f"and {more:,} more lines"] if more > 0 else [])]
    lines += [f"{signs.warn} {visible(note)}" for note in change.notes]
    return ChangeScreen(question, lines, commands=[visible(one) for one in change_commands(change)])
