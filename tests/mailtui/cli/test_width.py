"""Tables on a terminal of 80 columns: what names a row is whole."""

import pytest

from tests.mailtui.cli.conftest import Run


@pytest.mark.parametrize(
    ("words", "names"),
    [
        (("av", "databases"), ("bytecode.cvd", "winnow_malware.hdb")),
        (("maps",), ("hash:/etc/postfix/sender_access", "cidr:/etc/postfix/client_access")),
    ],
)
def test_names_are_whole(
    run: Run, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], names: tuple[str, ...]
) -> None:
    monkeypatch.setattr("mailtui.cli.output._columns", lambda _stream: 80)
    shown = run(*words).out
    for name in names:
        assert name in shown
    assert "NAME" not in shown
