import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backends.quarantine.names import DEFAULTS, KINDS, Naming
from tests.backends.quarantine.making import HOSTILE, REAL


@pytest.mark.parametrize("name", REAL)
def test_what_a_real_amavis_called_things(name: str) -> None:
    kind, _, rest = name.partition("-")
    for path in (name, f"{rest[0]}/{name}", f"W30/{name}"):
        assert Naming().kind(path) == (None if path.startswith("W30") else kind)
    assert Naming().mail_id(f"{rest[0]}/{name}") == rest.removesuffix(".gz")


@pytest.mark.parametrize("name", [name.decode("utf-8", "surrogateescape") for name in HOSTILE])
def test_what_amavis_never_calls_anything(name: str) -> None:
    assert Naming().kind(name) is None
    assert Naming().mail_id(name) is None


@pytest.mark.parametrize(
    "name",
    [
        "spam-test",
        "spam-abcdefghijk",
        "spam-abcdefghijklm",
        "spam--bcdefghijkl",
        "spam-abcdefghijk_",
        "spam-abcdefghijkl.gz.gz",
        "Spam-abcdefghijkl",
        "ham-abcdefghijkl",
        "abcdefghijkl",
        "README",
        "archive.mbox",
        "spam-abcdef/hijkl",
    ],
)
def test_names_that_are_only_similar(name: str) -> None:
    assert Naming().kind(name) is None


@pytest.mark.parametrize(("kind", "method"), DEFAULTS)
def test_each_kind_of_amavis_own(kind: str, method: str) -> None:
    name = method.removeprefix("local:").replace("%m", "Ab3_-x9Zq+7k")
    assert Naming().kind(f"A/{name}") == kind
    assert kind in KINDS


@pytest.mark.parametrize(
    ("method", "path", "kind"),
    [
        ("local:W%P/spam/%m.gz", "W47/spam/A/ATXQBcuaoJ-2.gz", "spam"),
        ("local:W%P/spam/%m.gz", "W47/spam/ATXQBcuaoJ-2.gz", "spam"),
        ("local:W%P/spam/%m.gz", "W47/ATXQBcuaoJ-2.gz", None),
        ("local:W%P/spam/%m.gz", "../spam/ATXQBcuaoJ-2.gz", None),
        ("local:", "A/ATXQBcuaoJ-2", "spam"),
        ("local:spam-%i-%n", "spam-20261122T112459-28002-01", "spam"),
        ("local:spam-%i-%n", "A/spam-20261122T112459-28002-01-2", "spam"),
        ("local:spam-%b-%m", f"A/spam-{'0a' * 16}-ATXQBcuaoJ-2", "spam"),
        ("LOCAL:%%s%m", "A/%sATXQBcuaoJ-2", "spam"),
        ("local:s(%m", "A/s(ATXQBcuaoJ-2", "spam"),
        ("bsmtp:bsmtp-%s-%m", "bsmtp-bob_at_example.org-ATXQBcuaoJ-2", "spam"),
        ("bsmtp:/elsewhere/%m", "elsewhere/ATXQBcuaoJ-2", None),
        ("local:../../%m", "ATXQBcuaoJ-2", None),
        ("local:spam", "spam", None),
        ("local:%%m", "%m", None),
        ("smtp:[127.0.0.1]:25", "ATXQBcuaoJ-2", None),
        ("sql:", "ATXQBcuaoJ-2", None),
        (f"local:{'%m' * 200}", "ATXQBcuaoJ-2", None),
    ],
)
def test_templates_of_the_site(method: str, path: str, kind: str | None) -> None:
    naming = Naming([("spam", method)])
    assert naming.kind(path) == kind
    assert naming.kind("A/virus-ATXQBcuaoJ-2") == "virus"
    if kind is not None and "%m" in method:
        assert naming.mail_id(path) == "ATXQBcuaoJ-2"


def test_kinds_that_are_named_alike_are_told_as_other() -> None:
    naming = Naming([("virus", "local:%m"), ("spam", "local:%m")])
    assert naming.kind("A/ATXQBcuaoJ-2") == "other"
    assert naming.kind("A/virus-ATXQBcuaoJ-2") == "virus"


def test_a_senders_quarantine_is_in_the_folder_itself() -> None:
    assert Naming().kind("sender-bob_at_example.org-ATXQBcuaoJ-2.gz") == "other"
    assert Naming().kind("A/sender-bob_at_example.org-ATXQBcuaoJ-2.gz") is None


def test_a_mail_id_of_another_size() -> None:
    assert Naming().kind("virus-ATXQBcuaoJ-2abcd") is None
    assert Naming(id_bits=96).kind("virus-ATXQBcuaoJ-2abcd") == "virus"
    assert Naming(id_bits=96).kind("virus-ATXQBcuaoJ-2") == "virus"


def test_folders_that_templates_lead_through() -> None:
    naming = Naming([("spam", "local:W%P/spam/%m.gz")])
    assert naming.leads(("W47",))
    assert naming.leads(("W47", "spam"))
    assert not naming.leads(("spam",))
    assert not Naming().leads(("W47",))


@given(st.text(max_size=60), st.text(max_size=30))
def test_no_template_and_no_name_make_it_fail(name: str, method: str) -> None:
    naming = Naming([("spam", f"local:{method}"), ("virus", method)])
    kind = naming.kind(name)
    assert kind is None or kind in KINDS
    assert Naming().kind(name) is None or re.fullmatch(r"[A-Za-z0-9@%=._+/-]+", name)
