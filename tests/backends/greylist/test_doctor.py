"""The doctor on databases and settings with one fault each."""

from pathlib import Path

import pytest

from backends.greylist import doctor
from backends.greylist.adapter import MariaGreylist
from backends.greylist.values import Filter, Finding
from tests.backends.greylist.conftest import ROWS, Make
from tests.support.gld import PASSWORD, PrivateGld
from tests.support.mariadb import PrivateMariaDB


def findings(adapter: MariaGreylist) -> dict[str, Finding]:
    told: list[Finding] = []
    found = adapter.doctor(told.append)
    assert found == told
    assert PASSWORD not in str(found)
    assert all(one.hint or one.state == "good" for one in found)
    return {one.name: one for one in found if one.state != "good"} | {
        f"good {one.name}": one for one in found if one.state == "good"
    }


def test_all_is_well(make: Make, server: PrivateMariaDB, monkeypatch: pytest.MonkeyPatch) -> None:
    with PrivateGld(server) as gld:
        adapter = make(*ROWS, settings=("ERRACCEPT=0", f"PORT={gld.port}"))
        found = findings(adapter)
    assert [name for name, one in found.items() if one.state == "bad"] == []
    assert {
        "good gld",
        "good login",
        "good clocks",
        "good rights",
        "good table greylist",
        "good ERRACCEPT",
    } <= found.keys()
    monkeypatch.setattr(doctor, "INDEX_FROM", 1)
    assert "locks the table" in findings(adapter)["index"].said


def test_a_gld_that_hangs_is_none_that_works(make: Make, server: PrivateMariaDB) -> None:
    with PrivateGld(server) as gld:
        adapter = make(*ROWS, settings=("ERRACCEPT=0", f"PORT={gld.port}"))
        before = len(adapter.page(Filter()).rows)
        with gld.hanging():
            found = findings(adapter)["gld"]
        assert found.state == "bad"
        assert "does not answer" in found.said
        assert findings(adapter)["good gld"].said == f"gld answers on port {gld.port}"
        assert len(adapter.page(Filter()).rows) == before  # asked so that nothing is stored


def test_settings(make: Make, tmp_path: Path) -> None:
    adapter = make(settings=("ERRACCEPT=1", "PORT=1", "TRAINING=1", "LOOPBACKONLY=0"))
    (tmp_path / "gld.conf").chmod(0o644)
    found = findings(adapter)
    assert "0644" in found["password file"].said
    assert found["ERRACCEPT"].state == "note"
    assert found["gld"].state == "bad"
    assert {"training", "loopback"} <= found.keys()
    conf = tmp_path / "gld.conf"
    conf.write_text(conf.read_text().replace(PASSWORD, "gld").removesuffix("\n"))
    found = findings(adapter)
    assert {"password", "last line"} <= found.keys()
    conf.unlink()
    assert findings(adapter)["settings"].state == "bad"


@pytest.mark.parametrize(
    ("statement", "name", "said"),
    [
        ("DROP TABLE gld.whitelist", "table whitelist", "is not there"),
        ("ALTER TABLE gld.greylist ADD mine int", "table greylist", "not gld's"),
        ("ALTER TABLE gld.greylist DROP PRIMARY KEY", "table greylist", "not gld's"),
        ("ALTER TABLE gld.greylist MODIFY ip char(16) NOT NULL", "table greylist", "too few for IPv6"),
        ("ALTER TABLE gld.greylist CONVERT TO CHARACTER SET utf8mb4", "table greylist", "utf8mb4"),
        ("REVOKE DELETE ON gld.* FROM gld@localhost", "rights", "DELETE"),
        ("INSERT INTO gld.whitelist VALUES ('example.org', '')", "whitelist", "example.org"),
        (
            "INSERT INTO gld.greylist VALUES ('192.0.2.1', 'a', 'b', 0, 0, 1)",
            "times",
            "1 triplets with `first` 0",
        ),
        ("DROP DATABASE gld", "database", "Unknown database"),
    ],
)
def test_one_fault(make: Make, server: PrivateMariaDB, statement: str, name: str, said: str) -> None:
    adapter = make(*ROWS)
    server.client(statement)
    assert said in findings(adapter)[name].said


def test_a_clock_that_differs(make: Make) -> None:
    adapter = make(clock=lambda: 1_000_000.0)
    assert "ahead of" in findings(adapter)["clocks"].said


def test_rows_that_nobody_needs(make: Make, monkeypatch: pytest.MonkeyPatch, server: PrivateMariaDB) -> None:
    adapter = make()
    rows = ",".join(
        f"('192.0.{n // 250}.{n % 250}', 'a@b.example', 'c@d.example', 5, 5, 1)" for n in range(1001)
    )
    server.client(f"INSERT INTO gld.greylist VALUES {rows}")
    assert "1,001 of 1,001" in findings(adapter)["size"].said
