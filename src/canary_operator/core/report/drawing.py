"""One plot as inline SVG: no script, and every colour from the page's style."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape
from itertools import pairwise

from canary_operator.core.report.scales import Scale, times

WIDTH, HEIGHT = 480, 260
LEFT, RIGHT, TOP, BOTTOM = 70, 12, 10, 34
HALF_A_LETTER = 4.5
"""Of the larger letters that a phone gets: a time at the very end must not be cut off."""

Values = Sequence[float | None]
"""One for each moment; None is a gap."""


@dataclass(frozen=True, slots=True)
class Line:
    """A series; `look` is the class that its style goes by."""

    name: str
    look: str
    values: Values
    steps: bool = False
    """It keeps each value until the next one."""


@dataclass(frozen=True, slots=True)
class Band:
    """An area between two series; where an edge is None it has no end."""

    name: str
    lower: Values
    upper: Values
    known: Sequence[bool]


@dataclass(frozen=True, slots=True)
class Plot:
    title: str
    summary: str
    """What a person who can't see it should know."""
    moments: Sequence[datetime]
    scale: Scale
    lines: Sequence[Line]
    tips: Sequence[str]
    """Shown over each moment."""
    band: Band | None = None
    changes: Sequence[datetime] = ()
    """When the weight changed."""


def drawn(plot: Plot) -> str:
    """A figure with its title, its legend and the picture."""
    legend = "".join(f'<li class="{line.look}">{escape(line.name)}</li>' for line in plot.lines)
    if plot.band is not None:
        legend += f'<li class="area">{escape(plot.band.name)}</li>'
    return (
        f"<figure><figcaption>{escape(plot.title)}<ul>{legend}</ul></figcaption>"
        f'<svg role="img" aria-label="{escape(plot.summary)}" viewBox="0 0 {WIDTH} {HEIGHT}">'
        f"{''.join(_parts(plot))}</svg></figure>"
    )


def _parts(plot: Plot) -> Iterator[str]:
    along = times(plot.moments)
    xs = [_x(along.place(moment.timestamp())) for moment in plot.moments]
    yield from _grid(plot.scale, along)
    for change in plot.changes:
        x = _x(along.place(change.timestamp()))
        yield f'<path class="change" d="M{x:.1f} {TOP}V{HEIGHT - BOTTOM}"/>'
    if plot.band is not None:
        yield f'<path class="area" d="{_area(plot.band, plot.scale, xs)}"/>'
    for line in plot.lines:
        yield f'<path class="{line.look}" d="{_path(line, plot.scale, xs)}"/>'
    yield f'<g class="tips">{"".join(_tips(plot.tips, xs))}</g>'


def _grid(up: Scale, along: Scale) -> Iterator[str]:
    for value, label in up.ticks:
        y = _y(up.place(value))
        yield f'<path class="grid" d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}"/>'
        yield f'<text class="up" x="{LEFT - 6}" y="{y:.1f}">{escape(label)}</text>'
    for value, label in along.ticks:
        x = min(_x(along.place(value)), WIDTH - HALF_A_LETTER * len(label))
        yield f'<text class="along" x="{x:.1f}" y="{HEIGHT - 10}">{escape(label)}</text>'
    yield f'<path class="axis" d="M{LEFT} {TOP}V{HEIGHT - BOTTOM}H{WIDTH - RIGHT}"/>'


def _path(line: Line, up: Scale, xs: Sequence[float]) -> str:
    """A single value is a dot, by the round ends of the line."""
    drawn: list[str] = []
    pen = False
    for x, value in zip(xs, line.values, strict=True):
        if value is None:
            pen = False
            continue
        y = _y(up.place(value))
        if not pen:
            drawn.append(f"M{x:.1f} {y:.1f}h0")
        else:
            drawn.append(f"H{x:.1f}V{y:.1f}" if line.steps else f"L{x:.1f} {y:.1f}")
        pen = True
    return "".join(drawn)


def _area(band: Band, up: Scale, xs: Sequence[float]) -> str:
    """There on the upper edge and back on the lower one, for each stretch without a gap."""
    drawn, there, back = [], [], []
    for x, lower, upper, known in zip(
        [*xs, 0], [*band.lower, None], [*band.upper, None], [*band.known, False], strict=True
    ):
        if known:
            there.append(f"{x:.1f} {_y(1.0 if upper is None else up.place(upper)):.1f}")
            back.append(f"{x:.1f} {_y(0.0 if lower is None else up.place(lower)):.1f}")
        elif there:
            drawn.append(f"M{'L'.join([*there, *reversed(back)])}Z")
            there, back = [], []
    return "".join(drawn)


def _tips(tips: Sequence[str], xs: Sequence[float]) -> Iterator[str]:
    """An invisible column over each moment, half-way to its neighbours."""
    edges = [xs[0], *((one + other) / 2 for one, other in pairwise(xs)), xs[-1]]
    for tip, (left, right) in zip(tips, pairwise(edges), strict=True):
        width, height = max(right - left, 1.0), HEIGHT - TOP - BOTTOM
        yield f'<path d="M{left:.1f} {TOP}h{width:.1f}v{height}h-{width:.1f}z"><title>{escape(tip)}</title></path>'


def _x(place: float) -> float:
    return LEFT + place * (WIDTH - LEFT - RIGHT)


def _y(place: float) -> float:
    return HEIGHT - BOTTOM - place * (HEIGHT - TOP - BOTTOM)
