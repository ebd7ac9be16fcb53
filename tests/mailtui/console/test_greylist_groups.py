"""Rows of the greylist's views."""

from typing import cast

from backends.greylist.stats_values import Pool, Pools
from mailtui.panes.greylist.groups import Group, Known, groups
from mailtui.panes.greylist.told import Told
from mailtui.widgets.glyphs import Glyphs


def test_what_a_narrow_table_cuts_commands_no_terminal_below_it() -> None:
    hostile = "1\x1b]0;x\x07"
    pools = Pools(1.0, (Pool(hostile, hostile, (hostile, "2", "3"), 3, ""),))
    known = Known(Told({"pools": pools}), None, cast("Glyphs", None), plain=False)
    (row,) = [one for one in groups("Pools", known) if one.key != "pools"]
    assert "\x1b" not in str(row.cells)
    assert "1^[]0;x^G, 2, 3" in row.whole
    assert Group("x", (hostile, ("\u202e", "dim"))).whole == "1^[]0;x^G  <U+202E>"
