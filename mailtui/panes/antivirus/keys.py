"""The keys of the antivirus pane; their tooltips are what the help says."""

from textual.binding import Binding, BindingType

KEYS: list[BindingType] = [
    Binding(
        "u",
        "update",
        "Update",
        tooltip="Fetch signatures now, and wait until clamd has loaded them; asks first",
        id="antivirus.update",
    ),
    Binding(
        "U",
        "third_party",
        "Update third parties'",
        tooltip="Have clamav-unofficial-sigs fetch its sets; asks first",
        show=False,
        id="antivirus.third-party",
    ),
    Binding(
        "t",
        "selftest",
        "Test",
        tooltip="Have clamd scan the test virus of EICAR; nothing is written or sent",
        id="antivirus.selftest",
    ),
    Binding("V", "scan", "Scan a file", tooltip="Have clamd look at a file", id="antivirus.scan"),
    Binding(
        "v",
        "view",
        "View",
        tooltip="The next table: signatures, what they have caught, freshclam's runs",
        id="antivirus.view",
    ),
    Binding("y", "copy", "Copy the name", show=False, id="antivirus.copy"),
    Binding("escape", "back", "Back", show=False, id="antivirus.back"),
]
