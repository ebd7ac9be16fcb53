"""gld's tests that need a DNS list, and texts of any kind: decided without a database."""

from hypothesis import given
from hypothesis import strategies as st

from backends.greylist.conf import GldConf, parse_conf
from backends.greylist.decide import Facts, Question, decide, question
from backends.greylist.log import parse
from backends.greylist.values import Decision

NOW = 1_700_000_000.0
DNSWL = GldConf(dnswl="list.example.net", min_time=60)


def decided(conf: GldConf, facts: Facts, client: str = "192.0.2.7") -> Decision:
    return decide(conf, question(client, "ann@example.org", "bob@example.test", conf), facts, NOW)


def test_a_dns_list_lets_in_and_is_asked_about_the_reversed_address() -> None:
    listed = decided(DNSWL, Facts(in_dns=True))
    assert (listed.passes, listed.action) == (True, "dunno")
    assert listed.steps[-1].said == "7.2.0.192.list.example.net is there"
    for answer, said in ((False, "is not there"), (None, "did not answer")):
        decision = decided(DNSWL, Facts(in_dns=answer))
        assert decision.until == int(NOW) + 61
        assert any(step.said.endswith(said) for step in decision.steps)
    assert all(step.name != "dnswl" for step in decided(DNSWL, Facts(in_dns=True), "2001:db8::1").steps)


def test_the_first_test_that_decides_is_the_last_one_told() -> None:
    facts = Facts(first=int(NOW) - 1000, there=True, listed=("@example.org",), in_dns=True)
    assert [step.name for step in decided(DNSWL, facts).steps] == ["triplet"]
    assert [step.name for step in decided(DNSWL, facts._replace(first=0, there=False)).steps] == [
        "triplet",
        "whitelist",
    ]
    early = decided(DNSWL, facts._replace(first=int(NOW) - 60))
    assert (early.passes, early.until) == (False, int(NOW) + 1)
    assert decided(DNSWL, facts._replace(first=int(NOW) - 61)).passes


def test_mxgrey_counts_and_an_error_is_decided_by_erraccept() -> None:
    conf = GldConf(mxgrey=2)
    assert not decided(conf, Facts(passed=1)).passes
    assert decided(conf, Facts(passed=2)).steps[-1].name == "mxgrey"
    assert decided(GldConf(err_accept=True), Facts(error="down")).passes
    assert "451" in decided(GldConf(err_accept=False), Facts(error="down")).action


def test_what_is_looked_for() -> None:
    light = GldConf(lightgrey=True)
    assert question("192.0.2.77", "", "b@example.test", light).ip == "192.0.2.0"
    assert question("192.0.2.77", "", "b@example.test", light).listed == (
        "void@void",
        "@void",
        "192.0.2.77",
        "192.0.2",
    )
    assert question("2001:db8::1", "a@b", "c@d", light).ip == "2001:db8::1"
    assert question("192.0.2.7", "x;y'z\"@b", "c@d", light).sender == "x y z @b"


@given(st.text(), st.text(), st.ip_addresses().map(str), st.booleans())
def test_no_text_breaks_it(sender: str, recipient: str, client: str, light: bool) -> None:
    conf = GldConf(lightgrey=light)
    asked = question(client, sender, recipient, conf)
    assert isinstance(asked, Question)
    decision = decide(conf, asked, Facts(), NOW)
    assert sum(step.decides for step in decision.steps) == 1
    assert decision.steps[-1].decides


@given(st.binary(max_size=3000))
def test_no_bytes_break_the_parsers(content: bytes) -> None:
    conf = parse_conf(content)
    assert isinstance(conf.port, int)
    logged = parse(content.split(b"\n"), NOW)
    assert logged.passed <= logged.greylisted
