"""Pictures of a graph's own numbers: curves, bars, matrices, decision lines, errors of finite differences."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np

from engine.errors import EngineError
from engine.expression import Derivative
from engine.numbers import show_number
from engine.printing import show
from engine.trace import to_reference
from tutor.figures.figure import Bars, Curves, Histogram, Images, Line, Matrix
from tutor.figures.parts import histogram_of, images_of
from tutor.figures.values import Array, Values, entry_names, own_value
from tutor.lesson_picture import PictureSpec

SAMPLES = 161
MOST_LINES = 6
MOST_ENTRIES = 400
MOST_SIDE = 64
STEP_SIZES = tuple(10.0 ** (-k / 2) for k in range(2, 29))


def curve(values: Values, picture: PictureSpec) -> Curves:
    """Formulas over an input, over the data rows, or over the entries of a vector. Raises EngineError."""
    texts = picture.curve or []
    marks: tuple[float, ...] = ()
    if picture.from_ is not None and picture.to is not None and picture.across:
        across = values.input(picture.across[0])
        places = _spread(picture.from_, picture.to, values.most_points(SAMPLES), log=picture.log_across)
        found = [values.along(values.read(text), {across: places}) for text in texts]
        own = own_value(values.shown, across, values.row)
        marks = (own,) if picture.from_ <= own <= picture.to else ()
    else:
        found = [_listed(values, text) for text in texts]
        places = _listed_places(values, picture, max(len(one) for one in found))
    order = np.argsort(places, kind="stable")
    spread = [float(places[i]) for i in order]
    lines = [
        Line(label, tuple(spread), tuple(float(v) for v in column[order]))
        for text, one in zip(texts, found, strict=True)
        for label, column in _columns(text, one, len(places))
    ]
    name = picture.across[0] if picture.across else "row" if len(values.shown.traces) > 1 else "entry"
    named = _named(lines, picture.labels)[:MOST_LINES]
    return Curves(picture.title, tuple(named), name, picture.log, picture.log_across, marks)


def _spread(start: float, stop: float, count: int, *, log: bool) -> list[float]:
    """Places from start to stop, evenly, or evenly by powers of ten."""
    found = np.geomspace(start, stop, count) if log else np.linspace(start, stop, count)
    return [float(place) for place in found]


def _listed(values: Values, text: str) -> Array:
    """A formula's value in each data row; of a vector in a graph without rows each entry."""
    found = values.rows(values.read(text))
    return found[0] if len(found) == 1 and found.ndim == 2 else found


def _listed_places(values: Values, picture: PictureSpec, count: int) -> list[float]:
    if count < 2:
        raise EngineError("a curve needs from and to, a graph with several data rows, or a vector")
    if not picture.across:
        return [float(i + 1) for i in range(count)]
    own = _listed(values, picture.across[0])
    if own.shape != (count,):
        raise EngineError(f"{picture.across[0]} has not one number for each of {count} values; give from and to")
    return [float(place) for place in own]


def _columns(text: str, found: Array, count: int) -> Iterator[tuple[str, Array]]:
    """One column of values for each entry of what a formula gives."""
    full = np.broadcast_to(found, (count, *found.shape[1:])).reshape(count, -1)
    for i, label in enumerate(entry_names(text, found.shape[1:])[:MOST_LINES]):
        yield label, full[:, i]


def _named(lines: Sequence[Line], labels: Sequence[str] | None) -> list[Line]:
    given = list(labels or ())
    return [
        Line(given[i] if i < len(given) else line.label, line.places, line.values, line.dots)
        for i, line in enumerate(lines)
    ]


def bars(values: Values, picture: PictureSpec) -> Bars:
    """Every entry of the formulas as a bar. Raises EngineError."""
    labels: list[str] = []
    sizes: list[float] = []
    for text in picture.bars or ():
        found = values.here(values.read(text))
        labels += entry_names(text, found.shape)
        sizes += [float(v) for v in found.reshape(-1)]
    if len(sizes) > MOST_ENTRIES:
        raise EngineError(f"{len(sizes)} bars are too many; at most {MOST_ENTRIES} can be shown")
    given = list(picture.labels or ())
    return Bars(picture.title, (*given, *labels[len(given) :])[: len(sizes)], tuple(sizes), picture.log)


def matrix(values: Values, picture: PictureSpec) -> Matrix:
    """An array as rows and columns; of a derivative, its rows are what is derived, its columns by what."""
    assert picture.matrix is not None
    expr = values.read(picture.matrix)
    found = values.here(expr)
    rows, columns = [""], [""]
    if isinstance(expr, Derivative):
        top, bottom = _side(values, expr, of=True), _side(values, expr, of=False)
        rows, columns = top, bottom
    elif found.ndim == 2:
        rows = [f"row {i + 1}" for i in range(found.shape[0])]
        columns = [f"column {j + 1}" for j in range(found.shape[1])]
    elif found.ndim == 1:
        rows, columns = [picture.matrix], [f"entry {j + 1}" for j in range(found.shape[0])]
    else:
        rows, columns = [picture.matrix], ["value"]
    if len(rows) > MOST_SIDE or len(columns) > MOST_SIDE:
        raise EngineError(f"a matrix of {len(rows)} × {len(columns)} is too large; at most {MOST_SIDE} × {MOST_SIDE}")
    table = found.reshape(len(rows), len(columns))
    return Matrix(
        picture.title,
        _renamed(rows, picture.rows),
        _renamed(columns, picture.columns),
        tuple(tuple(float(v) for v in row) for row in table),
    )


def _side(values: Values, derivative: Derivative, *, of: bool) -> list[str]:
    """The names of a Jacobian's rows or columns."""
    graph = values.shown.graph
    expr = derivative.of if of else derivative.by
    reference = to_reference(graph, expr)
    assert reference is not None
    shape = () if reference.entry is not None else graph.shape(reference.key)
    return entry_names(show(expr, graph.names), shape)


def _renamed(names: Sequence[str], given: Sequence[str] | None) -> tuple[str, ...]:
    return (*(given or ()), *names[len(given or ()) :])[: len(names)]


def differences(values: Values, picture: PictureSpec) -> Curves:
    """|finite difference − exact derivative| by step size, forward and central, both axes in powers of ten."""
    assert picture.differences is not None
    expr = values.read(picture.differences)
    if not isinstance(expr, Derivative):
        raise EngineError("differences needs a derivative, such as dL/dw")
    by = values.input(show(expr.by, values.shown.graph.names))
    if values.here(expr.of).shape:
        raise EngineError("differences needs the derivative of one number")
    own = own_value(values.shown, by, values.row)
    exact = float(values.here(expr))
    above = values.along(expr.of, {by: [own + h for h in STEP_SIZES]})
    below = values.along(expr.of, {by: [own - h for h in STEP_SIZES]})
    middle = values.along(expr.of, {by: [own]})
    sizes = np.array(STEP_SIZES)
    with np.errstate(all="ignore"):
        forward = np.abs((above - middle) / sizes - exact)
        central = np.abs((above - below) / (2 * sizes) - exact)
    lines = [
        Line(label, STEP_SIZES[::-1], tuple(float(v) for v in errors[::-1]))
        for label, errors in (("forward difference", forward), ("central difference", central))
    ]
    return Curves(picture.title, tuple(lines), "step h", log=True, log_across=True)


def histogram(values: Values, picture: PictureSpec) -> Histogram:
    """The entries of arrays, counted between edges that all of them share."""
    texts = picture.histogram or []
    found = [values.here(values.read(text)).reshape(-1) for text in texts]
    return histogram_of(picture, texts, found)


def images(values: Values, picture: PictureSpec) -> Images:
    """The rows of an array as images."""
    assert picture.images is not None
    return images_of(picture, np.atleast_2d(values.here(values.read(picture.images))))


def coefficients(values: Values, picture: PictureSpec) -> tuple[float, float, float]:
    """(c, n1, n2) of g = c + n1·x1 + n2·x2. Raises EngineError where the formula is no such sum."""
    assert picture.line is not None and picture.across is not None
    first, second = (values.input(text) for text in picture.across)
    xs, ys = [0.0, 1.0, 0.0, 2.0, -1.0], [0.0, 0.0, 1.0, 3.0, -2.0]
    found = values.along(values.read(picture.line), {first: xs, second: ys})
    if found.ndim != 1:
        raise EngineError(f"{picture.line} is an array; a line needs one number")
    c, n1, n2 = (float(v) for v in (found[0], found[1] - found[0], found[2] - found[0]))
    for x, y, value in zip(xs[3:], ys[3:], found[3:], strict=True):
        if not math.isclose(c + n1 * x + n2 * y, float(value), rel_tol=1e-6, abs_tol=1e-9):
            raise EngineError(f"{picture.line} is no straight sum of {' and '.join(picture.across)}")
    return c, n1, n2


def number(value: float) -> str:
    """A number for a sentence."""
    return show_number(value, 3)
