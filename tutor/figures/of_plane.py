"""A decision line on the plane of two inputs: where a sum is 0, its normal, and data points of several classes."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from engine.errors import EngineError
from engine.numbers import show_number
from tutor.figures.figure import Curves, Line
from tutor.figures.of_graph import coefficients
from tutor.figures.values import Values
from tutor.lesson_picture import PictureSpec

REACH = 6.0
"""The line goes so many times the picture's height to both sides; what is outside is cut off when it is drawn."""
PARTS = 1200
LONGEST = 0.45
MOST_POINTS = 400
MOST_CLASSES = 4

Point = tuple[float, float, int]
Plane = tuple[float, float, float]
"""c, n1, n2 of c + n1·x1 + n2·x2."""


def line(values: Values, picture: PictureSpec, points: Sequence[Point]) -> Curves:
    """The line, its normal and the points. Raises EngineError where the formula is no straight sum."""
    assert picture.across is not None
    plane = coefficients(values, picture)
    low, high = _window(picture, points)
    lines = [*_boundary(plane, low, high), *_classes(points)]
    notes = tuple(_notes(picture, plane, points))
    name = ", ".join(picture.across)
    return Curves(picture.title, tuple(lines), name, window=(low, high), equal=True, notes=notes)


def row_points(values: Values, picture: PictureSpec) -> list[Point]:
    """The data rows as points of the plane, with the class of each."""
    if picture.classes is None or len(values.shown.traces) < 2:
        return []
    assert picture.across is not None
    columns = [values.rows(values.read(text)) for text in (*picture.across, picture.classes)]
    if any(column.ndim != 1 for column in columns):
        raise EngineError("a point of a line's picture has two numbers and one class in each row")
    count = max(len(column) for column in columns)
    full = [[float(column[min(i, len(column) - 1)]) for i in range(count)] for column in columns]
    return [(x, y, round(label)) for x, y, label in zip(*full, strict=True)][:MOST_POINTS]


def _window(picture: PictureSpec, points: Sequence[Point]) -> tuple[float, float]:
    """From bottom to top: what the lesson says, or what holds all points."""
    if picture.from_ is not None and picture.to is not None:
        return picture.from_, picture.to
    if not points:
        return -3.0, 3.0
    low, high = min(y for _, y, _ in points), max(y for _, y, _ in points)
    spare = (high - low) * 0.15 or 1.0
    return low - spare, high + spare


def _boundary(plane: Plane, low: float, high: float) -> Iterator[Line]:
    """The line, and an arrow of its normal from the point of the line that is nearest to the origin."""
    c, n1, n2 = plane
    size = math.hypot(n1, n2)
    if not 0 < size < math.inf:
        return
    foot = (-c * n1 / size**2, -c * n2 / size**2)
    reach = REACH * (high - low)
    ways = [reach * (2 * k / PARTS - 1) for k in range(PARTS + 1)]
    spots = [(foot[0] - n2 / size * way, foot[1] + n1 / size * way) for way in ways]
    yield Line("boundary", tuple(x for x, _ in spots), tuple(y for _, y in spots))
    length = min(size, LONGEST * (high - low))
    tips = [(foot[0] + n1 / size * length * k / 12, foot[1] + n2 / size * length * k / 12) for k in range(13)]
    yield Line("normal", tuple(x for x, _ in tips), tuple(y for _, y in tips))


def _classes(points: Sequence[Point]) -> Iterator[Line]:
    for label in sorted({label for _, _, label in points})[:MOST_CLASSES]:
        own = [(x, y) for x, y, of in points if of == label]
        yield Line(f"class {label}", tuple(x for x, _ in own), tuple(y for _, y in own), dots=True)


def _notes(picture: PictureSpec, plane: Plane, points: Sequence[Point]) -> Iterator[str]:
    """The line in words."""
    c, n1, n2 = plane
    size = math.hypot(n1, n2)
    if not 0 < size < math.inf:
        yield f"{picture.line} is the same everywhere: there is no line."
        return
    normal = f"({show_number(n1, 3)}, {show_number(n2, 3)})"
    yield f"{picture.line} = 0 on the line; its normal {normal} points to where {picture.line} is positive."
    for label in sorted({label for _, _, label in points})[:MOST_CLASSES]:
        own = [c + n1 * x + n2 * y for x, y, of in points if of == label]
        above = sum(value > 0 for value in own)
        yield f"class {label}: {above} of {len(own)} points on the positive side."
