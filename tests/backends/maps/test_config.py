"""Which tables a configuration uses, as the real postconf(1) tells it."""

import pytest

from backends.errors import BadRequest, Missing
from backends.maps.config import split, tables_in
from backends.maps.find import find
from backends.maps.values import Use
from tests.support.maps import Tables

MAIN = """\
indexed = hash:${config_directory}/
alias_maps = hash:$etc/aliases
alias_database = $alias_maps
virtual_alias_maps = ${indexed}virtual, inline:{ {a@b = c}, { d@e = f g } }, proxy:hash:$etc/proxied
transport_maps = texthash:$etc/transport unionmap:{hash:$etc/one,pipemap:{inline:{a=b},regexp:$etc/two}}
smtpd_restriction_classes = strict
strict = check_sender_access regexp:$etc/strict, reject
unused = check_sender_access hash:$etc/unused
smtpd_recipient_restrictions = check_policy_service inet:127.0.0.1:2525, check_policy_service unix:private/policy,
  check_recipient_access cidr:$etc/cidr, strict
smtpd_milters = unix:private/milter, inet:127.0.0.1:11332
virtual_transport = lmtp:unix:private/dovecot-lmtp
mua = check_client_access lmdb:$etc/mua
header_checks = pcre:$etc/headers
local_recipient_maps = proxy:unix:passwd.byname $alias_maps
mynetworks = !10.0.0.1, cidr:$etc/networks
"""
MASTER = """\
smtp inet n - n - - smtpd
submission inet n - n - - smtpd
  -o smtpd_client_restrictions=$mua
  -o { smtpd_sender_restrictions = check_sender_access mysql:$etc/senders.cf, reject }
  -o content_filter=scan:[127.0.0.1]:10024
"""


def test_every_table_is_found_with_what_refers_to_it(tables: Tables) -> None:
    tables.main(MAIN, MASTER)
    found = {one.name.replace(str(tables.etc), "etc"): one for one in tables.maps.tables()}
    uses = {
        name: [str(use) for use in one.uses if "domains" not in use.parameter] for name, one in found.items()
    }
    for name, wanted in {
        "hash:etc/aliases": ["alias_maps", "alias_database", "local_recipient_maps"],
        "hash:etc/virtual": ["virtual_alias_maps"],
        "inline:{ {a@b = c}, { d@e = f g } }": ["virtual_alias_maps"],
        "hash:etc/proxied": ["virtual_alias_maps"],
        "texthash:etc/transport": ["transport_maps"],
        "unionmap:{hash:etc/one,pipemap:{inline:{a=b},regexp:etc/two}}": ["transport_maps"],
        "pipemap:{inline:{a=b},regexp:etc/two}": ["transport_maps"],
        "hash:etc/one": ["transport_maps"],
        "regexp:etc/two": ["transport_maps"],
        "regexp:etc/strict": ["strict: check_sender_access"],
        "cidr:etc/cidr": ["smtpd_recipient_restrictions: check_recipient_access"],
        "lmdb:etc/mua": ["submission/inet smtpd_client_restrictions: check_client_access"],
        "mysql:etc/senders.cf": ["submission/inet smtpd_sender_restrictions: check_sender_access"],
        "pcre:etc/headers": ["header_checks", "mime_header_checks", "nested_header_checks"],
        "unix:passwd.byname": ["local_recipient_maps"],
        "cidr:etc/networks": [
            "mynetworks",
            "smtpd_client_event_limit_exceptions",
            "smtpd_forbid_bare_newline_exclusions",
        ],
    }.items():
        assert uses[name] == wanted, name
    assert not any(
        "unused" in name or "policy" in name or "milter" in name or "10024" in name for name in found
    )
    assert found["hash:etc/aliases"].alias
    assert found["hash:etc/proxied"].uses[0].proxied
    assert {use.inside[:8] for use in found["hash:etc/one"].uses} == {"unionmap"}
    assert found["pcre:etc/headers"].path == f"{tables.etc}/headers"
    assert found["inline:{ {a@b = c}, { d@e = f g } }"].path == ""


def test_tables_that_postfix_writes_itself_are_told_apart(tables: Tables) -> None:
    tables.main("smtp_tls_session_cache_database = btree:${data_directory}/smtp_scache\n")
    caches = {one.path.rpartition("/")[2] for one in tables.maps.tables() if one.cache}
    assert caches == {"smtp_scache", "verify_cache", "postscreen_cache"}
    about, findings = tables.checked(f"btree:{tables.folder}/data/smtp_scache")
    assert (about[0].state, findings) == ("good", [])


def test_a_table_is_found_by_name_path_and_last_part(tables: Tables) -> None:
    tables.main(
        "virtual_alias_maps = hash:$etc/virtual\ncanonical_maps = hash:$etc/same, texthash:$etc/same\n"
    )
    every = tables.maps.tables()
    path = f"{tables.etc}/virtual"
    assert {find(every, name).path for name in (f"hash:{path}", f"proxy:hash:{path}", path, "virtual")} == {
        path
    }
    with pytest.raises(BadRequest, match="more than one"):
        find(every, "same")
    with pytest.raises(Missing):
        find(every, "")
    with pytest.raises(Missing):
        find(every, "static")


def test_there_is_no_configuration(tables: Tables) -> None:
    (tables.etc / "main.cf").unlink()
    with pytest.raises(Missing):
        tables.maps.tables()


def test_words_are_parted_outside_of_braces() -> None:
    assert list(split("a, b\tc {d, {e} f}g,, }h")) == ["a", "b", "c", "{d, {e} f}g", "}h"]
    assert [
        one.name for one in tables_in("check_x_access, hash:/a !hash:/b proxy:proxy:hash:/c hash:", Use("p"))
    ] == [*("hash:/a", "hash:/b", "hash:/c")]
