"""Delay reasons: what means the same is one label, what does not is not."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backends.queue.listing import reason as reason_module
from backends.queue.listing.reason import LABEL_LIMIT, REASON_LIMIT, Reasons, normalise

MX = "mx1.example.org[203.0.113.7]"
SUSPENDED = "delivery temporarily suspended: "
LINES = (Path(__file__).parents[3] / "golden" / "delay_reasons.txt").read_text().splitlines()
GOLDEN = [
    *zip(LINES[::2], map(str.strip, LINES[1::2]), strict=True),  # a reason, and indented its label
    ("  many   blanks\tand\nlines ", "many blanks and lines"),
    ("", ""),
]


@pytest.mark.parametrize(("reason", "label"), GOLDEN)
def test_golden(reason: str, label: str) -> None:
    assert normalise(reason) == label
    reasons = Reasons()
    (number,) = reasons.numbers([reason])
    assert reasons.labels[number] == label


def test_all_golden_reasons_together_keep_their_labels() -> None:
    reasons = Reasons()
    for _ in range(2):
        numbers = reasons.numbers([reason for reason, _ in GOLDEN])
        assert [reasons.labels[number] for number in numbers] == [label for _, label in GOLDEN]


def _variants(count: int) -> list[str]:
    return [
        f"host mx{i}.d{i % 977}.example[203.0.{i % 250}.{i % 251}] said: 450 4.7.1 <user{i}@d{i % 977}.example>: try "
        f"again in {i} seconds, ID {i * 7919:011X} (in reply to RCPT TO command)"
        for i in range(count)
    ]


def test_ten_thousand_variants_are_one_label() -> None:
    reasons = Reasons()
    assert set(reasons.numbers(_variants(10_000))) == {1}
    assert reasons.labels == [
        "",
        "450 4.7.1 <*>: try again in * seconds, ID * (in reply to RCPT TO command)",
    ]


def test_ten_thousand_hosts_are_normalised_once(monkeypatch: pytest.MonkeyPatch) -> None:
    normalised: list[str] = []

    def counting(reason: str) -> str:
        normalised.append(reason)
        return normalise(reason)

    monkeypatch.setattr(reason_module, "normalise", counting)
    hosts = [f"connect to mx{i}.example[203.0.113.{i % 250}]:25: Connection timed out" for i in range(10_000)]
    assert set(Reasons().numbers(hosts)) == {1}
    assert len(normalised) == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (f"host {MX} said: 450 4.7.1 Try later", f"host {MX} said: 451 4.7.1 Try later"),
        (f"host {MX} said: 450 4.7.1 Try later", f"host {MX} said: 450 4.7.0 Try later"),
        (f"host {MX} said: 450-4.7.1 Try 450 4.7.1 later", f"host {MX} said: 450-4.7.1 Try 450 4.7.9 later"),
        ("450 4.7.1 Try later", "451 4.7.1 Try later"),
        ("temporary failure. Command output: 4.2.2 no", "temporary failure. Command output: 4.3.1 no"),
        ("temporary failure. Command output: a [17] no", "temporary failure. Command output: b [17] no"),
        (f"connect to {MX}:25: Connection refused", f"connect to {MX}:25: Connection timed out"),
        (f"lost connection with {MX} while sending DATA", f"conversation with {MX} while sending DATA"),
        (f"host {MX} said: 554 blocked using a.example", f"host {MX} said: 554 blocked using b.example"),
    ],
)
def test_what_differs_in_meaning_stays_two(one: str, other: str) -> None:
    assert normalise(one) != normalise(other)
    reasons = Reasons()
    assert reasons.numbers([one, other, one]) == [1, 2, 1]


_host = st.builds(
    "{}.example[203.0.113.{}]".format, st.sampled_from(["mx", "mx1", "a-b"]), st.integers(0, 255)
)
_code = st.sampled_from(["450 4.7.1", "451 4.7.1", "421-4.7.0", "452", ""])
_tail = st.sampled_from(
    ["<a@b.example>: later", "[203.0.113.9] listed", "try in 300 s", "ID 3F2A1B3C4D", "no [x] y"]
)
_any_reason = st.one_of(
    st.builds("host {} said: {} {}".format, _host, _code, _tail),
    st.builds("{}connect to {}:25: {}".format, st.sampled_from(["", SUSPENDED]), _host, _tail),
    st.builds("temporary failure. Command output: {} {} {}".format, st.sampled_from("ab"), _code, _tail),
    st.text("ab1 .:[]<>@/", max_size=20),
)


@given(st.lists(_any_reason, max_size=30))
def test_what_is_remembered_changes_no_label(some: list[str]) -> None:
    reasons = Reasons()
    numbers = [*reasons.numbers(some[:10]), *reasons.numbers(some[10:])]
    for reason, number in zip(some, numbers, strict=True):
        label = reasons.labels[number]
        # What remains without digits may be shared by texts whose words have digits in them or not.
        assert label == normalise(reason) or _bare(label) == _bare(normalise(reason))


def _bare(label: str) -> str:
    return re.sub(r"[\d*\s.]+", "", label)


def test_labels_are_limited() -> None:
    reasons = Reasons()
    numbers = reasons.numbers([f"because of {'x' * n}y" for n in range(400)])
    assert len(set(numbers)) == 400
    letters = "abcdefghijklmnopqrst"
    numbers = reasons.numbers([f"q{a}{b}{c}z" for a in letters for b in letters for c in letters])
    assert len(reasons.labels) == LABEL_LIMIT
    assert reasons.labels[-1] == "other reasons"
    assert max(numbers) == LABEL_LIMIT - 1
    assert reasons.numbers(["because of xy"]) == [2]


def test_what_is_remembered_is_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reason_module, "_CACHE_LIMIT", 10)
    reasons = Reasons()
    words = [f"because of {a}{b}z" for a in "abcdefgh" for b in "abcdefgh"]
    assert reasons.numbers(words) == reasons.numbers(words) == list(range(1, 65))
    assert len(reasons._tails) <= 10
    assert len(reasons._bare) <= 10


def test_only_the_beginning_of_a_long_reason_counts() -> None:
    start = "no " * 200
    assert normalise(start + "one") == normalise(start + "other") == " ".join(start[:REASON_LIMIT].split())


@given(st.text())
def test_any_text_has_a_label_without_line_ends(reason: str) -> None:
    label = normalise(reason)
    assert label == " ".join(label.split())
