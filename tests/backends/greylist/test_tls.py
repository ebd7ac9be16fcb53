"""TLS to a real MariaDB with a certificate of an issuer made here: what is trusted gets through, all else does not."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from backends.errors import NotPermitted
from backends.greylist.access import Access
from backends.greylist.connection import Database
from tests.support import gld
from tests.support.mariadb import PrivateMariaDB

ISSUED = """\
openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=issuer -keyout ca.key -out ca.pem
openssl req -newkey rsa:2048 -nodes -subj /CN=database -keyout server.key -out server.csr
printf 'subjectAltName=%s' "$1" > names
openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile names -out server.pem
chmod 644 server.key
"""


@pytest.fixture(scope="module")
def issued(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if reason := gld.why_not():
        pytest.skip(reason)
    return certificate(tmp_path_factory.mktemp("issued"), "IP:127.0.0.1")


@pytest.fixture(scope="module")
def server(issued: Path) -> Iterator[PrivateMariaDB]:
    with PrivateMariaDB(f"--ssl-cert={issued}/server.pem", f"--ssl-key={issued}/server.key") as server:
        password = gld.PASSWORD.replace("'", "''")
        server.client(
            f"CREATE DATABASE gld; CREATE USER far@127.0.0.1 IDENTIFIED BY '{password}' REQUIRE SSL;"
            "GRANT SELECT ON gld.* TO far@127.0.0.1"
        )
        yield server


def certificate(folder: Path, name: str) -> Path:
    """The folder with a certificate of that name, and its issuer."""
    subprocess.run(["sh", "-ec", ISSUED, "sh", name], cwd=folder, check=True, capture_output=True, timeout=60)
    return folder


def refusal(database: Database) -> NotPermitted:
    with pytest.raises(NotPermitted) as raised, database.session():
        pass
    assert gld.PASSWORD not in f"{raised.value} {raised.value.hint}"
    return raised.value


def far(server: PrivateMariaDB, host: str = "127.0.0.1") -> Database:
    return Database(lambda: Access(host, "far", gld.PASSWORD, "gld", port=server.port, tls=True))


def test_what_the_system_trusts_is_spoken_to_enciphered(
    server: PrivateMariaDB, issued: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", f"{issued}/ca.pem")
    with far(server).session() as session:
        ((_, cipher),) = session.rows("SHOW STATUS LIKE 'Ssl_cipher'")
    assert cipher


def test_an_issuer_that_nobody_trusts_and_another_name(
    server: PrivateMariaDB, issued: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    error = refusal(far(server))
    assert str(error).startswith("No TLS with the database far@127.0.0.1")
    assert "this system trusts" in error.hint
    monkeypatch.setenv("SSL_CERT_FILE", f"{issued}/ca.pem")
    error = refusal(far(server, "127.1"))
    assert str(error).startswith("No TLS with the database far@127.1")
    assert "mismatch" in str(error)
