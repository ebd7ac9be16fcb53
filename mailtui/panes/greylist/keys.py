"""The keys of the greylist pane; their tooltips are what the help says."""

from textual.binding import Binding, BindingType

KEYS: list[BindingType] = [
    Binding(
        "v",
        "view(1)",
        "View",
        tooltip="The next view of the upper table: states, who never came back, pools, days, …",
        id="greylist.view",
    ),
    Binding("V", "view(-1)", "The view before", show=False, id="greylist.view-back"),
    Binding(
        "R",
        "act('release')",
        "Release",
        tooltip="Let the marked triplets in, else the group or triplet under the cursor",
        id="greylist.release",
    ),
    Binding(
        "w",
        "allow",
        "Whitelist",
        tooltip="Add a row to the whitelist: of a pool the one that frees it",
        id="greylist.allow",
    ),
    Binding(
        "x",
        "act('delete')",
        "Delete",
        tooltip="Delete triplets, or in the whitelist its row; z brings them back",
        id="greylist.delete",
    ),
    Binding(
        "P",
        "purge",
        "Purge",
        tooltip="Delete all triplets not used for some days, as gld -c and gld -k do",
        show=False,
        id="greylist.purge",
    ),
    Binding("z", "undo", "Undo", tooltip="Undo the latest act", id="greylist.undo"),
    Binding(
        "c",
        "check",
        "Check",
        tooltip="What would gld decide about a client, sender and recipient?",
        show=False,
        id="greylist.check",
    ),
    Binding("slash", "filter", "Find", tooltip="Filter as you type", key_display="/", id="greylist.filter"),
    Binding(
        "asterisk",
        "mark_all",
        "Mark all that match, at most 10,000",
        show=False,
        key_display="*",
        id="greylist.mark-all",
    ),
    Binding("escape", "back", "Back, or stop looking", show=False, id="greylist.back"),
    Binding("f", "freeze", "Freeze", show=False, id="greylist.freeze"),
    Binding("y", "copy", "Copy triplets", show=False, id="greylist.copy"),
]
