"""The keys of the greylist pane; their tooltips are what the help says."""

from textual.binding import Binding

from mailtui.panes.listed.keys import list_keys

KEYS = [
    Binding(
        "v",
        "view(1)",
        "View",
        tooltip="The next view of the upper table: states, who never came back, pools, days, …",
        id="greylist.view",
    ),
    Binding("V", "view(-1)", "The view before", show=False, id="greylist.view-back"),
    *list_keys(
        "greylist",
        [
            Binding(
                "R",
                "act('release')",
                "Release",
                tooltip="Let the marked triplets in, else the group or triplet under the cursor",
                id="greylist.release",
            ),
            Binding(
                "w",
                "act('allow')",
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
                "act('purge')",
                "Purge",
                tooltip="Delete all triplets not used for some days, as gld -c and gld -k do",
                show=False,
                id="greylist.purge",
            ),
            Binding(
                "c",
                "check",
                "Check",
                tooltip="What would gld decide about a client, sender and recipient?",
                show=False,
                id="greylist.check",
            ),
        ],
        everything="all that match, at most 10,000",
        undo="the latest act",
        copies="triplets",
    ),
]
