"""The keys of the queue pane; their tooltips are what the help says."""

from textual.binding import Binding

from mailtui.panes.listed.keys import list_keys

KEYS = list_keys(
    "queue",
    [
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
            "act('flush')",
            "Flush",
            tooltip="Try to deliver now: this message, its site, or all",
            show=False,
            id="queue.flush",
        ),
        Binding(
            "V",
            "scan",
            "Scan",
            tooltip="Have clamd look at the message under the cursor",
            show=False,
            id="queue.scan",
        ),
        Binding("w", "side", "Where: recipients or senders", show=False, id="queue.side"),
    ],
    everything="all messages of the list",
    undo="the last act here, or the latest deletion",
    copies="queue IDs",
)
