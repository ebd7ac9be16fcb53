"""gld.conf, /etc/default, clamd.conf: one setting a line."""

from hypothesis import given
from hypothesis import strategies as st

from backends.apply.edit.assignments import assignments, directives, with_assignments, with_directives

SOME = st.text("abK= #\n1", max_size=60).map(str.encode) | st.binary(max_size=60)


@given(SOME, st.dictionaries(st.sampled_from(["K", "a_b"]), st.none() | st.sampled_from(["", "x y", "=;$"])))
def test_assignments_are_read_back_and_set_once(content: bytes, wanted: dict[str, str | None]) -> None:
    once = with_assignments(content, wanted)
    read = assignments(once)
    assert {name: read.get(name) for name in wanted} == wanted
    assert with_assignments(once, wanted) == once


@given(
    SOME, st.dictionaries(st.sampled_from(["K", "ab"]), st.lists(st.sampled_from(["x", "y z"]), max_size=3))
)
def test_directives_are_read_back_and_set_once(content: bytes, wanted: dict[str, list[str]]) -> None:
    once = with_directives(content, wanted)
    read = directives(once)
    assert {name: list(read.get(name, ())) for name in wanted} == wanted
    assert with_directives(once, wanted) == once


def test_a_setting_is_changed_in_its_place_and_comments_stay() -> None:
    content = b"# which\nPORT=2525\n#SQLHOST=x\nERRACCEPT=1\n# end"
    assert with_assignments(content, {"ERRACCEPT": "0", "SQLPASSWD": "a b=;$"}) == (
        b"# which\nPORT=2525\n#SQLHOST=x\nERRACCEPT=0\n# end\nSQLPASSWD=a b=;$\n"
    )
    assert with_assignments(content, {"PORT": "2525"}) == content
