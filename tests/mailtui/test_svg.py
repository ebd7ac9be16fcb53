"""The chart as SVG: well-formed whatever is in it."""

from xml.etree import ElementTree

from hypothesis import given, settings
from hypothesis import strategies as st

from mailtui.chart import Chart, Mark
from mailtui.svg import svg

NAME = "{http://www.w3.org/2000/svg}"
CHART = Chart(
    0, 1, ((10, 0, 0), (5, 2, 1), (0, 0, 0)), 3, 4, (Mark("tag2", 1.5, 0.5), Mark("kill", 2)), root=True
)


def test_bars_marks_and_what_is_outside() -> None:
    drawn = svg(CHART, "scores", ["ham 15", "spam 2", "virus 1"])
    root = ElementTree.fromstring(drawn)
    classes = [one.get("class") for one in root.iter()]
    assert classes.count("mark") == 2
    assert classes.count("was") == 1
    assert {"part-0", "part-1", "part-2"} <= set(classes)
    texts = [one.text for one in root.iter(f"{NAME}text")]
    assert {"scores", "ham 15", "tag2 1.50", "kill 2.00"} <= set(texts)
    assert any("3 lower and 4 higher" in (text or "") for text in texts)
    assert "1 to 2: 8" in [one.text for one in root.iter(f"{NAME}title")]


def test_nothing_to_draw() -> None:
    for chart in (Chart(), Chart(0, 1, ((0, 0, 0),), marks=(Mark("tag2", 0.5),))):
        assert "nothing was scored" in svg(chart, "", [])
        ElementTree.fromstring(svg(chart, "", []))


@settings(deadline=None)
@given(st.text(), st.lists(st.text(), max_size=3))
def test_texts_are_only_texts(title: str, parts: list[str]) -> None:
    root = ElementTree.fromstring(svg(CHART, title, parts))
    assert not list(root.iter(f"{NAME}script"))
    assert len(list(root.iter(f"{NAME}text"))) == len(
        list(ElementTree.fromstring(svg(CHART, "", parts)).iter(f"{NAME}text"))
    )
