"""The output over one number or two, as a curve or a coloured plane, with the point where the numbers are."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from engine.errors import EngineError
from engine.graph import Graph
from tutor.draw.cells import Row, Rows, Run
from tutor.draw.field import FieldPoint, FieldWindow, field
from tutor.draw.plot import PlotOptions, Series, line_plot
from tutor.text import safe
from tutor.tui.rows.flow import run, wrap

MOST = (64, 40)
"""Points across and up at most: some thousand evaluations of a small graph."""
CURVE = 80
LEAST_SPAN, MOST_SPAN = 2.0**-10, 2.0**20


@dataclass(frozen=True)
class View:
    """What is plotted: the output over the number at `across`, and at `up` (None: a curve); half as wide as `span`."""

    across: int = 0
    up: int | None = 1
    span: float = 2.0

    def turned(self, count: int) -> View:
        """The next number across; another one than the one that goes up."""
        across = (self.across + 1) % count
        return replace(self, across=across, up=self.up if self.up != across else None)

    def lifted(self, count: int) -> View:
        """The next number up, or none after the last."""
        free = [None, *(i for i in range(count) if i != self.across)]
        return replace(self, up=free[(free.index(self.up) + 1) % len(free)])

    def zoomed(self, times: float) -> View:
        """A wider or narrower view."""
        return replace(self, span=min(MOST_SPAN, max(LEAST_SPAN, self.span * times)))


@dataclass(frozen=True)
class Surface:
    """`grid` holds the output at each point, the top row first; NaN where it has no value."""

    grid: tuple[tuple[float, ...], ...]
    window: FieldWindow


def scalars(values: Mapping[str, object]) -> tuple[str, ...]:
    """The names that can be moved: those with one number."""
    return tuple(name for name, value in values.items() if isinstance(value, float))


def computed(graph: Graph, values: Mapping[str, object], view: View, size: tuple[int, int]) -> Surface:
    """The output at size[0] points across and size[1] up."""
    names = scalars(values)
    x = names[view.across]
    y = None if view.up is None else names[view.up]
    window = FieldWindow(*_around(values[x], view.span), *(_around(values[y], view.span) if y else (0.0, 1.0)))
    across = _points(window.left, window.right, size[0])
    up = _points(window.top, window.bottom, size[1]) if y else [0.0]
    grid = tuple(tuple(_at(graph, {**values, x: a, **({y: b} if y else {})}) for a in across) for b in up)
    return Surface(grid, window)


def _around(value: object, span: float) -> tuple[float, float]:
    assert isinstance(value, float)
    half = span * max(1.0, abs(value))
    return value - half, value + half


def _points(first: float, last: float, count: int) -> list[float]:
    return [first + (last - first) * i / max(1, count - 1) for i in range(count)]


def _at(graph: Graph, values: Mapping[str, object]) -> float:
    try:
        return float(graph.trace(values).value(graph.output))
    except (EngineError, ArithmeticError):
        return math.nan


def surface_rows(
    surface: Surface,
    values: Mapping[str, object],
    view: View,
    width: int,
    height: int,
    *,
    colour: bool,
    ascii_only: bool,
) -> Iterator[Row]:
    """The plane or the curve, then what its ends mean."""
    names = scalars(values)
    found = [value for row in surface.grid for value in row if math.isfinite(value)]
    if not found:
        yield from wrap([run(" The output has no finite value anywhere here; + and − change the view.", "warn")], width)
        return
    low, high = min(found), max(found)
    x, window = safe(names[view.across], 40), surface.window
    if view.up is None:
        places = _points(window.left, window.right, len(surface.grid[0]))
        drawn: Rows = line_plot(
            [Series("output", surface.grid[0], places)], width - 2, height - 2, PlotOptions(ascii_only=ascii_only)
        )
    else:
        here = FieldPoint(_number(values[names[view.across]]), _number(values[names[view.up]]))
        drawn = field(surface.grid, (low, high), [here], window, colour=colour, ascii_only=ascii_only)
    yield from ((Run(" ", ""), *row) for row in drawn)
    said = f" → {x}: {window.left:.4g} to {window.right:.4g}"
    if view.up is not None:
        said += f"   ↑ {safe(names[view.up], 40)}: {window.bottom:.4g} to {window.top:.4g}   ○ is where the numbers are"
    yield from wrap([run(said)], width)
    ends = "orange low, blue high" if colour else "full high, empty low"
    sense = f"; {ends}" if view.up is not None else ""
    yield from wrap([run(f" lowest {low:.6g}, highest {high:.6g}{sense}", "number")], width)


def _number(value: object) -> float:
    assert isinstance(value, float)
    return value
