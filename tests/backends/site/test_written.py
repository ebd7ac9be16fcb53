"""The site file written: settings changed, all else as it was, and read back as given."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backends.errors import BadRequest
from backends.site.file import Setting, parse_site, with_settings

MINE = b"""# ours
domain = "example.org"   # since 2007
networks = [
  "192.168.100.0/23",  # office
]

[queue]
undo = "3d"
"""


def test_a_new_file_is_read_back() -> None:
    settings: dict[str, Setting] = {
        "domain": "example.test",
        "public_ips": ("203.0.113.177",),
        "filter": "post-queue",
        "clamav.test_signature": True,
    }
    content = with_settings(b"", settings)
    site = parse_site(content, "site.toml")
    assert (site.domain, site.public_ips, site.filter) == ("example.test", ("203.0.113.177",), "post-queue")
    assert site.clamav.test_signature
    assert content.startswith(b"# What this site has decided")


def test_what_is_there_stays() -> None:
    content = with_settings(MINE, {"hostname": "mail.example.org", "clamav.test_signature": True})
    assert content.startswith(MINE.split(b"\n\n[queue]")[0])
    assert b'undo = "3d"' in content
    site = parse_site(content, "site.toml")
    assert (site.hostname, site.networks, site.queue.undo) == (
        "mail.example.org",
        ("192.168.100.0/23",),
        "3d",
    )


def test_the_same_again_changes_nothing() -> None:
    content = with_settings(MINE, {"hostname": "mail.example.org"})
    assert with_settings(content, {"hostname": "mail.example.org", "domain": "example.org"}) == content


@given(st.text(max_size=40))
def test_no_value_leaves_its_place(text: str) -> None:
    content = with_settings(MINE, {"postmaster": text})
    try:
        assert parse_site(content, "site.toml").postmaster == text
    except BadRequest as error:
        assert "postmaster" in str(error)  # noqa: PT017 - either is right


def test_a_broken_file_is_not_written_over() -> None:
    with pytest.raises(BadRequest, match="cannot be read"):
        with_settings(b"domain = ", {"hostname": "mail.example.org"})
