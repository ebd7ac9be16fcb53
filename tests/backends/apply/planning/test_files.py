"""A managed file of each kind: made, kept, changed here, changed in the reference, changed in both."""

import pytest

from backends.apply.planning.files import Merged, base_of, merged, reference_alone
from backends.apply.told import Take
from backends.reference.manifest import RELEASES, load
from backends.reference.render import render
from tests.backends.reference.test_reference import values


@pytest.mark.parametrize("release", RELEASES)
@pytest.mark.parametrize("mode", ["pre-queue", "post-queue"])
def test_applied_twice_nothing_changes(release: str, mode: str) -> None:
    of = values(release, filter=mode)  # type: ignore[arg-type]
    for component in load(of.release):
        rendered = render(component, of)
        for file in component.files:
            reference = rendered.get(file.path)
            if reference is None:
                continue
            once = merged(file.kind, reference, b"# packaged\n" if file.kind != "whole" else None, None)
            assert (once.kept, once.conflicts) == ((), ())
            again = merged(file.kind, reference, once.content, base_of(file.kind, reference))
            assert again == Merged(once.content)


def test_switching_the_filter_takes_the_other_one_away() -> None:
    (postfix,) = [one for one in load("bookworm") if one.name == "postfix"]
    before, behind = render(postfix, values()), render(postfix, values(filter="post-queue"))
    for path in ("/etc/postfix/main.cf", "/etc/postfix/master.cf"):
        kind = next(file.kind for file in postfix.files if file.path == path)
        first = merged(kind, before[path], b"mine = 1\n", None).content
        second = merged(kind, behind[path], first, before[path]).content
        back = merged(kind, before[path], second, behind[path]).content
        assert (b"content_filter = scan" in second) == (path.endswith("main.cf"))
        assert b"smtpd_proxy_filter=127" not in second
        assert b"scan " not in back
        assert b"scan:" not in back
        assert sorted(back.splitlines()) == sorted(first.splitlines())


def test_what_was_changed_here_stays() -> None:
    reference = b"a = 1\nb = 2\n"
    here = b"# mine\na = 9\nb = 2\nown = x\n"
    assert merged("parameters", reference, here, reference) == Merged(here, kept=("a",))
    assert merged("parameters", reference, here, reference, take=Take.REFERENCE) == Merged(here, kept=("a",))
    assert reference_alone("parameters", reference, here) == here.replace(b"9", b"1")
    assert merged("parameters", reference, here, reference, overrides={"a": "5"}).content == here.replace(
        b"9", b"5"
    )


def test_what_was_changed_on_both_sides_is_a_conflict() -> None:
    base, here, reference = b"a = 1\n", b"a = 9\n", b"a = 2\n"
    assert merged("parameters", reference, here, base) == Merged(here, conflicts=("a",))
    assert merged("parameters", reference, here, base, take=Take.MINE) == Merged(here, kept=("a",))
    assert merged("parameters", reference, here, base, take=Take.REFERENCE) == Merged(b"a = 2\n")
    assert merged("whole", reference, here, base) == Merged(here, conflicts=("",))


def test_what_the_site_decides_wins_over_the_reference() -> None:
    reference, overrides = b"a = 1\nb = 2\n", {"a": "5", "c": "6"}
    once = merged("parameters", reference, b"", None, overrides=overrides)
    assert once.content.splitlines()[-3:] == [b"a = 5", b"b = 2", b"c = 6"]
    base = base_of("parameters", reference, overrides)
    assert merged("parameters", reference, once.content, base, overrides=overrides) == once
    without = merged("parameters", reference, once.content, base).content
    assert without.splitlines()[-2:] == [b"a = 1", b"b = 2"]


def test_an_alias_that_is_there_is_somebodys_mail() -> None:
    first = merged("aliases", b"root: alice\nabuse: postmaster\n", b"root: bob\n", None)
    assert first.content.startswith(b"root: bob\n")
    assert b"abuse: postmaster\n" in first.content
    assert first.kept == ("root",)


def test_keys_that_come_again() -> None:
    reference = b"DatabaseCustomURL https://a.test/x.ndb\nDatabaseCustomURL https://b.test/y.ndb\n"
    there = b"DatabaseOwner clamav\nDatabaseCustomURL https://old.test/z.ndb\n"
    once = merged("directives", reference, there, None)
    assert once.content == b"DatabaseOwner clamav\n" + reference
    assert merged("directives", b"", once.content, reference).content == b"DatabaseOwner clamav\n"
