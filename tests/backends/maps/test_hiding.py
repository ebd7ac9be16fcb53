"""What is not for every eye stays hidden: answers, names, differences, complaints; on the real postmap(1)."""

from io import StringIO
from pathlib import Path

import msgspec
import pytest
from rich.console import Console
from rich.pretty import Pretty

from backends.maps.config import parse
from backends.maps.find import find
from backends.maps.hiding import hidden_line, hides, unquoted
from backends.maps.kinds import HIDDEN
from backends.maps.programs import Programs
from backends.maps.values import Table
from backends.runner import Command, LocalRunner
from tests.support.maps import Tables

SECRET = "hunter2"


def table(tables: Tables, name: str) -> Table:
    return find(tables.maps.tables(), name)


def answers(tables: Tables, name: str, key: str = "a.test", *, secrets: bool = False) -> list[str]:
    found = tables.maps.look_up(key, name=name, secrets=secrets)
    return [looked.answer.answer or "" for looked in found if looked.answer]


@pytest.mark.parametrize("kind", ["unionmap", "pipemap"])
def test_a_table_made_of_a_closed_one_is_closed(tables: Tables, kind: str) -> None:
    parts = "inline:{a.test=a.test}, texthash:$etc/priv"
    tables.main(f"transport_maps = {kind}:{{{parts}}}\nrelocated_maps = {kind}:{{texthash:$etc/open}}\n")
    tables.write("priv", f"a.test {SECRET}\n").chmod(0o600)
    tables.write("open", "a.test moved\n")
    names = [one.name for one in tables.maps.tables() if one.type == kind]
    open_one, closed = sorted(names, key=lambda name: "priv" in name)
    assert answers(tables, closed) == [HIDDEN]
    assert SECRET in answers(tables, closed, secrets=True)[0]
    assert answers(tables, open_one) == ["moved"]


@pytest.mark.parametrize("gone", [True, False])
def test_an_index_that_others_may_not_read(tables: Tables, gone: bool) -> None:
    tables.main("transport_maps = hash:$etc/index\n")
    source = tables.write("index", f"a.test {SECRET}\n", "hash")
    assert answers(tables, "index") == [SECRET]
    (tables.etc / "index.db").chmod(0o600)
    if gone:
        source.unlink()
    assert answers(tables, "index") == [HIDDEN]
    assert answers(tables, "index", secrets=True) == [SECRET]


def test_a_folder_that_others_may_not_enter(tables: Tables) -> None:
    folder = tables.etc / "inner"
    folder.mkdir()
    tables.main("transport_maps = texthash:$etc/inner/priv\n")
    tables.write("inner/priv", f"a.test {SECRET}\n").chmod(0o644)
    assert answers(tables, "priv") == [SECRET]
    folder.chmod(0o700)
    assert answers(tables, "priv") == [HIDDEN]
    link = tables.etc / "link"
    link.symlink_to(folder / "priv")
    tables.main("transport_maps = texthash:$etc/link\n")
    assert answers(tables, "link") == [HIDDEN]


def test_what_cannot_be_looked_at_is_hidden(tmp_path: Path) -> None:
    (tmp_path / "one").symlink_to("two")
    (tmp_path / "two").symlink_to("one")
    for path in (tmp_path / "one", tmp_path / "nothing", tmp_path / "file" / "x"):
        assert hides(Table(f"texthash:{path}", "texthash", str(path), ()))
    assert hides(Table("texthash:relative", "texthash", "", ()))
    assert not hides(Table("regexp:{{/x/ y}}", "regexp", "", ()))


def test_a_password_in_a_name_is_shown_nowhere(tables: Tables) -> None:
    names = (
        f"static:relay:{SECRET}",
        f"static:other:{SECRET}3",
        f"inline:{{{{[mx.test]:587=relay:{SECRET}4}}}}",
        f"unionmap:{{static:relay:{SECRET}5, texthash:$etc/sasl}}",
        f"regexp:{{{{/x/ {SECRET}6}}}}",
        "hash:$etc/gone",
    )
    tables.main("smtp_sasl_password_maps = " + ", ".join(names) + "\n")
    tables.write("sasl", f"mx.test u:{SECRET}7\n")
    found = [one for one in tables.maps.tables() if one.uses[0].parameter.endswith("sasl_password_maps")]
    shown = [one.name for one in found]
    assert {
        f"static:{HIDDEN}",
        f"static:{HIDDEN}-2",
        f"inline:{HIDDEN}",
        f"unionmap:{HIDDEN}",
        f"regexp:{HIDDEN}",
        f"texthash:{tables.etc}/sasl",
    } < set(shown)
    assert len(set(shown)) == len(shown)
    uses = [(use, use.inside) for one in found for use in one.uses]
    told = (
        shown,
        uses,
        tables.maps.look_up("mx.test"),
        [tables.maps.check(lambda _: None, [one]) for one in shown],
    )
    assert SECRET not in str(told)
    assert SECRET not in "".join(one.command + one.said for one in tables.runner.journal.entries())
    for name in names[:2]:
        (looked,) = tables.maps.look_up("mx.test", name=name, secrets=True)
        assert looked.answer is not None
        assert looked.answer.answer == f"relay:{SECRET}"  # the first that answers


def test_what_is_known_of_a_table_can_be_printed(tables: Tables) -> None:
    """Whoever logs a value, or sends it on as JSON, tells no password."""
    inline = f"inline:{{{{mx.test=relay:{SECRET}}}}}"
    tables.main(
        f"smtp_sasl_password_maps = unionmap:{{{inline}, static:{SECRET}}}, static:{SECRET}, texthash:$etc/sasl\n"
    )
    tables.write("sasl", f"mx.test u:{SECRET}\n").chmod(0o600)
    config = Programs(tables.runner, str(tables.etc)).config()
    change = tables.maps.plan_set("sasl", "mx.test", f"u:{SECRET}x")
    for value in (config, config.tables, change, tables.checked()):
        assert SECRET not in f"{value!r} {value}"
        console = Console(file=StringIO())
        console.print(Pretty(value))
        assert SECRET not in console.file.getvalue()  # type: ignore[attr-defined]
    assert SECRET.encode() not in msgspec.json.encode(config.tables)
    with pytest.raises(TypeError):
        msgspec.json.encode(config)


def test_names_of_other_parameters_are_shown() -> None:
    config = parse("", "transport_maps = static:smtp:x, inline:{a=b}, unionmap:{static:y}\n", "", "")
    names = [one.name for one in config.tables]
    assert names == ["static:smtp:x", "inline:{a=b}", "unionmap:{static:y}", "static:y"]
    assert [config.asked(one) for one in config.tables] == names


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("mx.test u:p", f"mx.test {HIDDEN}"),
        ("mx.test", HIDDEN),
        ("mx.test:u=p", HIDDEN),
        ("mx.test:u=p ", HIDDEN),
        ("mx.test\u00a0u:p", HIDDEN),
        ("mx.test\u00a0u:p rest", HIDDEN),
        ("mx.test\u200bu:p rest", HIDDEN),
        ('"mx.test u:p', HIDDEN),
        ("#user:p", f"# {HIDDEN}"),
        (" # user:p x", f" # {HIDDEN}"),
        ("#", "#"),
        (" u:p", f" {HIDDEN}"),
        ("", ""),
        ("  ", "  "),
    ],
)
def test_a_line_of_a_hidden_table(line: str, shown: str) -> None:
    assert hidden_line(line, alias=False) == shown


@pytest.mark.parametrize(
    ("line", "shown"),
    [("root: p", f"root: {HIDDEN}"), ("root:p", f"root:{HIDDEN}"), ("root p", HIDDEN), ("p", HIDDEN)],
)
def test_a_line_of_hidden_aliases(line: str, shown: str) -> None:
    assert hidden_line(line, alias=True) == shown


def test_no_line_of_a_difference_shows_a_password(tables: Tables) -> None:
    tables.main("smtp_sasl_password_maps = texthash:$etc/sasl\n")
    tables.write("sasl", f"broken:u={SECRET}\n#user:{SECRET}\nmx\u00a0u:{SECRET}\nmx.test u:{SECRET}\n")
    change = tables.maps.plan_set("sasl", "new.test", f"u:{SECRET}")
    assert change.diff[2:] == (f" # {HIDDEN}", f" {HIDDEN}", f" mx.test {HIDDEN}", f"+new.test\t{HIDDEN}")


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ('/etc/x, line 3: duplicate entry: "p"', "/etc/x, line 3: duplicate entry"),
        ("texthash:/etc/x: duplicate entry p", "texthash:/etc/x: duplicate entry"),
        ("fatal: open /etc/x: Permission denied", "fatal: open /etc/x: Permission denied"),
        ("fatal: unsupported dictionary type: ldap", "fatal: unsupported dictionary type: ldap"),
        ("postmap did not answer within 10 s", "postmap did not answer within 10 s"),
    ],
)
def test_a_complaint_up_to_what_it_quotes(said: str, shown: str) -> None:
    assert unquoted(said) == shown


@pytest.mark.parametrize(
    "said",
    [
        f"bad numerical configuration: password = {SECRET}",
        f"fatal: mysql:/etc/x.cf: bad numerical configuration: password = {SECRET}",
        f"/etc/x, line 4: overriding earlier entry: password={SECRET}",
        f"regexp map /etc/x, line 4: unknown regexp option {SECRET}",
        f"table texthash:/etc/x: key {SECRET}: bad",
        SECRET,
    ],
)
def test_a_complaint_without_quotation_marks_is_not_told(said: str) -> None:
    assert SECRET not in unquoted(said)
    assert ("line 4: " in unquoted(said)) == ("line 4: " in said)


def test_the_journal_does_not_quote_a_hidden_table(tables: Tables) -> None:
    tables.main("smtp_sasl_password_maps = texthash:$etc/sasl\ntransport_maps = texthash:$etc/open\n")
    tables.write("sasl", f" {SECRET}\nmx.test u:p\n")
    tables.write("open", " begins\nmx.test smtp:\n")
    tables.said()
    journal = tables.runner.journal.entries()
    assert SECRET not in "".join(one.said for one in journal)
    assert "what it complains of is not shown" in {one.said for one in journal}
    assert any("begins" in one.said for one in journal)


def test_words_of_a_command_that_hold_a_secret() -> None:
    runner = LocalRunner()
    result = runner.run(Command(("printf", "%s", SECRET), shown=("printf", "%s", HIDDEN)))
    assert result.stdout == SECRET.encode()
    (entry,) = runner.journal.entries()
    assert entry.command == "printf %s '(hidden)'"
