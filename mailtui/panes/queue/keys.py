"""The keys of the queue pane; their tooltips are what the help says."""

from textual.binding import Binding, BindingType

KEYS: list[BindingType] = [
    Binding(
        "asterisk",
        "mark_all",
        "All",
        tooltip="Mark all messages of the list",
        key_display="*",
        id="queue.mark-all",
    ),
    Binding(
        "h",
        "act('hold')",
        "Hold",
        tooltip="Hold the marked messages, else the group or message under the cursor",
        id="queue.hold",
    ),
    Binding("H", "act('release')", "Release", tooltip="Release them from hold", id="queue.release"),
    Binding(
        "R",
        "act('requeue')",
        "Requeue",
        tooltip="Requeue them: new queue IDs, content filters run again",
        show=False,
        id="queue.requeue",
    ),
    Binding("x", "act('delete')", "Delete", tooltip="Delete them; z brings them back", id="queue.delete"),
    Binding(
        "e",
        "act('expire')",
        "Expire",
        tooltip="Expire them: back to the sender at the next try",
        show=False,
        id="queue.expire",
    ),
    Binding(
        "E",
        "act('force-expire')",
        "Expire also held",
        tooltip="Expire them, also those on hold",
        show=False,
        id="queue.force-expire",
    ),
    Binding(
        "F",
        "flush",
        "Flush",
        tooltip="Try to deliver now: this message, its site, or all",
        show=False,
        id="queue.flush",
    ),
    Binding("z", "undo", "Undo", tooltip="Undo the last act here, or the latest deletion", id="queue.undo"),
    Binding("slash", "filter", "Find", tooltip="Filter as you type", key_display="/", id="queue.filter"),
    Binding("escape", "back", "Back", show=False, id="queue.back"),
    Binding("s", "sort(1)", "Sort by the next column", show=False, id="queue.sort"),
    Binding("S", "reverse", "Sort the other way round", show=False, id="queue.reverse"),
    Binding("w", "side", "Where: recipients or senders", show=False, id="queue.side"),
    Binding("f", "freeze", "Freeze", show=False, id="queue.freeze"),
    Binding("y", "copy", "Copy queue IDs", show=False, id="queue.copy"),
]
