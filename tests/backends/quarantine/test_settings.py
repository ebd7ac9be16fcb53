import pytest

from backends.errors import BadRequest
from backends.quarantine.settings import KeepSettings, QuarantineSettings, Reserve, check, kept_for, reserve


def test_the_defaults_can_be_meant() -> None:
    check(QuarantineSettings(), "site.toml")
    assert kept_for(QuarantineSettings().keep.virus) == 30 * 86400
    assert kept_for("forever") is None


@pytest.mark.parametrize(
    ("settings", "what"),
    [
        (QuarantineSettings(keep=KeepSettings(spam="a week")), "quarantine.keep.spam"),
        (QuarantineSettings(max_size="2 lorries"), "quarantine.max_size"),
        (QuarantineSettings(min_free="110%"), "quarantine.min_free"),
        (QuarantineSettings(tmp="soon"), "quarantine.tmp"),
        (QuarantineSettings(max_delete=-1), "quarantine.max_delete"),
    ],
)
def test_a_mistake_is_named_with_an_example(settings: QuarantineSettings, what: str) -> None:
    with pytest.raises(BadRequest, match=what) as caught:
        check(settings, "site.toml")
    assert str(caught.value).startswith("site.toml cannot be used")
    assert "example" in caught.value.hint


def test_room_to_be_left() -> None:
    assert reserve("10%") == Reserve(part=0.1)
    assert reserve(" 2.5 % ") == Reserve(part=0.025)
    assert reserve("2GiB") == Reserve(size=2 << 30)
    with pytest.raises(BadRequest, match="neither a share nor a size"):
        reserve("\x1b[31m")
