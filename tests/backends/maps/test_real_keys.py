"""The keys that we say Postfix looks up, beside those that a running Postfix really asks a memcache: server for."""

import re
import smtplib
import socketserver
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from backends.maps.config import Config
from backends.maps.keys import keys
from backends.maps.kinds import NOT_TRUSTED
from backends.maps.programs import Programs
from backends.maps.values import Use
from backends.runner import LocalRunner
from tests.support.postfix import PrivatePostfix, wait_until, why_not

PARAMETERS = """\
recipient_delimiter = +
mydestination = local.test
myorigin = local.test
virtual_mailbox_domains = boxes.test
virtual_mailbox_base = /nonexistent
virtual_uid_maps = static:65534
virtual_gid_maps = static:65534
smtpd_authorized_xclient_hosts = 127.0.0.1
smtpd_delay_reject = yes
smtpd_client_restrictions = check_client_access $map:check_client_access
smtpd_helo_restrictions = check_helo_access $map:check_helo_access
smtpd_sender_restrictions = check_sender_access $map:check_sender_access
smtpd_recipient_restrictions = check_recipient_access $map:check_recipient_access, permit_mynetworks, reject
smtpd_relay_restrictions = permit_mynetworks, reject
mynetworks = 127.0.0.0/8 198.51.100.0/24
smtpd_sender_login_maps = $map:smtpd_sender_login_maps
transport_maps = $map:transport_maps
virtual_alias_maps = $map:virtual_alias_maps
virtual_alias_domains =
canonical_maps = $map:canonical_maps
sender_canonical_maps = $map:sender_canonical_maps
relocated_maps = $map:relocated_maps
recipient_bcc_maps = $map:recipient_bcc_maps
relay_domains = $map:relay_domains
sender_dependent_default_transport_maps = $map:sender_dependent_default_transport_maps
local_recipient_maps =
"""
PAUSE = 0.5


class Asked(socketserver.ThreadingTCPServer):
    """Answers that nothing is there, and remembers what was asked, by the name of the table."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.keys: dict[str, list[str]] = {}

    def found(self, name: str) -> list[str]:
        return list(dict.fromkeys(self.keys.get(name, [])))


class _Handler(socketserver.StreamRequestHandler):
    server: Asked

    def handle(self) -> None:
        for line in self.rfile:
            name, _, key = line.decode().removeprefix("get ").rstrip("\r\n").partition("|")
            self.server.keys.setdefault(name, []).append(key)
            self.wfile.write(b"END\r\n")


@pytest.fixture(scope="module")
def asked() -> Iterator[Asked]:
    if reason := why_not():
        pytest.skip(reason)
    with Asked() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture(scope="module")
def postfix(asked: Asked) -> Iterator[PrivatePostfix]:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        for name in re.findall(r"\$map:(\w+)", PARAMETERS):
            where = f"memcache = inet:127.0.0.1:{asked.server_address[1]}\nkey_format = {name}|%s\n"
            (Path(folder) / name).write_text(where)
        settings = PARAMETERS.replace("$map:", f"memcache:{folder}/").splitlines()
        with PrivatePostfix() as running:
            # In place of what is there: a warning of each entry there twice, from each program, would fill postlog's socket
            running.command("postconf", "-e", *settings)
            running.stop()
            running.start()
            yield running


@pytest.fixture(scope="module")
def config(postfix: PrivatePostfix) -> Config:
    return Programs(LocalRunner(), postfix.config_dir).config()


def send(postfix: PrivatePostfix, asked: Asked, sender: str, recipient: str, last: str) -> None:
    """One message through Postfix, until it has come to the last table and nothing is asked any more."""
    asked.keys.clear()
    with smtplib.SMTP("127.0.0.1", postfix.port, timeout=20) as client:
        client.docmd("XCLIENT", "NAME=mx.sub.client.test ADDR=198.51.100.7")
        client.ehlo("helo.sub.test")
        client.sendmail(sender, [recipient], b"Subject: x\r\n\r\nx\r\n")
    wait_until(f"a look into {last}", lambda: bool(asked.found(last)))
    before = -1
    while before != (before := sum(map(len, asked.keys.values()))):
        time.sleep(PAUSE)


def ours(config: Config, name: str, what: str) -> list[str]:
    use = Use("smtpd_x_restrictions", restriction=name) if name.startswith("check_") else Use(name)
    return [one.key for one in keys(use, what, config)]


@pytest.mark.real
def test_access_tables_and_those_of_the_way_through(
    postfix: PrivatePostfix, asked: Asked, config: Config
) -> None:
    sender, recipient = "ann+news@deep.sub.from.test", "bob+lists@far.sub.to.test"
    send(postfix, asked, sender, recipient, "transport_maps")
    for name, *whats in (
        ("check_helo_access", "helo.sub.test"),
        ("check_sender_access", sender),
        ("check_recipient_access", recipient),
        ("check_client_access", "mx.sub.client.test", "198.51.100.7"),
        ("virtual_alias_maps", recipient),
        ("canonical_maps", sender, recipient),
        ("sender_canonical_maps", sender),
        ("relocated_maps", sender, recipient),
        ("recipient_bcc_maps", recipient),
        ("relay_domains", sender.partition("@")[2], recipient.partition("@")[2]),
    ):
        wanted = dict.fromkeys(key for what in whats for key in ours(config, name, what))
        assert asked.found(name) == list(wanted), name
    both = dict.fromkeys(ours(config, "transport_maps", sender) + ours(config, "transport_maps", recipient))
    assert [key for key in asked.found("transport_maps") if key in both and key != "*"] == [
        key for key in both if key != "*"
    ]
    mine = ours(config, "sender_dependent_default_transport_maps", sender)
    assert [key for key in asked.found("sender_dependent_default_transport_maps") if key in mine] == mine


@pytest.mark.real
def test_local_users_are_looked_up_without_their_domain_as_well(
    postfix: PrivatePostfix, asked: Asked, config: Config
) -> None:
    recipient = "nobody-here+lists@local.test"
    send(postfix, asked, "ann@from.test", recipient, "transport_maps")
    for name in ("virtual_alias_maps", "recipient_bcc_maps"):
        mine = ours(config, name, recipient)
        assert [key for key in asked.found(name) if key in mine] == mine, name


@pytest.mark.real
def test_tables_that_local_refuses(postfix: PrivatePostfix, asked: Asked) -> None:
    """Those that come over the network may not name commands and files; proxy: may."""
    refused = {
        "memcache": f"memcache:{postfix.folder}/x",
        "tcp": "tcp:127.0.0.1:1",
        "socketmap": "socketmap:inet:127.0.0.1:1:x",
        "proxy": "proxy:unix:passwd.byname",
    }
    postfix.command("postconf", "-e", f"alias_maps={' '.join(refused.values())}")
    postfix.command("postfix", "reload")
    send(postfix, asked, "ann@from.test", "nobody-here@local.test", "transport_maps")
    wait_until("a word of local(8)", lambda: "alias database unavailable" in postfix.log)
    for kind, table in refused.items():
        said = any(
            f"{table} map is not allowed for security{sign}sensitive data" in postfix.log for sign in "- "
        )
        assert said == (kind in NOT_TRUSTED), kind
