"""The rows of the config pane's tables: components, and the files of one of them."""

from collections.abc import Sequence

from backends.apply.told import RIGHTS, ComponentDrift, FileDrift, State
from backends.text import visible
from mailtui.panes.config.reading import files_of
from mailtui.widgets.cells import Cell, Column
from mailtui.widgets.glyphs import Glyphs

NOT_SHOWN = "Not shown: it holds a password"
SAME_LINES = "Its lines are the same; its owner or mode differs"
STATE_WIDTH = 26
COMPONENT_COLUMNS = (
    Column("Component", 24, key="component", priority=9, min_width=12),
    Column("Files", 5, "right", key="files", priority=6),
    Column("State", STATE_WIDTH, key="state", priority=8, min_width=12),
    Column("", key="what", priority=5, min_width=12),
)
FILE_COLUMNS = (
    Column("File", 30, key="file", priority=9, min_width=12, elide="start"),
    Column("State", STATE_WIDTH, key="state", priority=8, min_width=12),
    Column("", key="what", priority=5, min_width=12),
)


class Components:
    """The components, each with its worst state."""

    def __init__(self, components: Sequence[ComponentDrift], signs: Glyphs) -> None:
        self.components, self._signs = components, signs

    @property
    def row_count(self) -> int:
        return len(self.components)

    def key(self, row: int) -> str:
        return self.components[row].name

    def index_of(self, key: str) -> int | None:
        return next((row for row, one in enumerate(self.components) if one.name == key), None)

    def cells(self, row: int) -> Sequence[Cell]:
        one = self.components[row]
        count = str(len(one.files)) if one.files else ""
        return (visible(one.title), count, state_cell(one.state, self._signs), (_which(one), "dim"))


class Files:
    """The files of a component."""

    def __init__(self, component: ComponentDrift | None, signs: Glyphs) -> None:
        self.files = files_of(component) if component else []
        self._signs = signs

    @property
    def row_count(self) -> int:
        return len(self.files)

    def key(self, row: int) -> str:
        return self.files[row].path

    def index_of(self, key: str) -> int | None:
        return next((row for row, one in enumerate(self.files) if one.path == key), None)

    def cells(self, row: int) -> Sequence[Cell]:
        one = self.files[row]
        return visible(one.path), state_cell(one.state, self._signs), (note(one), "dim")


def state_cell(state: State, signs: Glyphs) -> Cell:
    """Its shape and word; in colour where a human is wanted."""
    sign, style = {
        "in sync": (signs.good, "dim"),
        "changed here": (signs.part, ""),
        "rights changed here": (signs.warn, "warn"),
        "changed in the reference": (signs.warn, "warn"),
        "missing": (signs.gone, "warn"),
        "conflict": (signs.bad, "bad"),
    }[state]
    return f"{sign} {state}", style


def note(file: FileDrift) -> str:
    """What of a file its state comes from, in a few words."""
    parts = [_entries(file.conflicts, "the same lines")] if file.conflicts else []
    if file.state == RIGHTS:
        parts += map(visible, file.diff)
    if file.kept:
        parts.append(f"keeps {_entries(file.kept, 'own lines')}")
    if file.decided:
        parts.append(f"the site sets {_entries(file.decided, 'it')}")
    return "; ".join(parts)


def explained(file: FileDrift) -> str:
    """What an apply makes of a file, in sentences."""
    said = []
    if file.conflicts:
        both = _entries(file.conflicts, "the same lines")
        said.append(f"Both sides changed {both}: an apply asks which of them wins.")
    elif file.state == "missing":
        said.append("It is not there; an apply writes it.")
    elif file.state == "changed in the reference":
        said.append("An apply brings it to the reference.")
    elif file.state == RIGHTS:
        said.append(
            f"Its owner or mode was changed here; an apply puts it back: {visible(', '.join(file.diff))}."
        )
    if file.kept:
        said.append(f"Changed here, and stays so: {_entries(file.kept, 'lines of its own')}.")
    if file.decided:
        said.append(f"The site decides: {_entries(file.decided, 'it')}.")
    return " ".join(said)


def _entries(names: Sequence[str], whole: str) -> str:
    """Names of entries; an empty name stands for the file itself."""
    return ", ".join(visible(name) if name else whole for name in names)


def _which(component: ComponentDrift) -> str:
    """The packages, else the files, that its state comes from."""
    if component.missing:
        return visible(", ".join(component.missing))
    worst = [file for file in component.files if file.state == component.state != "in sync"]
    return ", ".join(visible(file.path.rpartition("/")[2]) for file in worst)
