"""The keys of the overview; their tooltips are what the help says."""

from textual.binding import Binding, BindingType

KEYS: list[BindingType] = [
    Binding(
        "m",
        "mend",
        "Mend",
        tooltip="Do what mends it, or go where that is done; a command is shown first, and asked for",
        id="overview.mend",
    ),
    Binding("a", "everything", "All checks", tooltip="Show also what is fine", id="overview.everything"),
    Binding(
        "y",
        "copy",
        "Copy",
        tooltip="Copy the command under the cursor, or what is said there",
        show=False,
        id="overview.copy",
    ),
    Binding("escape", "back", "Back", show=False, id="overview.back"),
]
