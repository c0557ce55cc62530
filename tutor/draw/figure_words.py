"""A lesson's picture in words, for readers who hear it: smallest, largest, how it goes, every bar by its name."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

from engine.numbers import counted, show_number
from tutor.draw.training_words import course_words, curve_words
from tutor.figures.figure import Bars, Curves, Figure, Histogram, Images, Line, Matrix, Untold
from tutor.text import safe

ALL_BARS = 24
ENDS = 6
"""So many bars or rows at both ends are told where there are too many."""
MOST_ROWS = 16
FEW = 8
"""So few points of a curve are told one by one."""
LEVEL = 1e-9
TURN = 0.1
FEW_POINTS = 6
"""So many points are told one by one."""
MOST_JUMPS = 6
SMOOTH = 20
"""Of fewer points nobody can say whether they jump."""
TURNS = {0: "stays level", 1: "rises", -1: "falls"}


def figure_words(figure: Figure, *, lowest: bool = True) -> Iterator[str]:
    """The figure as lines of text; who prints them breaks what is too long. Of histories of runs not the `lowest`
    values where a question asks for one."""
    title = safe(figure.title, 200)
    yield f"Picture: {title}" if title else f"Picture ({_called(figure)}):"
    if isinstance(figure, Curves) and figure.across == "epoch":
        yield from (f"  {line}" for line in _histories(figure, lowest))
        return
    yield from (f"  {line}" for line in _TELLS[type(figure)](figure))


def _called(figure: Figure) -> str:
    if isinstance(figure, Curves) and figure.equal:
        return "a line on the plane"
    return _CALLED.get(figure.kind, figure.kind)


_CALLED = {"curves": "curves", "bars": "bars", "matrix": "a matrix", "images": "images", "untold": "not drawn"}


def _curves(figure: Curves) -> Iterator[str]:
    yield from (safe(note, 400) for note in figure.notes)
    across = figure.across or "place"
    if figure.equal:
        yield from (_through(line) for line in figure.lines if line.label == "boundary")
    for line in figure.lines:
        if not (figure.equal and not line.dots):
            yield _line(line, across, log=figure.log)


def _histories(figure: Curves, lowest: bool) -> Iterator[str]:
    """Notes on histories tell of their best epochs, too."""
    yield from (safe(note, 400) for note in figure.notes if lowest)
    for line in figure.lines:
        yield curve_words(safe(line.label, 60), line.values, lowest=lowest)
        yield from filter(None, [course_words(line.values)])


def _through(line: Line) -> str:
    """A straight line by the points where it crosses the axes, or by its ends' direction through the origin."""
    ends = [(line.places[i], line.values[i]) for i in (0, -1)]
    n1, n2 = ends[1][1] - ends[0][1], ends[0][0] - ends[1][0]
    size, c = math.hypot(n1, n2), n1 * ends[0][0] + n2 * ends[0][1]
    if abs(c) <= LEVEL * size * size:
        spots = [(0.0, 0.0), (1.0, -n1 / n2) if abs(n2) > LEVEL * size else (0.0, 1.0)]
    elif min(abs(n1), abs(n2)) <= LEVEL * size:
        spots = [(c / n1, 0.0), (c / n1, 1.0)] if abs(n1) > abs(n2) else [(0.0, c / n2), (1.0, c / n2)]
    else:
        spots = [(0.0, c / n2), (c / n1, 0.0)]
    return f"The line goes through {' and '.join(map(_spot, spots))}."


def _spot(spot: tuple[float, float]) -> str:
    return f"({_number(spot[0])}, {_number(spot[1])})"


def _line(line: Line, across: str, *, log: bool = False) -> str:
    spots = [(x, y) for x, y in zip(line.places, line.values, strict=True) if math.isfinite(x) and math.isfinite(y)]
    label = safe(line.label, 60)
    if not spots:
        return f"{label}: no finite values."
    if line.dots:
        return f"{label}: {counted(len(spots), 'point')}{_extent(spots)}."
    if (jumps := _jumps(spots)) and len(spots) == len(line.values):
        told = ", ".join(f"to {_number(y)} between {_number(x0)} and {_number(x1)}" for x0, x1, y in jumps)
        return f"{label}: {_number(spots[0][1])} at {across} = {_number(spots[0][0])}; level, but it jumps {told}."
    if len(spots) == len(line.values) <= FEW:
        first, *others = (f"{show_number(y, 4)} at {{}}{_number(x)}" for x, y in spots)
        return f"{label}: {', '.join([first.format(f'{across} = '), *(one.format('') for one in others)])}."
    low, high = min(spots, key=lambda spot: spot[1]), max(spots, key=lambda spot: spot[1])
    lost = len(line.values) - len(spots)
    said = (
        f"{label}: from {_number(spots[0][1])} at {across} = {_number(spots[0][0])} "
        f"to {_number(spots[-1][1])} at {_number(spots[-1][0])}; {trend([y for _, y in spots], log=log)}"
    )
    for word, spot in (("smallest", low), ("largest", high)):
        if spot[1] not in (spots[0][1], spots[-1][1]):
            said += f"; {word} {_number(spot[1])} at {_number(spot[0])}"
    return f"{said}{f'; {lost} values are no numbers' if lost else ''}."


def _jumps(spots: Sequence[tuple[float, float]]) -> list[tuple[float, float, float]]:
    """Where a curve of levels jumps: the places before and after, and the new level; [] for any other curve."""
    found = [(x0, x1, y1) for (x0, y0), (x1, y1) in pairwise(spots) if y0 != y1]
    return found if len(found) <= MOST_JUMPS and len(spots) >= SMOOTH else []


def _extent(spots: Sequence[tuple[float, float]]) -> str:
    if len(spots) <= FEW_POINTS:
        return f" at {', '.join(map(_spot, spots))}"
    xs, ys = [x for x, _ in spots], [y for _, y in spots]
    return f", from {_number(min(xs))} to {_number(max(xs))} across and {_number(min(ys))} to {_number(max(ys))} up"


def trend(values: Sequence[float], *, log: bool = False) -> str:
    """How a curve goes: `rises`, `falls, then rises`, `goes up and down (12 turns)`.

    A turn counts where the way back is longer than a tenth of the whole height, with `log` in powers of ten.
    """
    heights = [math.log10(value) if log else value for value in values if value > 0 or not log]
    if len(heights) < 2 or max(heights) - min(heights) <= LEVEL * max(map(abs, heights)):
        return TURNS[0]
    enough = TURN * (max(heights) - min(heights))
    signs = _turns(heights, enough) or [1 if heights[-1] > heights[0] else -1]
    if len(signs) <= 3:
        return ", then ".join(TURNS[sign] for sign in signs)
    return f"goes up and down ({len(signs) - 1} turns)"


def _turns(heights: Sequence[float], enough: float) -> list[int]:
    """The directions one after the other, 1 up and -1 down; a way of at most `enough` is none."""
    signs: list[int] = []
    low = high = end = heights[0]
    for height in heights[1:]:
        if not signs:
            low, high = min(low, height), max(high, height)
            if high - low > enough:
                signs.append(1 if height == high else -1)
                end = height
        elif (height - end) * signs[-1] >= 0:
            end = height
        elif abs(height - end) > enough:
            signs.append(-signs[-1])
            end = height
    return signs


def _bars(figure: Bars) -> Iterator[str]:
    named = list(zip((safe(label, 60) for label in figure.labels), figure.values, strict=True))
    if len(named) <= ALL_BARS:
        yield from (f"{label}: {_number(value)}" for label, value in named)
    else:
        yield from (f"{label}: {_number(value)}" for label, value in named[:ENDS])
        yield f"({len(named) - 2 * ENDS} more, from {named[ENDS][0]} to {named[-ENDS - 1][0]})"
        yield from (f"{label}: {_number(value)}" for label, value in named[-ENDS:])
    finite = [(abs(value), label, value) for label, value in named if math.isfinite(value)]
    if len(finite) > 2:
        low, high = min(finite), max(finite)
        if low[0] != high[0]:
            yield f"Largest in size: {high[1]}, {_number(high[2])}; smallest: {low[1]}, {_number(low[2])}."


def _matrix(figure: Matrix) -> Iterator[str]:
    yield f"{counted(len(figure.rows), 'row')}, {counted(len(figure.columns), 'column')}."
    for name, row in list(zip(figure.rows, figure.values, strict=True))[:MOST_ROWS]:
        cells = [f"{safe(column, 30)}: {_number(value)}" for column, value in zip(figure.columns, row, strict=True)]
        more = f", and {len(cells) - MOST_ROWS} more" if len(cells) > MOST_ROWS else ""
        yield f"{safe(name, 30)}: {', '.join(cells[:MOST_ROWS])}{more}"
    if len(figure.rows) > MOST_ROWS:
        yield f"({len(figure.rows) - MOST_ROWS} more rows)"


def _histogram(figure: Histogram) -> Iterator[str]:
    for i, (label, counts) in enumerate(zip(figure.labels, figure.counts, strict=True)):
        fullest = max(range(len(counts)), key=lambda k: counts[k])
        said = f"{safe(label, 60)}: {sum(counts)} numbers"
        if i < len(figure.means):
            said += f", mean {_number(figure.means[i])}, deviation {_number(figure.deviations[i])}"
        filled = [k for k, count in enumerate(counts) if count]
        if filled:
            said += f", between {_number(figure.edges[filled[0]])} and {_number(figure.edges[filled[-1] + 1])}"
            said += f"; the fullest bar ({counts[fullest]}) from {_number(figure.edges[fullest])}"
            said += f" to {_number(figure.edges[fullest + 1])}"
        yield f"{said}."


def _images(figure: Images) -> Iterator[str]:
    tall, wide = len(figure.images[0]), len(figure.images[0][0])
    yield f"{len(figure.images)} images of {tall} × {wide} numbers."
    for label, image in zip(figure.labels, figure.images, strict=True):
        spots = [(value, y, x) for y, line in enumerate(image, 1) for x, value in enumerate(line, 1)]
        low, high = min(spots), max(spots)
        yield (
            f"{safe(label, 60)}: largest {_number(high[0])} in row {high[1]}, column {high[2]}; "
            f"smallest {_number(low[0])} in row {low[1]}, column {low[2]}."
        )


def _untold(figure: Untold) -> Iterator[str]:
    yield safe(figure.says, 600)


def _number(value: float) -> str:
    return show_number(value, 3)


_TELLS: Mapping[type, Callable[[Any], Iterator[str]]] = {
    Curves: _curves,
    Bars: _bars,
    Matrix: _matrix,
    Histogram: _histogram,
    Images: _images,
    Untold: _untold,
}
