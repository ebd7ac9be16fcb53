"""The keys of every list; their tooltips are what the help says."""

from collections.abc import Sequence

from textual.binding import Binding, BindingType


def list_keys(
    what: str, acts: Sequence[Binding], *, everything: str, undo: str, copies: str
) -> list[BindingType]:
    """The keys of the list of `what`, whose name begins the bindings' ids, with its acts among them.

    `everything` is what `*` marks, `undo` what `z` takes back, `copies` what `y` copies, each in words.
    """
    return [
        Binding(
            "asterisk",
            "mark_all",
            "All",
            tooltip=f"Mark {everything}",
            key_display="*",
            id=f"{what}.mark-all",
        ),
        *acts,
        Binding("z", "undo", "Undo", tooltip=f"Undo {undo}", id=f"{what}.undo"),
        Binding(
            "slash", "filter", "Find", tooltip="Filter as you type", key_display="/", id=f"{what}.filter"
        ),
        Binding("escape", "back", "Back", show=False, id=f"{what}.back"),
        Binding("s", "sort(1)", "Sort by the next column", show=False, id=f"{what}.sort"),
        Binding("S", "reverse", "Sort the other way round", show=False, id=f"{what}.reverse"),
        Binding("f", "freeze", "Freeze", show=False, id=f"{what}.freeze"),
        Binding("y", "copy", f"Copy {copies}", show=False, id=f"{what}.copy"),
    ]
