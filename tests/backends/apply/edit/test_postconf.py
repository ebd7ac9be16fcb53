"""The same files read by postconf(1) itself, and the rendered reference in a Postfix of its own."""

import os
import subprocess
from pathlib import Path

import pytest

from backends.apply.check.postfix import LONG_AGO
from backends.apply.edit.main_cf import parameters, with_parameters
from backends.apply.edit.master_cf import services, with_services
from backends.reference.manifest import RELEASES, load
from backends.reference.render import render
from tests.backends.reference.test_reference import values

PACKAGED = Path("/usr/share/postfix")
needs_postfix = pytest.mark.skipif(
    not (PACKAGED / "master.cf.dist").exists(), reason="Postfix is not installed"
)


def postconf(folder: Path, *words: str) -> list[str]:
    """What postconf prints about the configuration in a folder; warnings fail the test."""
    ran = subprocess.run(
        ["/usr/sbin/postconf", "-c", folder, *words], capture_output=True, text=True, check=True, timeout=30
    )
    assert ran.stderr == ""
    return ran.stdout.splitlines()


def instance(folder: Path, main: bytes, master: bytes) -> Path:
    for name, content in (("main.cf", main), ("master.cf", master)):
        (folder / name).write_bytes(content)
        os.utime(folder / name, (LONG_AGO, LONG_AGO))
    return folder


def squeezed(text: str) -> str:
    return " ".join(text.split())


@needs_postfix
def test_parameters_as_postconf_reads_them(tmp_path: Path) -> None:
    content = (
        PACKAGED / "main.cf.debian"
    ).read_bytes() + b"relayhost = a\nmydestination = x,\n# c\n  y\n\n  z\n"
    edited = with_parameters(content, {"relayhost": "", "mynetworks": "127.0.0.0/8 [::1]/128"})
    master = (PACKAGED / "master.cf.dist").read_bytes()
    told = dict(line.split(" =", 1) for line in postconf(instance(tmp_path, edited, master), "-n"))
    told.pop("config_directory", None)
    assert {name: squeezed(value) for name, value in told.items()} == parameters(edited)


BRACED = b"""\
smtp      inet  n       -       y       -       -       smtpd
  -o syslog_name=postfix/${service_name}
  -o { smtpd_client_restrictions = check_client_access { inline:{ {192.168.1.1 = OK} } } permit }
  -v
filter    unix  -       n       n       -       10      pipe
  -o smtp_bind_address=127.0.0.1
  flags=Rq user=filter argv=/usr/bin/spamc -o -e ${sender}
"""


@needs_postfix
def test_values_with_braces_are_postfixs_own(tmp_path: Path) -> None:
    """And `-o` behind the first word that is no option is the program's."""
    edited = with_services(
        BRACED, {"smtp/inet/smtpd_proxy_timeout": "300s", "filter/unix/smtp_bind_address": None}
    )
    main = (PACKAGED / "main.cf.debian").read_bytes() + b"syslog_name = x\n"
    told = {}
    for line in postconf(instance(tmp_path, main, edited), "-P"):
        name, _, value = line.partition(" = ")
        told[name] = squeezed(value)
    read = services(edited)
    assert {key: squeezed(value) for key, value in read.items() if key.count("/") == 2} == told
    assert told["smtp/inet/syslog_name"] == "postfix/${service_name}"
    assert told["smtp/inet/smtpd_client_restrictions"].endswith("} permit")
    assert read["filter/unix"].endswith("argv=/usr/bin/spamc -o -e ${sender}")
    assert (
        services(with_services(edited, {"smtp/inet/smtpd_proxy_timeout": None}))["smtp/inet"]
        == read["smtp/inet"]
    )


@needs_postfix
def test_services_as_postconf_reads_them(tmp_path: Path) -> None:
    master = (PACKAGED / "master.cf.dist").read_bytes()
    edited = with_services(
        master,
        {
            "smtp/inet": "n - y - 10 smtpd",
            "smtp/inet/smtpd_proxy_timeout": "300s",
            "scan/unix": "- - y - 10 smtp",
            "scan/unix/smtp_generic_maps": "",
        },
    )
    instance(tmp_path, (PACKAGED / "main.cf.debian").read_bytes(), edited)
    read = services(edited)
    told = {}
    for line in postconf(tmp_path, "-P"):
        name, _, value = line.partition(" = ")
        told[name.removesuffix(" =")] = value
    assert {key: value for key, value in read.items() if key.count("/") == 2} == told
    entries = {key: value for key, value in read.items() if key.count("/") == 1}
    listed = [line.split() for line in postconf(tmp_path, "-M")]
    assert {f"{words[0]}/{words[1]}" for words in listed} == set(entries)
    for words in listed:
        assert entries[f"{words[0]}/{words[1]}"].split()[:6] == words[2:8]


@needs_postfix
@pytest.mark.parametrize("release", RELEASES)
@pytest.mark.parametrize(
    ("mode", "scope"), [("pre-queue", "all"), ("post-queue", "all"), ("post-queue", "outgoing")]
)
def test_the_reference_has_no_parameter_that_postfix_does_not_use(
    tmp_path: Path, release: str, mode: str, scope: str
) -> None:
    of = values(release, filter=mode, scope=scope, dns_lists=("zen.spamhaus.org",))  # type: ignore[arg-type]
    (postfix,) = [one for one in load(of.release) if one.name == "postfix"]
    files = render(postfix, of)
    main = with_parameters(
        (PACKAGED / "main.cf.debian").read_bytes(), parameters(files["/etc/postfix/main.cf"])
    )
    master = with_services(
        (PACKAGED / "master.cf.dist").read_bytes(), services(files["/etc/postfix/master.cf"])
    )
    instance(tmp_path, main, master)
    assert postconf(tmp_path, "-n")
    assert postconf(tmp_path, "-P")


@needs_postfix
def test_who_may_not_say_helo(tmp_path: Path) -> None:
    of = values()
    (postfix,) = [one for one in load(of.release) if one.name == "postfix"]
    files = render(postfix, of)
    helo = tmp_path / "helo_regexp"
    helo.write_bytes(files["/etc/postfix/helo_regexp"])
    instance(tmp_path, b"compatibility_level = 3.6\n", b"")
    for name, answer in {
        "example.test": "550 you are not me",
        "mail.example.test.": "550 you are not me",
        "notexample.test": "",
        "example.test.other": "",
        "[127.0.0.1]": "550 bad helo (localhost)",
        "[203.0.113.177]": "550 bad helo",
        "203.0.113.1770": "",
    }.items():
        ran = subprocess.run(
            ["/usr/sbin/postmap", "-c", tmp_path, "-q", name, f"regexp:{helo}"],
            capture_output=True,
            text=True,
            check=False,
            timeout=30,
        )
        assert (ran.stdout.strip(), ran.stderr) == (answer, "")
