"""A chart as a small SVG of its own: bars told apart by hatching as well, thresholds as lines, all text escaped. Pure."""

from collections.abc import Iterator, Sequence
from html import escape
from math import sqrt

from mailtui.bars import ticks
from mailtui.chart import Chart

WIDTH, HEIGHT = 960, 420
LEFT, RIGHT, TOP, BOTTOM = 64, 24, 72, 56
_STYLE = """\
svg{background:#fff;font:13px sans-serif}text{fill:#333}.title{font-size:16px;font-weight:bold}.dim{fill:#666}
.part-0{fill:#6f9a4a}.part-1{fill:url(#hatch)}.part-2{fill:#c0392b}.axis{stroke:#999}.mark{stroke:#1b6f9c;stroke-width:2}
.was{stroke:#999;stroke-width:1.5;stroke-dasharray:4 4}.name{fill:#1b6f9c;font-weight:bold}
"""
_HATCH = (
    '<pattern id="hatch" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
    '<rect width="5" height="5" fill="#c9d3d6"/><rect width="2" height="5" fill="#5f7f86"/></pattern>'
)


def svg(chart: Chart, title: str, parts: Sequence[str]) -> str:
    """The chart; `parts` are the names of its parts with what is told of them."""
    return "\n".join(
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img">',
            f"<title>{_text(title)}</title><style>{_STYLE}</style><defs>{_HATCH}</defs>",
            f'<text class="title" x="{LEFT}" y="24">{_text(title)}</text>',
            *_legend(parts),
            *_bars(chart),
            *_axis(chart),
            *_marks(chart),
            "</svg>\n",
        )
    )


def _legend(parts: Sequence[str]) -> Iterator[str]:
    x = LEFT
    for number, part in enumerate(parts):
        yield f'<rect class="part-{number}" x="{x}" y="36" width="12" height="12"/>'
        yield f'<text class="dim" x="{x + 17}" y="47">{_text(part)}</text>'
        x += 40 + 8 * len(part)


def _bars(chart: Chart) -> Iterator[str]:
    if not chart.most:
        yield f'<text class="dim" x="{WIDTH // 2}" y="{HEIGHT // 2}" text-anchor="middle">nothing was scored</text>'
        return
    wide = (WIDTH - LEFT - RIGHT) / len(chart.counts)
    for number, counts in enumerate(chart.counts):
        total = sum(counts)
        if not total:
            continue
        share = total / chart.most
        tall = max(1.0, (HEIGHT - TOP - BOTTOM) * (sqrt(share) if chart.root else share))
        foot = float(HEIGHT - BOTTOM)
        low = chart.low + number * chart.width
        yield f"<g><title>{low:g} to {low + chart.width:g}: {total:,}</title>"
        for part, count in enumerate(counts):
            if count:
                part_tall = tall * count / total
                foot -= part_tall
                yield (
                    f'<rect class="part-{part}" x="{LEFT + number * wide:.1f}" y="{foot:.1f}" '
                    f'width="{max(1.0, wide - 1):.1f}" height="{part_tall:.1f}"/>'
                )
        yield "</g>"


def _axis(chart: Chart) -> Iterator[str]:
    foot = HEIGHT - BOTTOM
    yield f'<path class="axis" d="M{LEFT} {foot}H{WIDTH - RIGHT}M{LEFT} {foot}V{TOP}" fill="none"/>'
    yield f'<text class="dim" x="{LEFT - 6}" y="{TOP + 12}" text-anchor="end">{chart.most:,}</text>'
    for value in ticks(chart.low, chart.high, 90):
        x = _x(chart, value)
        yield f'<path class="axis" d="M{x:.1f} {foot}v5"/>'
        yield f'<text class="dim" x="{x:.1f}" y="{foot + 19}" text-anchor="middle">{value:g}</text>'
    note = "heights: square root of the count" if chart.root else "heights: count"
    outside = (
        f"; {chart.below:,} lower and {chart.above:,} higher are not drawn"
        if chart.below + chart.above
        else ""
    )
    yield f'<text class="dim" x="{LEFT}" y="{HEIGHT - 12}">score; {note}{outside}</text>'


def _marks(chart: Chart) -> Iterator[str]:
    told = 0
    for mark in sorted(chart.marks, key=lambda mark: mark.at):
        if mark.was is not None and mark.moved and chart.low <= mark.was <= chart.high:
            yield f'<path class="was" d="M{_x(chart, mark.was):.1f} {TOP - 8}V{HEIGHT - BOTTOM}"/>'
        if chart.low <= mark.at <= chart.high:
            x = _x(chart, mark.at)
            side, by = ("end", -5) if told == 0 and len(chart.marks) > 1 else ("start", 5)
            yield f'<path class="mark" d="M{x:.1f} {TOP - 8}V{HEIGHT - BOTTOM}"/>'
            yield f'<text class="name" x="{x + by:.1f}" y="{TOP}" text-anchor="{side}">{_text(mark.label)}</text>'
            told += 1


def _x(chart: Chart, value: float) -> float:
    return (
        LEFT + (value - chart.low) / (chart.high - chart.low) * (WIDTH - LEFT - RIGHT)
        if chart.counts
        else LEFT
    )


def _text(text: str) -> str:
    """Text that XML can hold: what it cannot becomes a question mark."""
    return escape("".join(char if char.isprintable() else "?" for char in text))
