"""`mailtui quarantine …`: what is listed, whom acts hit, when they ask, when they refuse."""

import io
import json
from pathlib import Path
from typing import Any

import pytest

from mailtui.cli.main import main
from tests.mailtui.cli.conftest import Ran, Run
from tests.mailtui.cli.fake import NOW, FakeHost


def listed(run: Run, *words: str) -> list[dict[str, Any]]:
    ran = run("quarantine", "list", "--json", *words)
    assert (ran.code, ran.err) == (0, "")
    return [json.loads(line) for line in ran.out.splitlines()]


def there(host: FakeHost) -> set[str]:
    listing = host.quarantine.read()
    return {listing.path(row) for row in range(len(listing))}


def of_kind(run: Run, kind: str) -> list[str]:
    return [one["path"] for one in listed(run, "--kind", kind)]


def typed_in(monkeypatch: pytest.MonkeyPatch, content: bytes, *, terminal: bool = False) -> None:
    class Terminal(io.TextIOWrapper):
        def isatty(self) -> bool:
            return terminal

    monkeypatch.setattr("sys.stdin", Terminal(io.BytesIO(content)))
    if terminal:
        monkeypatch.setattr("sys.stderr.isatty", lambda: True)


def test_all_are_listed_the_newest_first(run: Run) -> None:
    found = listed(run)
    assert len(found) == 100
    times = [one["mtime"] for one in found]
    assert times == sorted(times, reverse=True)
    assert {
        "path",
        "kind",
        "inode",
        "size",
        "kept",
        "alert",
        "score",
        "sender",
        "recipients",
        "subject",
    } <= found[0].keys()
    text = run("quarantine", "list")
    assert text.out.splitlines()[0].split() == [
        "message", "age", "size", "score", "sender", "recipient", "subject", "found",
    ]  # fmt: skip
    assert len(text.out.splitlines()) == 101
    assert "\x1b" not in text.out


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (("--kind", "virus"), lambda one: one["kind"] == "virus"),
        (("--alert", "infected"), lambda one: "INFECTED" in one["alert"]),
        (("--rule", "URIBL"), lambda one: "URIBL_BLACK" in dict(one["rules"])),
        (("--to", "re:^alice@"), lambda one: any(to.startswith("alice@") for to in one["recipients"])),
        (("--from", "club"), lambda one: "club" in one["sender"]),
        (("--subject", "parcel"), lambda one: "parcel" in one["subject"]),
        (("--score-above", "10"), lambda one: one["score"] > 10),
        (("--score-below", "0"), lambda one: one["score"] < 0),
        (("--older-than", "7d"), lambda one: NOW - one["mtime"] / 1e9 >= 7 * 86400),
        (("--newer-than", "7d"), lambda one: NOW - one["mtime"] / 1e9 < 7 * 86400),
        (("--larger-than", "50k"), lambda one: one["size"] > 50 << 10),
        (("--filter", "score>10 !kind:virus"), lambda one: one["score"] > 10 and one["kind"] != "virus"),
    ],
)
def test_selectors(run: Run, words: tuple[str, ...], what: Any) -> None:
    chosen, everything = listed(run, *words), listed(run)
    assert chosen == [one for one in everything if what(one)]
    assert 0 < len(chosen) < 100


def test_nothing_matches(run: Run) -> None:
    ran = run("quarantine", "list", "--subject", "no such thing")
    assert (ran.code, ran.out, ran.err) == (0, "", "No message matches\n")


@pytest.mark.parametrize("act", ["release", "delete", "keep"])
@pytest.mark.parametrize(
    "words",
    [
        (),
        ("--yes",),
        ("--subject", ""),
        ("--all", "--kind", "spam"),
        ("--max", "0", "x"),
        ("--no-such",),
        ("--kind", "ham"),
        ("--filter", "score>x"),
        ("--score-above", "x"),
    ],
)
def test_what_is_not_said_is_not_done(run: Run, host: FakeHost, act: str, words: tuple[str, ...]) -> None:
    before = there(host)
    ran = run("quarantine", act, *words)
    assert ran.code == 2, ran
    assert there(host) == before


def test_named_by_path_name_or_mail_id(run: Run, host: FakeHost) -> None:
    one, two, three = of_kind(run, "spam")[:3]
    mail_id = three.partition("-")[2].removesuffix(".gz")
    ran = run("quarantine", "delete", one, two.rpartition("/")[2], mail_id, one, "--yes")
    assert (ran.code, ran.out.splitlines()[0]) == (0, "delete: 3 of 3 messages")
    assert not {one, two, three} & there(host)
    missing = run("quarantine", "delete", one, "--yes")
    assert missing.code == 1
    assert f"left out {one}: not in the quarantine" in missing.out


def test_a_listing_is_taken_from_standard_input(
    run: Run, host: FakeHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = run("quarantine", "list", "--json", "--kind", "badh").out
    paths = set(of_kind(run, "badh"))
    typed_in(monkeypatch, lines.encode())
    assert run("quarantine", "delete", "-", "--yes").code == 0
    assert not paths & there(host)
    typed_in(monkeypatch, b'{"path": 1}\n')
    assert run("quarantine", "delete", "-", "--yes").code == 2


def test_a_dry_run_does_nothing_and_tells_all(run: Run, host: FakeHost) -> None:
    before = there(host)
    ran = run("quarantine", "delete", "--kind", "spam", "--dry-run")
    assert ran.code == 0
    assert "command  mailtui quarantine delete --yes -\n" in ran.out
    assert "undo     for 24h" in ran.out
    plan = json.loads(run("quarantine", "release", "--kind", "spam", "--dry-run", "--json").out)
    assert plan["commands"][0].startswith("amavisd-release ")
    assert there(host) == before


def test_without_a_terminal_nothing_is_done_unasked(run: Run, host: FakeHost) -> None:
    before = there(host)
    ran = run("quarantine", "delete", "--kind", "spam")
    assert ran.code == 5
    assert "no terminal to ask at" in ran.err
    assert there(host) == before


def test_more_than_max_is_refused(run: Run, host: FakeHost) -> None:
    ran = run("quarantine", "delete", "--all", "--yes", "--max", "99")
    assert (ran.code, len(there(host))) == (5, 100)
    assert "allow it with --max 100" in ran.err


@pytest.mark.parametrize("act", ["release", "delete", "keep", "undo"])
def test_read_only_changes_nothing(run: Run, act: str) -> None:
    words = () if act == "undo" else ("--all", "--yes")
    assert run("--read-only", "quarantine", act, *words).code == 5


def release(run: Run, path: str, *words: str) -> Ran:
    return run("quarantine", "release", path, "--yes", *words)


def test_a_virus_is_let_out_by_its_name(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    virus = listed(run, "--kind", "virus")[0]
    name = virus["alert"].rpartition(": ")[2]
    refused = release(run, virus["path"])
    assert refused.code == 5
    assert f"VIRUS    {name} would be delivered" in refused.err
    assert "its name must be given with --virus" in refused.err
    assert release(run, virus["path"], "--virus", "Other").code == 5
    assert release(run, virus["path"], "--virus", "").code == 5
    done = release(run, virus["path"], "--virus", name)
    assert done.code == 0
    assert "250 2.0.0 Ok" in done.out
    typed_in(monkeypatch, b"yes\n", terminal=True)
    assert release(run, virus["path"]).code == 5
    typed_in(monkeypatch, f"{name}\n".encode(), terminal=True)
    assert release(run, virus["path"]).code == 0


def test_released_to_others_and_learnt(run: Run) -> None:
    path = of_kind(run, "spam")[0]
    plan = run("quarantine", "release", path, "--recipient", "bob@example.org", "--ham", "--dry-run")
    assert f"command  amavisd-release {path} '' bob@example.org\n" in plan.out
    assert "command  sa-learn --ham\n" in plan.out
    assert release(run, path, "--recipient", "nobody").code == 2
    assert "Learned tokens from 1" in release(run, path, "--ham").out


def test_kept_and_no_longer(run: Run) -> None:
    path = of_kind(run, "virus")[0]
    assert "keep: 1 of 1 message" in run("quarantine", "keep", path, "--yes").out
    assert [one["path"] for one in listed(run) if one["kept"]] == [path]
    assert any(line.startswith("* ") for line in run("quarantine", "list").out.splitlines())
    assert "let-go: 1 of 1" in run("quarantine", "keep", "--not", path, "--yes").out
    assert not [one for one in listed(run) if one["kept"]]


def test_undone(run: Run, host: FakeHost) -> None:
    before = there(host)
    assert run("quarantine", "undo").code == 3
    done = run("quarantine", "delete", "--kind", "badh", "--yes")
    assert "undo with: mailtui quarantine undo 1" in done.out
    (entry,) = [json.loads(line) for line in run("quarantine", "undo", "--list", "--json").out.splitlines()]
    assert (entry["number"], entry["user"]) == (1, "root")
    assert "root" in run("quarantine", "undo", "--list").out
    assert run("quarantine", "undo").code == 0
    assert there(host) == before
    run("quarantine", "delete", "--kind", "badh", "--yes")
    assert run("quarantine", "undo", "--empty").code == 5
    assert "let go for good" in run("quarantine", "undo", "--empty", "--yes").out
    assert run("quarantine", "undo", "--list").err == "There is nothing to undo\n"


def test_shown(run: Run) -> None:
    path = of_kind(run, "banned")[0]
    ran = run("quarantine", "show", path)
    assert ran.code == 0
    assert "BANNED, message contains" in ran.out
    assert "   sha256 " in ran.out
    view = json.loads(run("quarantine", "show", path, "--json").out)
    assert len(view["attachments"][0]["sha256"]) == 64
    assert "Body as sent" in run("quarantine", "show", path, "--raw").out
    assert run("quarantine", "show", "nothing-like-it").code == 3
    assert "(there is more" in run("quarantine", "show", path, "--limit", "500").out


def test_exported_and_never_over_another_file(
    run: Run, host: FakeHost, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = of_kind(run, "spam")[0]
    monkeypatch.chdir(tmp_path)
    assert run("quarantine", "export", path).code == 0
    file = tmp_path / f"{path.rpartition('/')[2].removesuffix('.gz')}.eml"
    assert b"X-Envelope-From" in file.read_bytes()
    assert file.stat().st_mode & 0o777 == 0o600
    assert run("quarantine", "export", path).code == 5
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "target")
    assert run("quarantine", "export", path, str(link)).code == 5
    assert not (tmp_path / "target").exists()
    assert run("quarantine", "export", path, str(tmp_path / "no" / "x")).code == 3


def test_figures(run: Run) -> None:
    figures = json.loads(run("quarantine", "stats", "--json").out)
    assert figures["count"] == sum(one["count"] for one in figures["kinds"]) == 100
    text = run("quarantine", "stats").out
    assert text.splitlines()[0].startswith("/var/lib/amavis/virusmails: 100 files, ")
    assert "a day: full is not in sight" in text
    assert "2 leftover work folders" in text
    assert "not amavis's: notes.txt" in text


def test_on_the_demo_host_and_without_textual(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--demo", "quarantine", "stats"]) == 0
    captured = capsys.readouterr()
    assert "684 files" in captured.out
    assert "DEMO" in captured.err


def test_what_lies_beside_the_messages(run: Run) -> None:
    ran = run("quarantine", "list", "--apart")
    assert ran.code == 0
    assert "notes.txt" in ran.out
    found = [json.loads(line) for line in run("quarantine", "list", "--apart", "--json").out.splitlines()]
    assert [one["what"] for one in found] == ["foreign", "work", "work"]
    assert sum(one["size"] for one in found[1:]) == 48_211_003
    assert run("quarantine", "list", "--apart", "--kind", "spam").code == 2
