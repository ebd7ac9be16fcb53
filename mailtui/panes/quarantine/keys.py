"""The keys of the quarantine pane; their tooltips are what the help says."""

from textual.binding import Binding, BindingType

KEYS: list[BindingType] = [
    Binding(
        "asterisk",
        "mark_all",
        "All",
        tooltip="Mark all messages of the list",
        key_display="*",
        id="quarantine.mark-all",
    ),
    Binding(
        "R",
        "release",
        "Release",
        tooltip="Release the marked messages, else the kind or message under the cursor; asks to whom",
        id="quarantine.release",
    ),
    Binding(
        "x", "act('delete')", "Delete", tooltip="Delete them; z brings them back", id="quarantine.delete"
    ),
    Binding(
        "K",
        "keep",
        "Keep",
        tooltip="Have cleanups leave them, or no longer where all of them are kept",
        id="quarantine.keep",
    ),
    Binding(
        "o",
        "export",
        "Export",
        tooltip="Write the message under the cursor into an .eml file",
        show=False,
        id="quarantine.export",
    ),
    Binding("z", "undo", "Undo", tooltip="Undo the latest deletion", id="quarantine.undo"),
    Binding("slash", "filter", "Find", tooltip="Filter as you type", key_display="/", id="quarantine.filter"),
    Binding("escape", "back", "Back", show=False, id="quarantine.back"),
    Binding("s", "sort(1)", "Sort by the next column", show=False, id="quarantine.sort"),
    Binding("S", "reverse", "Sort the other way round", show=False, id="quarantine.reverse"),
    Binding("f", "freeze", "Freeze", show=False, id="quarantine.freeze"),
    Binding("y", "copy", "Copy paths", show=False, id="quarantine.copy"),
]
