"""The keys of the maps pane; their tooltips are what the help says."""

from textual.binding import Binding, BindingType

KEYS: list[BindingType] = [
    Binding(
        "l",
        "lookup",
        "Look up",
        tooltip="Look a key up as Postfix does, for the table under the cursor; L for all of them",
        id="maps.lookup",
    ),
    Binding(
        "L",
        "lookup_all",
        "Look up everywhere",
        tooltip="Look a key up for all that uses tables, step by step",
        show=False,
        id="maps.lookup-all",
    ),
    Binding(
        "a",
        "set",
        "Set",
        tooltip="Set an entry of the table, or add one; shows what changes, and asks",
        id="maps.set",
    ),
    Binding(
        "x",
        "remove",
        "Remove",
        tooltip="Remove the entry under the cursor; shows what changes, and asks",
        id="maps.remove",
    ),
    Binding(
        "e",
        "edit",
        "Edit",
        tooltip="Edit a copy of the table's source in $EDITOR; shows what changes, and asks",
        id="maps.edit",
    ),
    Binding("b", "rebuild", "Build", tooltip="Build the index of the table anew; asks", id="maps.rebuild"),
    Binding(
        "B",
        "rebuild_stale",
        "Build stale",
        tooltip="Build whatever is missing or older than its source; asks",
        show=False,
        id="maps.rebuild-stale",
    ),
    Binding(
        "z",
        "undo",
        "Undo",
        tooltip="Take the latest change back; shows what changes, and asks",
        id="maps.undo",
    ),
    Binding(
        "slash",
        "filter",
        "Find",
        tooltip="Filter the entries as you type: words, !without, key: value: re:",
        key_display="/",
        id="maps.filter",
    ),
    Binding(
        "y",
        "copy",
        "Copy the key",
        tooltip="Copy the key under the cursor, else the table's name",
        show=False,
        id="maps.copy",
    ),
    Binding("escape", "back", "Back", show=False, id="maps.back"),
]
