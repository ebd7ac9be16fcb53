"""Acting from a list: select, plan, confirm, carry out, tell, undo."""

from abc import abstractmethod
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, Generic, NamedTuple, Protocol, TypeVar

from backends.outcome import Outcome
from backends.text import messages_text, visible
from mailtui.panes.listed.view import Selection, View

if TYPE_CHECKING:
    from mailtui.panes.listed.pane import ListedPane


class Plan(Protocol):
    """What an act would do, before it is done."""

    @property
    def count(self) -> int:
        """How many it would hit."""


class Undoable(Protocol):
    """One act that can be undone."""

    @property
    def number(self) -> int: ...


class Question(NamedTuple):
    """What is asked before an act; `typed` must be typed to confirm it, else `y` is enough."""

    text: str
    lines: Sequence[str]
    commands: Sequence[str] = ()
    typed: int | str | None = None
    danger: bool = False


V = TypeVar("V", bound=View)
P = TypeVar("P", bound=Plan)
T = TypeVar("T", bound=Undoable)
P_contra = TypeVar("P_contra", contravariant=True)
T_co = TypeVar("T_co", covariant=True)


class Backend(Protocol[P_contra, T_co]):
    """What carries out and takes back; every method may block, and may raise a BackendError."""

    def carry_out(self, plan: P_contra, /) -> Outcome: ...

    def trash(self) -> Sequence[T_co]:
        """What can be undone, the latest first."""

    def undo(self, number: int | None = None) -> Outcome: ...


class Acts(Generic[V, P, T]):
    """The acts of one pane. Methods that may block run beside the screen."""

    brings_back: ClassVar[str] = "z takes it back"

    def __init__(self, pane: "ListedPane[Any, Any, V]") -> None:
        self.pane = pane

    @abstractmethod
    def backend(self) -> Backend[P, T]:
        """May block."""

    @abstractmethod
    def plan(self, action: str, selection: Selection[V]) -> P:
        """May block.

        :raises BackendError: this cannot be done.
        """

    @abstractmethod
    def question(self, plan: P, selection: Selection[V]) -> Question | None:
        """What to ask before it is done; None: nothing."""

    @abstractmethod
    def undo_question(self, last: T) -> Question:
        """What to ask before an act is taken back."""

    def nothing(self, _plan: P, _selection: Selection[V]) -> str:
        """What to say of a plan that would hit nothing."""
        return "What was selected is not there any more"

    def counted(self, count: int) -> str:
        """So many rows, in words."""
        return messages_text(count)

    def summary(self, result: Outcome) -> list[str]:
        """What came of an act, in a few lines."""
        return [f"{result.action}: {result.done:,} of {self.counted(result.asked)}"]

    # From a key to the outcome

    def begin(self, action: str) -> None:
        """Do the act to what is selected, after a question where there is one."""
        if selection := self.selected():
            self.begin_on(action, selection)

    def begin_on(self, action: str, selection: Selection[V]) -> None:
        """Do the act to a selection."""
        self.prepare(selection, lambda: self.plan(action, selection))

    def selected(self) -> Selection[V] | None:
        """What a key would hit; None, and told so: nothing."""
        selection = self.pane.selection()
        if selection is None:
            wrong = self.pane.filter_error
            self.pane.notify(wrong or "Still looking; press the key again when it is shown", markup=False)
        elif selection.count == 0:
            self.pane.notify("Nothing is selected")
            return None
        return selection

    def prepare(self, selection: Selection[V], plan: Callable[[], P]) -> None:
        """Plan beside the screen, then ask, then carry out."""
        self.pane.beside(plan, partial(self._planned, selection))

    def _planned(self, selection: Selection[V], plan: P) -> None:
        if not plan.count:
            self.pane.notify(self.nothing(plan, selection), markup=False)
        elif question := self.question(plan, selection):
            self.ask(question, lambda: self.carry_out(plan))
        else:
            self.carry_out(plan)

    def ask(self, question: Question, then: Callable[[], object]) -> None:
        """Go on when it was confirmed."""
        from mailtui.screens.confirm import ConfirmScreen  # noqa: PLC0415 - after the first frame

        def answered(confirmed: bool | None) -> None:
            if confirmed:
                then()

        self.pane.app.push_screen(
            ConfirmScreen(
                question.text,
                question.lines,
                commands=question.commands,
                typed=question.typed,
                danger=question.danger,
            ),
            answered,
        )

    def carry_out(self, plan: P) -> None:
        """Do what was planned, beside the screen."""
        self.pane.beside(lambda: self.backend().carry_out(plan), partial(self.done, plan))

    def done(self, plan: P, result: Outcome) -> None:
        """It was done: nothing is marked any more."""
        self.pane.table.unmark()
        self.tell(result)

    def tell(self, result: Outcome) -> None:
        """Say what came of it, and read again."""
        lines = self.summary(result)
        if result.left_out:
            first = result.left_out[0]
            lines.append(
                f"{len(result.left_out):,} left out; {visible(first.what)}: {visible(first.why[:200])}"
            )
        if result.undo is not None:
            lines.append(self.brings_back)
        worse = result.done < result.asked
        self.pane.notify(
            "\n".join(lines), severity="warning" if worse else "information", timeout=8, markup=False
        )
        self.pane.feed.read()

    # Undo

    @property
    def can_undo(self) -> bool:
        """Whether there may be something to take back."""
        return self.pane.may("undo")

    def undo(self) -> None:
        """Take back the latest act that can be undone."""
        self.pane.beside(lambda: self.backend().trash(), self._ask_undo)

    def _ask_undo(self, found: Sequence[T]) -> None:
        if not found:
            self.pane.notify("There is nothing to undo")
            return
        last = found[0]
        self.ask(
            self.undo_question(last),
            lambda: self.pane.beside(lambda: self.backend().undo(last.number), self.tell),
        )
