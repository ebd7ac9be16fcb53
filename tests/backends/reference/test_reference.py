"""The bundled reference: what it holds, what it renders, and that no value leaves its place."""

import re
from importlib import resources
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backends.errors import BadRequest
from backends.reference.explain import deviations
from backends.reference.manifest import COMPONENTS, RELEASES, Release, load
from backends.reference.render import render
from backends.reference.values import Values

PAGE = Path(__file__).parents[2] / "golden" / "reference" / "page.txt"


def values(release: Release = "bookworm", **other: object) -> Values:
    given = {
        "release": release,
        "domain": "example.test",
        "hostname": "mail.example.test",
        "postmaster": "alice",
        "public_ips": ("203.0.113.177",),
        "greylist_password": "pass word=1;$#",
    }
    return Values(**(given | other))  # type: ignore[arg-type]


def rendered(of: Values) -> dict[str, str]:
    """All files of all components, by path."""
    return {
        path: content.decode()
        for component in load(of.release)
        for path, content in render(component, of).items()
    }


@pytest.mark.parametrize("release", RELEASES)
def test_every_component_is_whole(release: Release) -> None:
    components = load(release)
    assert [one.name for one in components] == list(COMPONENTS)
    services = {service.name for one in components for service in one.services}
    for one in components:
        folder = resources.files("backends.reference").joinpath(one.name)
        templates = {file.template for file in one.files} | {base.schema for base in one.databases}
        present = {path.name for path in folder.iterdir()} - {"manifest.toml"}
        assert templates <= present
        changed = [file.changes for file in one.files] + [group.changes for group in one.groups]
        assert {name for changes in changed for name in changes} <= services
        assert {table.path for table in one.maps} <= {file.path for file in one.files}
        assert one.packages
        assert not set(one.packages) & set(one.optional)


def test_no_template_is_left_over() -> None:
    for name in COMPONENTS:
        folder = resources.files("backends.reference").joinpath(name)
        used = {
            file.template
            for release in RELEASES
            for one in load(release)
            if one.name == name
            for file in one.files
        }
        assert {path.name for path in folder.iterdir() if path.name.endswith(".j2")} == used


def test_what_the_releases_differ_in() -> None:
    old, new = rendered(values("bookworm")), rendered(values("trixie"))
    assert old.keys() - new.keys() == {"/etc/default/gld"}
    assert new.keys() - old.keys() == {"/etc/clamav/freshclam.conf"}
    assert "mail_location" in old["/etc/dovecot/local.conf"]
    assert "mail_driver" in new["/etc/dovecot/local.conf"]
    assert "clamav-unofficial-sigs" in {package for one in load("bookworm") for package in one.packages}
    assert "clamav-unofficial-sigs" not in {package for one in load("trixie") for package in one.packages}


def test_what_the_filter_modes_differ_in() -> None:
    before, behind = rendered(values()), rendered(values(filter="post-queue"))
    outgoing = rendered(values(filter="post-queue", scope="outgoing", networks=("127.0.0.0/8", "[::1]/128")))
    assert "smtpd_proxy_filter=127.0.0.1:10024" in before["/etc/postfix/master.cf"]
    assert "content_filter = " not in before["/etc/postfix/main.cf"]
    assert "D_REJECT" in before["/etc/amavis/conf.d/50-user"]
    assert "scan      unix" in behind["/etc/postfix/master.cf"]
    assert "content_filter = scan:[127.0.0.1]:10024" in behind["/etc/postfix/main.cf"]
    assert "D_REJECT" not in behind["/etc/amavis/conf.d/50-user"]
    assert "content_filter" not in outgoing["/etc/postfix/main.cf"]
    assert "::1/128 FILTER scan:[127.0.0.1]:10024" in outgoing["/etc/postfix/outgoing_filter"]
    assert "/etc/postfix/outgoing_filter" not in behind


@pytest.mark.parametrize("release", RELEASES)
def test_every_setting_of_the_page_is_there_or_explained(release: Release) -> None:
    files = "\n".join(
        text
        for mode in ("pre-queue", "post-queue")
        for text in rendered(values(release, filter=mode)).values()
    )
    packages = {package for one in load(release) for package in (*one.packages, *one.optional)}
    there = _plain(files) | packages
    explained = _plain("\n".join(row.page for row in deviations(release)))
    missing = [
        line
        for line in PAGE.read_text().splitlines()
        if line.strip() and not _known(_squeezed(line), there, explained)
    ]
    assert missing == []


def _squeezed(line: str) -> str:
    return re.sub(r"[\s,]+", "", line)


def _plain(text: str) -> set[str]:
    return {_squeezed(line) for line in text.splitlines()}


def _known(setting: str, there: set[str], explained: set[str]) -> bool:
    return any(setting in line for line in there | explained)


def test_rows_of_the_table_say_three_things() -> None:
    for release in RELEASES:
        rows = deviations(release)
        assert len({(row.page, row.component) for row in rows}) == len(rows) > 30
        assert all(row.page and row.gets and row.why for row in rows)


def test_every_value_is_quoted_for_its_program() -> None:
    plain = {"max_servers", "2 * max_servers"}
    for name in COMPONENTS:
        for path in resources.files("backends.reference").joinpath(name).iterdir():
            if path.name.endswith(".j2"):
                for written in re.findall(r"\{\{ (.*?) \}\}", path.read_text()):
                    assert "|" in written or written in plain or written.startswith('"D_REJECT"'), path


HOSTILE = st.text(st.sampled_from("aZ9.-/ '\"\\$#\n\r\t{}%()[]<>;=,@|`é\x00\x1b"), max_size=20)


@given(HOSTILE, st.sampled_from(RELEASES), st.sampled_from(["pre-queue", "post-queue"]))
def test_no_value_leaves_its_place(text: str, release: Release, mode: str) -> None:
    fields = dict.fromkeys(("hostname", "domain", "postmaster", "greylist_password", "certificate"), text)
    innocent = rendered(values(release, filter=mode))
    try:
        hostile = rendered(values(release, filter=mode, **fields))
    except BadRequest as error:
        assert error.hint  # noqa: PT017 - either outcome is right
        return
    for path, content in hostile.items():
        assert len(content.splitlines()) == len(innocent[path].splitlines()), path
        assert not re.search(r"[^\x20-\x7e\n]", content)


def test_perl_and_patterns_take_the_text_as_it_is() -> None:
    of = rendered(values(hostname="a'b\\c.test", domain="x+y.test"))
    assert r"$myhostname = 'a\'b\\c.test';" in of["/etc/amavis/conf.d/50-user"]
    assert r"/^(.+\.)?x\+y\.test\.?$/" in of["/etc/postfix/helo_regexp"]


def test_a_value_that_is_missing_is_an_error() -> None:
    (postfix,) = [one for one in load("bookworm") if one.name == "postfix"]
    broken = msgspec.structs.replace(
        postfix, files=(msgspec.structs.replace(postfix.files[0], template="none.j2"),)
    )
    with pytest.raises(Exception, match="none"):
        render(broken, values())
