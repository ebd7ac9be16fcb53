"""The written table of deviations says what the manifests say."""

from tests.tools.deviations import FILE, text


def test_the_file_is_up_to_date() -> None:
    assert FILE.read_text() == text(), "make docs writes it again"
