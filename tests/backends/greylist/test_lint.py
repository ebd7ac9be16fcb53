"""Rows of the whitelist: what gld can match, and what it never can."""

import pytest

from backends.errors import BadRequest
from backends.greylist.lint import checked, linted, problem, shipped


@pytest.mark.parametrize(
    "mail",
    [
        "ann@example.org",
        "@example.org",
        "192.0.2.1",
        "192.0.2",
        "void@void",
        "2001:db8::25",
        "a b@example.org",
        "0.0.0",
    ],
)
def test_what_gld_can_match(mail: str) -> None:
    assert problem(mail) == ""
    checked(mail, "why")


@pytest.mark.parametrize(
    ("mail", "why"),
    [
        ("example.org", "@example.org"),
        ("localhost", "no sender"),
        ("192.0.2.0/24", "three octets"),
        ("192.0.2.", "three octets"),
        ("192.0", "three octets"),
        ("192.0.2.256", "no address"),
        ("192.0.256", "0 to 255"),
        ("192.0.02", "0 to 255"),
        ("192.0.2.0", "written 192.0.2"),
        ("2001:db8:", "whole addresses"),
        ("2001:DB8:0::25", "Postfix writes it 2001:db8::25"),
        ("2001:db8:1111:2222:3333:4444:5555:6666", "first 31 characters"),
        ("it's@example.org", "quotes"),
        ("a;b@example.org", "quotes"),
        ("back\\slash@example.org", "backslash"),
        ("\x1b[2J@example.org", "control"),
        (" @example.org", "blank"),
        ("*@example.org", "wildcards"),
        ("@a@example.org", "second @"),
        ("", "no sender"),
    ],
)
def test_what_it_cannot(mail: str, why: str) -> None:
    assert why in problem(mail)
    with pytest.raises(BadRequest):
        checked(mail, "")


def test_all_that_debian_ships_is_known_and_can_match() -> None:
    rows = linted(shipped().items())
    assert len(rows) == 169
    assert all(row.shipped for row in rows)
    assert not [row for row in rows if row.problem.startswith("never")]
    assert not linted([("12.5.136.141", "changed")])[0].shipped


def test_needless_rows_are_told() -> None:
    rows = {
        row.mail: row.problem
        for row in linted([("192.0.2", ""), ("192.0.2.7", ""), ("Ann@Example.org", ""), ("@example.ORG", "")])
    }
    assert rows["192.0.2.7"] == "needless: 192.0.2 matches it as well"
    assert rows["Ann@Example.org"] == "needless: @example.org matches it as well"
    assert rows["192.0.2"] == rows["@example.ORG"] == ""
