"""One metric over time: the points at which something was known of it."""

from collections.abc import Sequence

from canary_operator.api.report import Above, Measured, Number, Point


def counted_course(name: str, points: Sequence[Point]) -> list[tuple[Point, Measured]]:
    """Of a metric that counts."""
    return [(point, seen) for point in points for seen in point.metrics if seen.name == name]


def number_course(name: str, points: Sequence[Point]) -> list[tuple[Point, Number]]:
    """Of a metric that is a number."""
    return [(point, seen) for point in points for seen in point.numbers if seen.name == name]


def ratios_of(course: Sequence[tuple[Point, Measured]], boundary: str) -> list[Measured | Above]:
    """What has a ratio at each point: the metric itself, or of a latency this boundary."""
    if not boundary:
        return [seen for _, seen in course]
    return [next((one for one in seen.above if one.boundary == boundary), seen) for _, seen in course]
