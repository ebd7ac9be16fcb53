"""Keys that a user chose: which are taken, and why others are not."""

import pytest

from mailtui.keymap import is_key, keymap, known_keys

BINDINGS = {
    "queue.hold": "h",
    "queue.release": "H",
    "queue.delete": "x",
    "queue.copy": "y",
    "greylist.delete": "x",
    "table.down": "down,j",
    "message.back": "escape,q",
    "confirm.yes": "y",
    "app.help": "question_mark",
    "app.quit": "q",
}


def test_keys_of_the_console_are_known() -> None:
    known = known_keys()
    assert known["queue.hold"] == "h"
    assert known["app.quit"] == "q"
    assert known["confirm.yes"] == "y"
    assert known["table.down"] == "down,j"
    assert (
        keymap(
            {
                name: key
                for name, key in known.items()
                if name.partition(".")[0] not in {"confirm", "choose", "ask"}
            }
        )[1]
        == []
    )


@pytest.mark.parametrize(
    ("wanted", "taken"),
    [
        ({"queue.hold": "ctrl+h"}, {"queue.hold": "ctrl+h"}),
        ({"queue.hold": "H", "queue.release": "h"}, {"queue.hold": "H", "queue.release": "h"}),
        ({"app.quit": "q, f10"}, {"app.quit": "q,f10"}),
        ({"app.help": "f1,?"}, {"app.help": "f1,question_mark"}),
        ({"queue.delete": "+"}, {"queue.delete": "plus"}),
        ({"greylist.delete": "h"}, {"greylist.delete": "h"}),
        ({"message.back": "q"}, {"message.back": "q"}),
    ],
)
def test_what_can_be_is_taken(wanted: dict[str, str], taken: dict[str, str]) -> None:
    assert keymap(wanted, BINDINGS) == (taken, [])


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        (
            {"queue.hold": "x"},
            "queue.hold cannot be 'x', which is queue.delete: give that one another key as well",
        ),
        ({"queue.delete": "H"}, "which is queue.release"),
        ({"queue.delete": "?"}, "which is app.help"),
        ({"app.quit": "j"}, "which is table.down"),
        ({"queue.hold": "f5", "queue.delete": "f5"}, "queue.delete cannot be 'f5', which is queue.hold"),
        ({"queue.keep": "f5"}, 'there is nothing called \'queue.keep\'; for example "queue.hold" = "ctrl+h"'),
        ({"\x1b[31m": "f5"}, "there is nothing called '^[[31m'"),
        ({"queue.hold": "hyper+h"}, "there is no key 'hyper+h'"),
        ({"queue.hold": ""}, "there is no key ''"),
        ({"queue.hold": "f5,"}, "there is no key ''"),
        ({"queue.hold": "hh"}, "there is no key 'hh'"),
    ],
)
def test_what_cannot_be_is_left_out_and_named(wanted: dict[str, str], said: str) -> None:
    taken, wrong = keymap(wanted, BINDINGS)
    assert len(taken) == len(wanted) - 1
    assert len(wrong) == 1
    assert said in wrong[0]


def test_the_key_that_asks_never_confirms() -> None:
    free = BINDINGS | {"queue.copy": "c"}
    assert keymap({"confirm.yes": "x"}, free)[0] == {}
    assert keymap({"queue.delete": "y"}, free) == (
        {},
        ["[keys]: queue.delete cannot be 'y', which is confirm.yes: give that one another key as well"],
    )


@pytest.mark.parametrize(
    "key", ["a", "Ä", "?", "+", "f12", "ctrl+a", "ctrl+shift+left", "question_mark", "at", "pageup"]
)
def test_keys(key: str) -> None:
    assert is_key(key)


@pytest.mark.parametrize("key", ["", " ", "ctrl+", "+a", "ctrl+ctrl+a", "Ctrl+a", "nokey", "\n", "ctrl+\x1b"])
def test_no_keys(key: str) -> None:
    assert not is_key(key)


@pytest.mark.parametrize("key", ["h", "ctrl+y"])
def test_what_answers_a_question_stays_as_it_is(key: str) -> None:
    taken, (wrong,) = keymap({"confirm.yes": key}, BINDINGS)
    assert taken == {}
    assert "confirm.yes stays as it is" in wrong
