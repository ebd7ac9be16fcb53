"""Unforeseen errors fail these tests instead of becoming a sentence."""

import pytest


@pytest.fixture(autouse=True)
def _tell_where(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAILTUI_DEBUG", "1")
