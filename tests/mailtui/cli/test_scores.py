"""`mailtui scores`: what is counted, drawn, listed and refused, on the demo's scores."""

import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from threading import Event
from xml.etree import ElementTree

import pytest

from backends.errors import NotPermitted
from backends.scores.store import Store
from backends.scores.told import Reading, Ruled, Rules, Scored, Thresholds, Trouble
from tests.backends.scores.making import scored, store
from tests.mailtui.cli.conftest import Run
from tests.mailtui.cli.fake import HOSTILE, NOW, FakeHost


class FakeScores:
    """Scores of a few messages; all of their texts are hostile."""

    def __init__(self, kept: Store) -> None:
        self.kept = kept
        self.levels: tuple[Thresholds, ...] = (Thresholds(),)
        self.troubles: tuple[Trouble, ...] = ()
        self.refused = False
        self.known = Rules()

    def read(self, *_: object) -> Reading:
        return Reading(self.kept, NOW, troubles=self.troubles)

    def messages(
        self, reading: Reading, rows: Sequence[int] | None = None, stop: Event | None = None
    ) -> Iterator[tuple[int, Scored]]:
        for row in range(len(self.kept)) if rows is None else rows:
            yield (
                row,
                Scored(time=NOW, sender=HOSTILE, recipients=(HOSTILE, HOSTILE), said=HOSTILE, score=5.0),
            )

    def rules(self, stop: Event | None = None) -> Rules:
        return Rules(self.known.messages, self.troubles)

    def thresholds(self) -> tuple[Thresholds, ...]:
        if self.refused:
            raise NotPermitted("The configuration cannot be read", hint="be root")
        return self.levels


def use(host: FakeHost, kept: Store) -> FakeScores:
    fake = FakeScores(kept)
    host.__dict__["scores"] = fake
    return fake


def test_it_fits_into_eighty_columns(run: Run) -> None:
    for words in (
        ("scores",),
        ("scores", "--what-if", "tag2=5", "--bayes"),
        ("--plain", "scores", "--doubtful"),
    ):
        ran = run(*words)
        assert (ran.code, ran.err) == (0, "")
        figures = [line for line in ran.out.splitlines() if "@" not in line and "verdict" not in line]
        assert max(map(len, figures)) <= 80
    assert run("--plain", "scores").out.isascii()


def test_verdict_chart_figures(run: Run) -> None:
    out = run("scores").out
    lines = out.splitlines()
    assert "scored," in lines[0]
    assert "tag2 6.31│kill 6.31" in lines[1]
    assert "█ ham" in out
    assert "░▒ spam" in out
    assert re.search(r"◂ \d+ below .* \d+ above ▸", out)
    assert "are tagged as spam" in out
    assert any(line.startswith("spam ") and "1001" in line for line in lines)
    assert any(line.startswith("scan p95") for line in lines)


def test_another_threshold_counts_and_lists_the_same_messages(run: Run) -> None:
    told = json.loads(run("scores", "--json", "--what-if", "tag2=5.0", "--limit", "0").out)
    (moved,) = told["what_if"]
    assert moved["count"] == len(told["messages"]) > 50
    assert all(5.0 <= one["score"] < 6.31 for one in told["messages"])
    times = [one["time"] for one in told["messages"]]
    assert times == sorted(times, reverse=True)
    text = run("scores", "--what-if", "tag2=5.0", "--limit", "3").out
    assert f"tag2 to 5.00: +{moved['count']} would be tagged as spam" in text
    assert "$sa_tag2_level_deflt = 5;" in text
    up = run("scores", "--what-if", "kill=9", "--limit", "3").out
    assert "would no longer reach it" in up


def test_the_time_is_narrowed(run: Run) -> None:
    def count(*words: str) -> int:
        return int(json.loads(run("scores", "--json", *words).out)["count"])

    whole, day = count(), count("--since", "1d")
    assert 0 < day < whole
    assert count("--until", "1d") == whole - day
    assert count("--since", "2020-01-01", "--until", "2020-01-02") == 0


def test_lists(run: Run) -> None:
    out = run("scores", "--by", "domain", "--limit", "5").out.splitlines()
    assert len(out) == 6
    assert out[0].split() == ["messages", "spam", "virus", "mean", "highest", "name"]
    recipients = [json.loads(line) for line in run("scores", "--by", "recipient", "--json").out.splitlines()]
    counts = [one["count"] for one in recipients]
    assert counts == sorted(counts, reverse=True)
    rules = [
        json.loads(line) for line in run("scores", "--by", "rule", "--json", "--limit", "0").out.splitlines()
    ]
    assert {"BAYES_99", "BAYES_00"} <= {one["name"] for one in rules}
    assert "BAYES_00" in run("scores", "--by", "rule").out
    doubtful = json.loads(run("scores", "--json", "--doubtful", "--limit", "10").out)["messages"]
    apart = [abs(one["score"] - 6.31) for one in doubtful]
    assert len(apart) == 10
    assert apart == sorted(apart)


def test_drawn_into_a_file(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "scores.svg"
    for _ in range(2):  # its own drawing it may draw again
        assert run("scores", "--svg", str(path)).code == 0
    ElementTree.fromstring(path.read_text())
    assert run("scores", "--svg", "-").out == path.read_text()
    path.write_text("precious")
    assert run("scores", "--svg", str(path)).code == 5
    assert path.read_text() == "precious"
    assert run("scores", "--svg", str(tmp_path / "none" / "x.svg")).code == 3


@pytest.mark.parametrize(
    "words",
    [
        ("--what-if", "tag2"),
        ("--what-if", "tag2=nan"),
        ("--threshold", "x=1"),
        ("--since", "soon"),
        ("--width", "0"),
        ("--width", "nan"),
        ("--by", "weather"),
        ("--limit", "-1"),
        ("--by", "rule", "--log", "mail.log"),
    ],
)
def test_wrong_usage(run: Run, words: tuple[str, ...]) -> None:
    ran = run("scores", *words)
    assert ran.code == 2
    assert ran.out == ""


def test_thresholds_in_force_named_and_not_known(run: Run, host: FakeHost) -> None:
    fake = use(host, store(scored(1.0, 5.0, 7.0)))
    fake.levels = (Thresholds(tag2=4.0, kill=None), Thresholds(bank="ORIGINATING", tag2=9.0))
    ran = run("scores")
    assert "tag2 4.00: 2 of 3 (66.7%)" in ran.out
    assert "kill" not in ran.out
    assert "ORIGINATING" in ran.err
    fake.levels = (Thresholds(understood=False),)
    assert "--threshold" in run("scores").err
    fake.refused = True
    assert "cannot be read: Debian's thresholds are shown" in run("scores").err
    ran = run("scores", "--threshold", "tag2=0.5", "--threshold", "kill=6")
    assert ran.err == ""
    assert "tag2 0.50: 3 of 3" in ran.out


def test_nothing_one_and_all_the_same(run: Run, host: FakeHost) -> None:
    use(host, Store())
    ran = run("scores")
    assert ran.code == 0
    assert "amavis has scored nothing\n" in ran.out
    assert "amavis has scored nothing of that time" in run("scores", "--since", "1h").out
    assert "tag2 6.31: 0 of 0 are" in ran.out
    assert json.loads(run("scores", "--json").out)["count"] == 0
    assert run("scores", "--svg", "-").code == 0
    for many in (1, 500):
        use(host, store(scored(*[3.5] * many)))
        out = run("scores").out
        assert f"{many} scored, 0 not" in out
        assert "█" in out


def test_hostile_texts_and_troubles(run: Run, host: FakeHost) -> None:
    fake = use(host, store(scored(5.9, 6.0)))
    fake.troubles = (Trouble(f"A log is gone {HOSTILE}", "look for it"),)
    for words in (
        ("--what-if", "tag2=5"),
        ("--doubtful",),
        ("--by", "domain"),
        ("--by", "recipient"),
        ("--json", "--doubtful"),
    ):
        ran = run("scores", *words)
        assert ran.code == 1
        assert "A log is gone" in ran.err
        assert not any(char in ran.out + ran.err for char in "\x1b\x00\x7f\x9b\u202e\u2028")


def test_its_help_names_all_there_is(run: Run) -> None:
    out = run("scores", "--help").out
    for option in (
        "--log",
        "--since",
        "--until",
        "--by",
        "--what-if",
        "--threshold",
        "--svg",
        "--json",
        "--bayes",
    ):
        assert option in out
    assert "mailtui scores" in run("--help").out or "scores" in run("--help").out


@pytest.mark.parametrize("plain", [(), ("--plain",)])
@pytest.mark.parametrize("score", [1e6, -1e6, 1e5, 1001.2, -999.95])
def test_any_figures_fit_into_eighty_columns(
    run: Run, host: FakeHost, score: float, plain: tuple[str, ...]
) -> None:
    kept = scored(*[score] * 3000, 0.5, -score)
    fake = use(host, store([one._replace(took=4_000_000_000) for one in kept]))
    fake.levels = (Thresholds(tag2=-999_999.0, kill=1e9, destiny="pass"),)
    fake.known = Rules((Ruled(NOW, True, score, tuple((f"R{n}", score) for n in range(3)), "m"),) * 9)
    for words in ((), ("--what-if", "kill=-1000"), ("--by", "rule"), ("--by", "domain")):
        ran = run(*plain, "scores", *words, "--limit", "1")
        lines = [
            line
            for line in ran.out.splitlines()
            if "txt.exe" not in line and not line.startswith("score  time")
        ]
        assert max(map(len, lines)) <= 80, max(lines, key=len)
        assert not plain or ran.out.isascii()


def test_what_becomes_of_mail_at_the_kill_level(run: Run, host: FakeHost) -> None:
    fake = use(host, store(scored(1.0, 7.0)))
    for destiny, says in (
        ("pass", "1 of 2 (50.0%) reach it and are delivered all the same"),
        ("discard", "1 of 2 (50.0%) reach it and are discarded"),
        ("reject", "1 of 2 (50.0%) reach it and are rejected"),
        ("", "1 of 2 (50.0%) reach it"),
    ):
        fake.levels = (Thresholds(destiny=destiny),)
        assert f"kill 6.31: {says}\n" in run("scores").out
    assert "kill to 0.50: +1 would reach it (now 1)" in run("scores", "--what-if", "kill=0.5").out


def test_rules_are_counted_of_the_time_asked_for(run: Run, host: FakeHost) -> None:
    fake = use(host, store(scored(1.0)))
    fake.known = Rules(tuple(Ruled(NOW - age, True, 7.0, (("A", 7.0),), f"m{age}") for age in (10, 7200)))
    assert (
        "of 2 messages in the quarantine and in mailboxes, each counted once"
        in run("scores", "--by", "rule").out
    )
    assert "of 1 message in" in run("scores", "--by", "rule", "--since", "1h").out
