"""What the antivirus pane has done: signatures fetched, the scanner tested, a file scanned."""

from pathlib import Path
from typing import TYPE_CHECKING

from backends.antivirus.values import Finding, Updated
from mailtui.antivirus_text import how_fetched, updated_finding
from mailtui.screens.ask import AskScreen
from mailtui.screens.confirm import ConfirmScreen
from mailtui.screens.follow import FollowScreen
from mailtui.screens.scan import scan_screen

if TYPE_CHECKING:
    from mailtui.panes.antivirus.pane import AntivirusPane

UPDATE = "mailtui av update"
THIRD = "clamav-unofficial-sigs"
LOADS = "then it is waited until clamd has loaded what came; esc stops that"


class Acts:
    """The acts of one antivirus pane."""

    def __init__(self, pane: "AntivirusPane") -> None:
        self._pane = pane

    def update(self, *, third_party: bool) -> None:
        """Ask, fetch, and follow it."""
        pane = self._pane
        if third_party:
            what, command = "Fetch third parties' signatures now?", f"{UPDATE} --third-party"
            lines = [f"{THIRD} pauses up to 10 minutes before it asks the servers", LOADS]
        else:
            what, command = "Fetch signatures now?", UPDATE
            lines = [how_fetched(pane.reading.freshclam if pane.reading else None), LOADS]

        def answered(yes: bool | None) -> None:
            if yes:
                self._follow(
                    FollowScreen(
                        command,
                        lambda tell, stop: pane.host.antivirus.update(tell, stop, third_party=third_party),
                        _ends,
                        pane.host.now,
                        plain=pane.settings.plain,
                    )
                )

        pane.app.push_screen(ConfirmScreen(what, lines, commands=[command]), answered)

    def selftest(self) -> None:
        """Have it find the test virus."""
        pane = self._pane
        self._follow(
            FollowScreen(
                "mailtui av selftest",
                lambda tell, stop: pane.host.antivirus.selftest(tell, stop),  # noqa: PLW0108 - making it may fail
                _tested,
                pane.host.now,
                plain=pane.settings.plain,
            )
        )

    def scan(self) -> None:
        """Ask for a file, and have clamd look at it."""
        pane = self._pane

        def named(text: str | None) -> None:
            if text is not None:
                path = Path(text).expanduser()
                pane.app.push_screen(
                    scan_screen(
                        pane.host,
                        str(path),
                        lambda stop: pane.host.antivirus.scan_file(path, stop),
                        plain=pane.settings.plain,
                    )
                )

        lines = ["It is read here and streamed to clamd, which needs no right to it."]
        pane.app.push_screen(AskScreen("Scan which file?", lines), named)

    def _follow(self, screen: FollowScreen[Updated] | FollowScreen[list[Finding]]) -> None:
        self._pane.app.push_screen(screen, lambda _: self._pane.feed.read())


def _ends(done: Updated) -> list[Finding]:
    return [updated_finding(done)]


def _tested(found: list[Finding]) -> list[Finding]:
    bad = sum(one.state == "bad" for one in found)
    if bad:
        return [Finding("", "bad", f"{bad} of {len(found)} tests failed")]
    return [Finding("", "good", f"clamd finds what it must: all {len(found)} tests are good")]
