"""Levels out of amavis's configuration: plain numbers, and what is more than that."""

import pytest

from backends.scores.thresholds import parse
from backends.scores.told import Thresholds

DEBIAN = """\
$sa_spam_subject_tag = '***SPAM*** ';
$sa_tag_level_deflt  = 2.0;  # add spam info headers if at, or above that level
$sa_tag2_level_deflt = 6.31; # add 'spam detected' headers at that level
$sa_kill_level_deflt = 6.31; # triggers spam evasive actions
$sa_dsn_cutoff_level = 10;   # spam level beyond which a DSN is not sent
1;
"""


def test_as_packaged() -> None:
    assert parse([DEBIAN]) == (Thresholds("", 2.0, 6.31, 6.31, destiny="pass"),)


def test_nothing_is_set() -> None:
    assert parse([]) == (Thresholds("", None, None, None, destiny="pass"),)


def test_the_later_file_wins() -> None:
    own = "$sa_tag_level_deflt = undef;\nour $sa_tag2_level_deflt='5';\n$sa_kill_level_deflt = $sa_tag2_level_deflt;\n"
    assert parse([DEBIAN, own]) == (Thresholds("", None, 5.0, 5.0, destiny="pass"),)


@pytest.mark.parametrize(
    ("written", "kill"),
    [("-999", -999.0), ("1e1", 10.0), (".5", 0.5), ('"7.5"', 7.5), ("+3", 3.0)],
)
def test_numbers_of_perl(written: str, kill: float) -> None:
    assert parse([f"$sa_kill_level_deflt = {written};"])[0].kill == kill


def test_what_does_not_count() -> None:
    text = "# $sa_kill_level_deflt = 1;\n=pod\n\n$sa_kill_level_deflt = 2;\n\n=cut\nif ($sa_kill_level_deflt == 3) {}\n"
    assert parse([DEBIAN, text, "__END__\n$sa_kill_level_deflt = 4;\n"]) == (
        Thresholds("", 2.0, 6.31, 6.31, destiny="pass"),
    )


@pytest.mark.parametrize(
    "text",
    [
        "$sa_kill_level_deflt = 5 + 1;",
        "$sa_kill_level_deflt = read_level('/etc/level');",
        "@spam_kill_level_maps = ({ 'alice@example.test' => 3 }, \\$sa_kill_level_deflt);",
        "@spam_kill_level_maps = (\\$sa_tag2_level_deflt);",
        "$sa_kill_level_deflt = `reboot`;",
    ],
)
def test_more_than_a_number_is_said_not_guessed(text: str) -> None:
    (found,) = parse([DEBIAN, text])
    assert (found.kill, found.understood) == (6.31, False)


def test_the_maps_as_amavis_has_them() -> None:
    assert parse([DEBIAN, "@spam_kill_level_maps = (\\$sa_kill_level_deflt);"])[0].understood


def test_policy_banks() -> None:
    text = """\
$policy_bank{'MYNETS'} = {   # mail originating from @mynetworks
  originating => 1,
  spam_kill_level_maps => 9.5,  # higher
  spam_tag_level_maps => [-999],
};
$policy_bank{"AM.PDP-SOCK"} = { protocol => 'AM.PDP' };
$policy_bank{'ORIGINATING'} = { spam_tag2_level_maps => [ undef ], 'spam_kill_level_maps' => [ my_level() ], };
$sa_tag2_level_deflt = 7;
"""
    assert parse([DEBIAN, text]) == (
        Thresholds("", 2.0, 7.0, 6.31, destiny="pass"),
        Thresholds("MYNETS", -999.0, 7.0, 9.5, destiny="pass"),
        Thresholds("ORIGINATING", 2.0, None, 6.31, understood=False, destiny="pass"),
    )


@pytest.mark.parametrize(
    "text",
    [
        "$policy_bank{'MYNETS'}{'spam_kill_level_maps'} = [20];",
        "push @spam_kill_level_maps, 3;",
        "unshift(@spam_kill_level_maps, {'a@b' => 3});",
        "$x=1; $sa_kill_level_deflt = 9;",
        "if (1) { $sa_tag2_level_deflt = 1 }",
    ],
)
def test_a_level_that_is_set_in_another_way_is_not_guessed(text: str) -> None:
    for content in (f"$sa_kill_level_deflt = 6;\n{text}\n", f"{text}\n$sa_kill_level_deflt = 6;\n"):
        base, *_ = parse([content])
        assert (base.kill, base.understood) == (6.0, False)


@pytest.mark.parametrize(
    ("texts", "destiny"),
    [
        (["$final_spam_destiny       = D_DISCARD;  # gone"], "discard"),
        (
            [
                "$final_spam_destiny = D_DISCARD;",
                "$final_spam_destiny = D_REJECT;\n# $final_spam_destiny = D_PASS;",
            ],
            "reject",
        ),
        (["$final_spam_destiny = D_BOUNCE;\n$final_virus_destiny = D_DISCARD;"], "bounce"),
        ([DEBIAN], "pass"),
        (["$final_spam_destiny = my_own();"], ""),
        (
            [
                "$final_spam_destiny = D_DISCARD;",
                "$policy_bank{'MYNETS'} = { final_spam_destiny => D_PASS };",
            ],
            "",
        ),
        (["$final_destiny_maps_by_ccat{+CC_SPAM} = D_DISCARD;"], ""),
    ],
)
def test_what_becomes_of_spam(texts: list[str], destiny: str) -> None:
    assert parse(texts)[0].destiny == destiny
