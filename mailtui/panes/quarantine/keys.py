"""The keys of the quarantine pane; their tooltips are what the help says."""

from textual.binding import Binding

from mailtui.panes.listed.keys import list_keys

KEYS = list_keys(
    "quarantine",
    [
        Binding(
            "R",
            "act('release')",
            "Release",
            tooltip="Release the marked messages, else the kind or message under the cursor; asks to whom",
            id="quarantine.release",
        ),
        Binding(
            "x", "act('delete')", "Delete", tooltip="Delete them; z brings them back", id="quarantine.delete"
        ),
        Binding(
            "K",
            "act('keep')",
            "Keep",
            tooltip="Have cleanups leave them, or no longer where all of them are kept",
            id="quarantine.keep",
        ),
        Binding(
            "V",
            "scan",
            "Scan",
            tooltip="Have clamd look at the message under the cursor again",
            show=False,
            id="quarantine.scan",
        ),
        Binding(
            "A",
            "apart",
            "Apart",
            tooltip="See what lies beside the messages: foreign files, orphans, leftover work folders",
            show=False,
            id="quarantine.apart",
        ),
        Binding(
            "o",
            "act('export')",
            "Export",
            tooltip="Write the message under the cursor into an .eml file",
            show=False,
            id="quarantine.export",
        ),
    ],
    everything="all messages of the list",
    undo="the latest deletion",
    copies="paths",
)
