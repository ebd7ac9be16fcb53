"""Files of logical lines: nothing is lost, edits say what they should, and once is enough."""

from hypothesis import given
from hypothesis import strategies as st

from backends.apply.edit import pieces
from backends.apply.edit.aliases import aliases, with_aliases
from backends.apply.edit.main_cf import HEADING, parameters, with_parameters
from backends.apply.edit.master_cf import services, with_services

SOME = st.text("ab=: #\n\t,-o/\\é{}1", max_size=80).map(str.encode) | st.binary(max_size=60)
NAMES = st.sampled_from(["a", "ab", "b_1"])
VALUES = st.none() | st.sampled_from(["", "x", "a, b", "$c"])

MAIN = b"""# top
a = 1
# between
b = one,
# inside
  two
    # inside, too

   three
a = 2
"""


@given(SOME)
def test_joined_together_it_is_the_file_again(content: bytes) -> None:
    assert pieces.write(pieces.read(content)) == content


@given(SOME, st.dictionaries(NAMES, VALUES))
def test_parameters_are_read_back_and_set_once(content: bytes, wanted: dict[str, str | None]) -> None:
    once = with_parameters(content, wanted)
    read = parameters(once)
    assert {name: read.get(name) for name in wanted} == wanted
    assert with_parameters(once, wanted) == once
    others = {name: value for name, value in parameters(content).items() if name not in wanted}
    assert {name: value for name, value in read.items() if name not in wanted} == others


@given(SOME, st.dictionaries(st.sampled_from(["root", "abuse"]), st.none() | st.sampled_from(["x", "a, b"])))
def test_aliases_are_read_back_and_set_once(content: bytes, wanted: dict[str, str | None]) -> None:
    once = with_aliases(content, wanted)
    read = aliases(once)
    assert {name: read.get(name) for name in wanted} == wanted
    assert with_aliases(once, wanted) == once


@given(
    SOME,
    st.dictionaries(
        st.sampled_from(["smtp/inet", "127.0.0.1:10025/inet"]),
        st.sampled_from(["n - y - - smtpd", "- - n - 1 pipe x"]),
    ),
    st.dictionaries(st.sampled_from(["a", "b"]), st.none() | st.sampled_from(["", "x,y", "x y"])),
)
def test_services_are_read_back_and_set_once(
    content: bytes, wanted: dict[str, str], options: dict[str, str | None]
) -> None:
    asked: dict[str, str | None] = dict(wanted)
    asked |= {f"{name}/{option}": value for name in wanted for option, value in options.items()}
    once = with_services(content, asked)
    read = services(once)
    assert {name: read.get(name) for name in asked} == asked
    assert with_services(once, asked) == once


def test_order_comments_and_unknown_parameters_stay() -> None:
    assert parameters(MAIN) == {"a": "2", "b": "one, two three"}
    assert with_parameters(MAIN, {"a": "2", "b": "one, two three"}) == MAIN.replace(b"a = 1\n", b"")
    changed = with_parameters(MAIN, {"b": "four", "c": "$a"}).decode()
    assert changed.splitlines()[:6] == ["# top", "a = 1", "# between", "# inside", "    # inside, too", ""]
    assert changed.endswith(f"b = four\na = 2\n\n{HEADING}\nc = $a\n")
    assert with_parameters(changed.encode(), {"d": "1"}).decode().count(HEADING) == 1


def test_a_last_line_without_an_end_is_ended_first() -> None:
    assert parameters(with_parameters(b"a = 1", {"b": "2"})) == {"a": "1", "b": "2"}


def test_options_and_arguments_that_are_not_asked_for_stay() -> None:
    content = b"smtp inet n - y - - smtpd\n  -o mine=1 -o { theirs = a b }\n# -o old=1\nx unix - n n - - pipe flags=R user=v\n"
    once = with_services(content, {"smtp/inet": "n - y - 10 smtpd", "smtp/inet/new": "1", "x/unix/y": "z"})
    assert services(once) == {
        "smtp/inet": "n - y - 10 smtpd",
        "smtp/inet/mine": "1",
        "smtp/inet/theirs": "a b",
        "smtp/inet/new": "1",
        "x/unix": "- n n - - pipe flags=R user=v",
        "x/unix/y": "z",
    }
    assert b"# -o old=1\n" in once
    assert services(with_services(once, {"smtp/inet": None})) == {
        "x/unix": "- n n - - pipe flags=R user=v",
        "x/unix/y": "z",
    }


def test_aliases_in_quotation_marks_and_over_lines() -> None:
    content = b'Root: ann,\n  bob\n"odd name": :include:/etc/list\n'
    assert aliases(content) == {"root": "ann, bob", "odd name": ":include:/etc/list"}
    assert with_aliases(content, {"root": "ann, bob"}) == content
