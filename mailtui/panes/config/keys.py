"""The keys of the config pane; their tooltips are what the help says."""

from textual.binding import Binding, BindingType

KEYS: list[BindingType] = [
    Binding(
        "a",
        "apply",
        "Apply",
        tooltip="Bring this machine to the reference and verify it; asks first",
        id="config.apply",
    ),
    Binding(
        "b",
        "rollback",
        "Roll back",
        tooltip="See the checkpoints, and go back to one of them; asks first",
        id="config.rollback",
    ),
    Binding(
        "t",
        "explain",
        "Explain",
        tooltip="What this release gets otherwise than the page says, and why",
        id="config.explain",
    ),
    Binding(
        "y", "copy", "Copy the command", tooltip="Copy the command that applies", show=False, id="config.copy"
    ),
    Binding("escape", "back", "Back", show=False, id="config.back"),
]
