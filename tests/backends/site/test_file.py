"""The site file: defaults without one, settings from it, and a sentence for every mistake in it."""

import contextlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backends.errors import BadRequest, Failed
from backends.site.file import load_site
from backends.site.settings import Site


def test_without_a_file_the_defaults_hold(tmp_path: Path) -> None:
    assert load_site(tmp_path / "site.toml") == Site()
    assert Site().queue.kept_for == 86400.0


def test_for_how_long_a_deletion_is_kept(tmp_path: Path) -> None:
    file = tmp_path / "site.toml"
    file.write_text('[queue]\nundo = "3d"\n')
    assert load_site(file).queue.kept_for == 3 * 86400.0


WRONG = [
    ('[queue]\nundo = "soon"', "queue.undo.*soon"),
    ('[queue]\nundo = "0"', "queue.undo.*'0'"),
    ("[queue]\nundo = 3", "queue.undo"),
    ('[queue]\nund = "3d"', "unknown field `und`.*queue"),
    ("[quee]\n", "unknown field `quee`"),
    ("queue = 1", "queue"),
    ("[queue", "end of document"),
    ('a = "\x1b[31m"', "line 1"),
    ('domain = "example"', "domain.*'example'"),
    ('domain = "exa mple.org"', "domain"),
    ('hostname = "mail"', "hostname.*'mail'"),
    ('networks = ["192.168.100.1/23"]', "networks.*192.168.100.1/23"),
    ('networks = ["0.0.0.0/0/0"]', "networks"),
    ('networks = "10.0.0.0/8"', "networks"),
    ('public_ips = ["203.0.113.300"]', "public_ips.*203.0.113.300"),
    ('postmaster = "al ice"', "postmaster"),
    ('postmaster = "|/bin/sh"', "postmaster"),
    ('filter = "prequeue"', "filter"),
    ("[greylist]\nport = 0", "greylist.port"),
    ('[greylist]\nhost = "a b"', "greylist.host"),
    ('[postfix.main]\n"x = y" = "z"', "postfix.main"),
    ('[postfix.main]\nx = "1\\ny = 2"', "postfix.main"),
    ('[postfix]\ndns_lists = ["zen spamhaus"]', "postfix.dns_lists"),
    ('[clamav]\ncustom_urls = ["file:///etc/shadow"]', "clamav.custom_urls"),
    ('[tls]\nkey = "mail.key"', "tls.key"),
    ("[amavis]\nmax_servers = 0", "amavis.max_servers"),
    ('[quarantine.keep]\nvirus = "soon"', "quarantine.keep.virus"),
    ('[quarantine]\nmin_free = "110%"', "quarantine.min_free"),
]


@pytest.mark.parametrize(("content", "named"), WRONG)
def test_a_mistake_is_named_with_an_example(tmp_path: Path, content: str, named: str) -> None:
    file = tmp_path / "site.toml"
    file.write_text(content)
    with pytest.raises(BadRequest, match=named) as raised:
        load_site(file)
    assert "site.toml" in str(raised.value)
    assert "\x1b" not in str(raised.value)
    assert raised.value.hint.startswith("for example")


def test_the_example_is_of_the_same_key(tmp_path: Path) -> None:
    for content, example in (
        ('filter = "prequeue"', '"pre-queue"'),
        ('networks = "10.0.0.0/8"', '["192.168.100.0/23"]'),
        ('[quarantine]\norder = ["ham"]', "[quarantine] and below it order = "),
        ("[greylist]\nport = 'x'", "[greylist] and below it port = 3306"),
        ("[greylist]\nundo = '5'", '[greylist] and below it undo = "7d"'),
    ):
        (tmp_path / "site.toml").write_text(content)
        with pytest.raises(BadRequest) as raised:
            load_site(tmp_path / "site.toml")
        assert example in raised.value.hint


def test_a_whole_file(tmp_path: Path) -> None:
    file = tmp_path / "site.toml"
    file.write_text(
        """
domain = "example.test"
hostname = "mail.example.test"
networks = ["192.168.100.0/23", "2001:db8::/32"]
public_ips = ["203.0.113.177"]
postmaster = "alice"
filter = "post-queue"
[greylist]
host = "db.example.test"
tls = true
undo = "2d"
[postfix.main]
message_size_limit = "50000000"
"""
    )
    site = load_site(file)
    assert site.networks == ("192.168.100.0/23", "2001:db8::/32")
    assert (site.filter, site.filter_scope, site.greylist.port) == ("post-queue", "all", 3306)
    assert (site.greylist.kept_for, site.queue.kept_for) == (2 * 86400.0, 86400.0)
    assert site.postfix.main == {"message_size_limit": "50000000"}


@given(st.binary(max_size=200))
def test_any_bytes_are_settings_or_a_mistake(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    file = tmp_path_factory.getbasetemp() / "any.toml"
    file.write_bytes(content)
    with contextlib.suppress(BadRequest):
        assert isinstance(load_site(file), Site)


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "other").write_text('[queue]\nundo = "3d"\n')
    (tmp_path / "site.toml").symlink_to(tmp_path / "other")
    with pytest.raises(Failed, match="symbolic link"):
        load_site(tmp_path / "site.toml")
