"""Tables changed, undone and built again, with the real postmap(1)."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from backends.apply.checkpoint.store import Store
from backends.errors import BackendError, BadRequest, Failed, Missing, Refused
from backends.maps import acting
from backends.maps.adapter import PostfixMaps
from backends.maps.programs import Programs
from backends.maps.values import Change
from backends.outcome import Outcome
from backends.runner import Command, Result
from tests.support.maps import Tables

MAIN = """\
virtual_alias_maps = hash:$etc/virtual
transport_maps = texthash:$etc/transport
smtpd_helo_restrictions = check_helo_access regexp:$etc/helo
canonical_maps = inline:{a=b}, hash:$etc/gone
"""
SOURCE = "# ours\nann@x.test ann\n  bob\n# of carol\ncarol@x.test carol\ncarol@x.test again\n"


@pytest.fixture
def site(tables: Tables) -> Tables:
    tables._main = tables._main.replace("alias_maps =\nalias_database =\n", "")
    tables.main(MAIN + "alias_maps = hash:$etc/aliases\nalias_database = $alias_maps\n")
    tables.write("virtual", SOURCE, "hash")
    tables.write("transport", "x.test smtp:\n")
    tables.write("helo", "/x/ REJECT\n")
    tables.write("aliases", 'root: ann\n"a b": c\n', "hash", "postalias")
    return tables


def left_over(site: Tables) -> list[str]:
    return [path.name for path in site.etc.iterdir() if "mailtui" in path.name]


def virtual(site: Tables, key: str) -> str:
    return site.get(key, f"hash:{site.etc}/virtual")


def test_an_entry_is_set_asked_and_taken_back(site: Tables) -> None:
    index = site.etc / "virtual.db"
    index.chmod(0o604)
    os.chown(index, 0, 12)
    change = site.maps.plan_set("virtual", "Dora@x.test", "dora, ann")
    assert change.diff[-1] == "+Dora@x.test\tdora, ann"
    assert virtual(site, "dora@x.test") == ""
    done = site.maps.carry_out(change)
    assert virtual(site, "dora@x.test") == "dora, ann"
    assert (site.etc / "virtual").read_text() == SOURCE + "Dora@x.test\tdora, ann\n"
    state = index.stat()
    assert (state.st_mode & 0o777, state.st_gid, left_over(site)) == (0o604, 12, [])
    assert not site.maps.stale()
    assert done.undo == 1
    back = site.maps.carry_out(site.maps.plan_undo())
    assert (site.etc / "virtual").read_text() == SOURCE
    assert virtual(site, "dora@x.test") == ""
    site.maps.carry_out(site.maps.plan_undo(back.undo))
    assert virtual(site, "dora@x.test") == "dora, ann"
    assert [one.what.partition(" in ")[0] for one in site.maps.acts()] == [
        "undo 2",
        "undo 1",
        "set Dora@x.test",
    ]


def test_an_entry_in_place_of_the_one_that_counts_and_one_removed(site: Tables) -> None:
    site.maps.carry_out(site.maps.plan_set("virtual", "CAROL@x.test", "dora"))
    assert virtual(site, "carol@x.test") == "dora"
    site.maps.carry_out(site.maps.plan_remove("virtual", "carol@X.test"))
    assert virtual(site, "carol@x.test") == ""
    assert (site.etc / "virtual").read_text() == "# ours\nann@x.test ann\n  bob\n# of carol\n"
    with pytest.raises(Missing, match="not in the table"):
        site.maps.plan_remove("virtual", "carol@x.test")


def test_aliases_are_written_and_built_as_such(site: Tables) -> None:
    site.maps.carry_out(site.maps.plan_set("aliases", "list owner", '"|/bin/x y", ann'))
    assert '\n"list owner":\t' in (site.etc / "aliases").read_text()
    assert site.get("list owner", f"hash:{site.etc}/aliases")
    assert site.get("@", f"hash:{site.etc}/aliases") == "@"
    site.maps.carry_out(site.maps.plan_remove("aliases", "a b"))
    assert site.get("a b", f"hash:{site.etc}/aliases") == ""


def test_a_key_is_judged_by_every_use_of_its_table(site: Tables) -> None:
    site.main(
        MAIN.replace("transport_maps = texthash:$etc/transport", "transport_maps = hash:$etc/virtual")
        + "alias_maps = hash:$etc/aliases\nalias_database = $alias_maps\nlocal_recipient_maps = $alias_maps\n"
    )
    with pytest.raises(
        Refused, match=r"in alias_maps: it is a mail address.*; local_recipient_maps finds it"
    ):
        site.maps.plan_set("aliases", "ann@example.test", "bob")
    assert site.maps.judge_key("aliases", "ann") == ()
    site.write("aliases", '"ann@example.test": bob\n', "hash", "postalias")
    (said,) = site.said("aliases")
    assert "'ann@example.test' never matches" in said
    assert "local_recipient_maps, finds it" in said
    looked = {one.use.parameter: one.answer for one in site.maps.look_up("ann@example.test", name="aliases")}
    assert looked["alias_maps"] is None
    assert looked["local_recipient_maps"] is not None
    note = "transport_maps never finds it: it begins with @: a domain is looked up without it"
    change = site.maps.plan_set("virtual", "@y.test", "ann")
    assert change.notes == (note,) == site.maps.judge_key("virtual", "@y.test")
    assert site.maps.plan_set("virtual", "@y.test", "ann", unused=True).notes == ()
    with pytest.raises(
        Refused, match="would never match in transport_maps, virtual_alias_maps: it ends with @"
    ):
        site.maps.plan_set("virtual", "ann@", "bob")


def test_tables_that_are_read_as_text_are_checked_and_told_to_need_a_reload(site: Tables) -> None:
    done = site.maps.carry_out(site.maps.plan_set("transport", "y.test", "smtp:[z]"))
    assert site.get("y.test", f"texthash:{site.etc}/transport") == "smtp:[z]"
    assert "postfix reload" in done.notes[0]
    with pytest.raises(BadRequest, match="in order"):
        site.maps.plan_set("helo", "/y/", "z")
    site.maps.carry_out(site.maps.plan_edit("helo", b"/y/ OK\n"))
    assert site.get("y", f"regexp:{site.etc}/helo") == "OK"
    with pytest.raises(Refused, match=r"helo, line 1: Unmatched"):
        site.maps.carry_out(site.maps.plan_edit("helo", b"/(/ OK\n"))
    assert site.get("y", f"regexp:{site.etc}/helo") == "OK"


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("a b", "c"),
        ("a", ""),
        ("", "c"),
        ("#a", "c"),
        ("a", "b\nc d"),
        ('"a', "b"),
        (" a", "b"),
        ("a\0", "b"),
    ],
)
def test_what_is_no_entry_is_not_written(site: Tables, key: str, value: str) -> None:
    with pytest.raises(BadRequest):
        site.maps.plan_set("virtual", key, value)


def test_an_edit_that_postfix_would_complain_of_changes_nothing(site: Tables) -> None:
    before = {path: path.read_bytes() for path in site.etc.iterdir()}
    with pytest.raises(Refused, match=r"virtual, line 2: expected format"):
        site.maps.carry_out(site.maps.plan_edit("virtual", b"a@b c\nalone\n"))
    assert {path: path.read_bytes() for path in site.etc.iterdir()} == before
    assert site.maps.acts() == []
    assert site.maps.carry_out(site.maps.plan_edit("virtual", SOURCE.encode() + b"new@x.test y\n")).undo == 1


def test_a_file_changed_by_somebody_else_is_left_alone(site: Tables) -> None:
    change = site.maps.plan_set("virtual", "d@x.test", "d")
    site.write("virtual", SOURCE + "e@x.test e\n", "hash")
    with pytest.raises(Refused, match="somebody else"):
        site.maps.carry_out(change)
    number = site.maps.carry_out(site.maps.plan_set("virtual", "d@x.test", "d")).undo
    (site.etc / "virtual").write_text("f@x.test f\n")
    with pytest.raises(Refused, match="changed since"):
        site.maps.plan_undo(number)
    assert (site.etc / "virtual").read_text() == "f@x.test f\n"


def test_an_act_with_later_ones_on_the_same_file_is_not_undone_before_them(site: Tables) -> None:
    for key in ("1@x.test", "2@x.test"):
        site.maps.carry_out(site.maps.plan_set("virtual", key, "x"))
    with pytest.raises(Refused):
        site.maps.plan_undo(1)
    with pytest.raises(Missing):
        site.maps.plan_undo(7)


def test_where_others_may_write_nothing_is_replaced(site: Tables) -> None:
    change = site.maps.plan_set("virtual", "d@x.test", "d")
    site.etc.chmod(0o777)
    with pytest.raises(Refused, match="others may write"):
        site.maps.carry_out(change)
    site.etc.chmod(0o755)
    os.chown(site.etc, 65534, 0)
    with pytest.raises(Refused):
        site.maps.carry_out(change)
    assert (site.etc / "virtual").read_text() == SOURCE


def test_a_link_is_not_written_through(site: Tables) -> None:
    (site.etc / "virtual").rename(site.etc / "elsewhere")
    (site.etc / "virtual").symlink_to("elsewhere")
    with pytest.raises(Refused, match="symbolic link"):
        site.maps.plan_set("virtual", "d@x.test", "d")


@pytest.mark.parametrize("point", ["checked", "registered", "begun", "decided", "replaced"])
def test_broken_off_anywhere_it_is_done_or_not_and_can_be_mended(site: Tables, point: str) -> None:
    """As when the machine loses power: what comes next finds everything old, or the source new and the index stale or good."""

    class PowerCutError(BaseException):
        pass

    def cut(name: str) -> None:
        if name.startswith(point):
            raise PowerCutError

    change = site.maps.plan_set("virtual", "d@x.test", "d")
    store = Store(site.folder / "state")
    with pytest.raises(PowerCutError):
        acting.carry_out(Programs(site.runner, str(site.etc)), store, change, 0.0, cut)
    again = site.maps.plan_set("virtual", "e@x.test", "e")
    try:
        site.maps.carry_out(again)
    except Refused:  # the broken-off change was finished first
        site.maps.carry_out(site.maps.plan_set("virtual", "e@x.test", "e"))
    assert virtual(site, "e@x.test") == "e"
    assert virtual(site, "ann@x.test") == "ann  bob"
    assert left_over(site) == []


def test_indexes_are_built_again(site: Tables) -> None:
    (site.etc / "virtual.db").unlink()
    os.utime(site.etc / "aliases.db", (1e9, 1e9))
    assert [Path(one.path).name for one in site.maps.stale()] == ["aliases", "virtual"]
    done = site.maps.rebuild("virtual")
    assert done.notes == ("2 entries, 0 before", f'{site.etc}/virtual.db: duplicate entry: "carol@x.test"')
    site.maps.rebuild("aliases")
    assert site.maps.stale() == []
    assert site.get("@", f"hash:{site.etc}/aliases") == "@"
    for name in ("helo", "transport"):
        with pytest.raises(BadRequest, match="is not built"):
            site.maps.rebuild(name)
    with pytest.raises(Missing):
        site.maps.rebuild("gone")


def test_a_large_table_has_longer_to_be_built(site: Tables, monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[float] = []
    run = site.runner.run

    def seen(command: Command) -> Result:
        given.extend([command.timeout] * command.mutates)
        return run(command)

    monkeypatch.setattr(site.runner, "run", seen)
    site.maps.rebuild("virtual")
    site.write("virtual", SOURCE + "#" * (10 << 20) + "\n")
    site.maps.rebuild("virtual")
    assert [int(one) for one in given] == [900, 1060]


def test_an_index_that_would_lose_entries_is_left_alone(site: Tables) -> None:
    site.run("postmap", "-i", f"hash:{site.etc}/virtual", stdin=b"only@x.test here\n")
    with pytest.raises(Refused, match="holds 3 entries now, and would hold 2"):
        site.maps.rebuild("virtual")
    assert virtual(site, "only@x.test") == "here"
    site.maps.rebuild("virtual", fewer=True)
    assert virtual(site, "only@x.test") == ""


def test_tables_without_a_file_are_not_changed(site: Tables) -> None:
    with pytest.raises(BadRequest, match="no file of entries"):
        site.maps.plan_set("inline:{a=b}", "a", "c")
    with pytest.raises(Missing):
        site.maps.plan_set("gone", "a", "c")


def test_a_full_disk_leaves_everything_as_it_was(tmp_path: Path) -> None:
    """On a file system of its own, so small that the index has no room."""
    folder = tmp_path / "small"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(folder)], check=False, capture_output=True
    )
    if mounted.returncode:
        pytest.skip("no file system can be mounted here")
    try:
        site = Tables(folder)
        site.main("virtual_alias_maps = hash:$etc/virtual\n")
        site.write("virtual", SOURCE, "hash")
        before = {path: path.read_bytes() for path in site.etc.iterdir()}
        filler = folder / "filler"
        size = os.statvfs(folder).f_bavail * os.statvfs(folder).f_frsize
        filler.write_bytes(b"x" * size)
        change = site.maps.plan_set("virtual", "d@x.test", "d")
        with pytest.raises((BackendError, OSError)):
            site.maps.carry_out(change)
        assert {path: path.read_bytes() for path in site.etc.iterdir()} == before
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def test_a_table_that_answers_otherwise_than_planned_is_told(
    site: Tables, monkeypatch: pytest.MonkeyPatch
) -> None:
    change = site.maps.plan_set("virtual", "d@x.test", "d")
    real: Callable[[Programs, Change, str], str] = acting.wrong
    monkeypatch.setattr(
        acting, "wrong", lambda programs, one, name: real(programs, one, name) or "no" * name.endswith("l")
    )
    with pytest.raises(Failed, match="does not answer as it should"):
        site.maps.carry_out(change)
    assert site.maps.acts()[0].number == 1


def test_what_is_recorded_of_a_failure_has_no_password_in_it(site: Tables) -> None:
    site.main("smtp_sasl_password_maps = texthash:$etc/sasl\n")
    site.write("sasl", "mx.test u:hunter2\n").chmod(0o600)
    told: list[Outcome] = []
    maps = PostfixMaps(
        site.runner,
        config_dir=str(site.etc),
        state=site.folder / "state",
        record=lambda done, _names: told.append(done),
    )
    change = maps.plan_edit("sasl", b" hunter2\nmx.test u:hunter2\n")
    assert change.diff[-2:] == ("+ (hidden)", " mx.test (hidden)")
    with pytest.raises(Refused, match="must not start with whitespace") as caught:
        maps.carry_out(change)
    (done,) = told
    assert "must not start with whitespace" in done.printed[-1]
    assert "hunter2" not in str(caught.value) + done.printed[-1]
    answers = maps.plan_set("sasl", "mx.test", "u:other")
    wrong = msgspec.structs.replace(answers, after=answers.before)
    with pytest.raises(Refused, match="would not answer as planned") as caught:
        maps.carry_out(wrong)
    assert "hunter2" not in str(caught.value)
