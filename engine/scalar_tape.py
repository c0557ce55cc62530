"""A tape of arrays written out as a tape of single numbers, so that one kernel runs every graph.

A slot that holds a 3×2 matrix becomes six numbers. What only arranges entries (a transpose, a slice, an array of
formulas) costs no step at all; a matrix product becomes products and sums; softmax is written with its largest score
taken off, as it is computed everywhere. A step may hold an argument fixed: no gradient goes there (the largest score
moves no probability).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from engine.array_maths import index_key
from engine.graph import Graph
from engine.lowering import Slot
from engine.ops import OPS

MAX_STEPS = 4_000
"""Longer tapes are better run by NumPy, whose cost of a call is spread over the entries of its arrays."""

Ids = Any
"""An array of the numbers' places, in the shape of a slot."""
SMALLEST, LARGEST = 1e-300, 1e300
"""The length of a vector is computed of entries divided by their largest, kept between these."""


class TooLong(Exception):
    """The tape would have more than MAX_STEPS steps, or holds an operation that has no step."""


@dataclass(frozen=True, slots=True)
class Step:
    """`out` = op(`args`); arguments in `held` get no gradient."""

    op: str
    out: int
    args: tuple[int, ...]
    held: tuple[int, ...] = ()


@dataclass(frozen=True)
class ScalarTape:
    """`count` numbers: constants, inputs and what the steps compute, in order. `ids[i]` are the places of slot i."""

    count: int
    constants: dict[int, float]
    steps: tuple[Step, ...]
    ids: tuple[Ids, ...]

    @classmethod
    def of(cls, graph: Graph, known: frozenset[str]) -> ScalarTape:
        """The graph's tape; `known` are the operations on numbers that there are steps for. Raises TooLong."""
        writer = Writer(known)
        ids: list[Ids] = []
        for slot in graph.slots:
            ids.append(writer.slot(slot, [ids[arg] for arg in slot.args], graph.slots))
        return cls(writer.count, writer.constants, tuple(writer.steps), tuple(ids))


@dataclass
class Writer:
    """Grows a scalar tape."""

    known: frozenset[str]
    count: int = 0
    constants: dict[int, float] = field(default_factory=dict)
    steps: list[Step] = field(default_factory=list)
    _constant_at: dict[float, int] = field(default_factory=dict)

    def constant(self, value: float) -> int:
        """The place of a constant."""
        if value not in self._constant_at:
            self.constants[self.count] = value
            self._constant_at[value] = self.count
            self.count += 1
        return self._constant_at[value]

    def step(self, op: str, *args: int, held: tuple[int, ...] = ()) -> int:
        """The place of op(args)."""
        if len(self.steps) >= MAX_STEPS or op not in self.known:
            raise TooLong(op)
        self.steps.append(Step(op, self.count, args, held))
        self.count += 1
        return self.count - 1

    def slot(self, slot: Slot, args: list[Ids], slots: Sequence[Slot]) -> Ids:
        """The places of a slot's entries."""
        if slot.op == "const":
            return np.array(self.constant(slot.const or 0.0))
        if slot.op == "input":
            size = int(np.prod(slot.shape, dtype=int))
            if size > 4 * MAX_STEPS:
                raise TooLong(slot.name)
            self.count += size
            return np.arange(self.count - size, self.count).reshape(slot.shape)
        if slot.op == "pow" and slots[slot.args[1]].op == "const":
            return self.each(lambda x: self.power(x, slots[slot.args[1]].const or 0.0), args[0])
        if slot.op in ARRAYS:
            return np.asarray(ARRAYS[slot.op](self, *args, **dict(slot.options)))
        if slot.op == "copy":
            return args[0]
        if not OPS[slot.op].elementwise:
            raise TooLong(slot.op)
        return self.each(lambda *x: self.step(slot.op, *x), *args)

    def each(self, make: Callable[..., int], *args: Ids) -> Ids:
        """`make` for every entry of arguments that are repeated to one shape."""
        together = np.broadcast_arrays(*args)
        made = [make(*(int(i) for i in row)) for row in zip(*(a.ravel() for a in together), strict=True)]
        return np.array(made, dtype=int).reshape(together[0].shape)

    def power(self, x: int, exponent: float) -> int:
        """x to a constant: by products for the small whole exponents."""
        if exponent == 1.0:
            return x
        if exponent == 2.0:
            return self.step("square", x)
        if exponent == 3.0:
            return self.step("mul", self.step("square", x), x)
        if exponent == 4.0:
            return self.step("square", self.step("square", x))
        return self.step("pow", x, self.constant(exponent))

    def sum(self, places: Sequence[int]) -> int:
        """Left to right."""
        found = int(places[0])
        for place in places[1:]:
            found = self.step("add", found, int(place))
        return found

    def chain(self, op: str, places: Sequence[int]) -> int:
        """max or min of several; the first of equal ones counts."""
        found = int(places[0])
        for place in places[1:]:
            found = self.step(op, found, int(place))
        return found


# -- operations on arrays of places


def _along(w: Writer, x: Ids, axis: int | None, reduce: Callable[[Sequence[int]], int]) -> Ids:
    if axis is None:
        return np.array(reduce(x.ravel()))
    lines = np.moveaxis(x, axis, -1)
    return np.array([reduce(line) for line in lines.reshape(-1, lines.shape[-1])]).reshape(lines.shape[:-1])


def _sum(w: Writer, x: Ids, axis: int | None = None) -> Ids:
    return _along(w, x, axis, w.sum)


def _mean(w: Writer, x: Ids, axis: int | None = None) -> Ids:
    count = w.constant(float(x.size if axis is None else x.shape[axis]))
    return _along(w, x, axis, lambda line: w.step("div", w.sum(line), count))


def _inner(w: Writer, a: Ids, b: Ids) -> int:
    return w.sum([w.step("mul", int(i), int(j)) for i, j in zip(a, b, strict=True)])


def _matmul(w: Writer, a: Ids, b: Ids) -> Ids:
    rows, columns = np.atleast_2d(a), b[:, None] if b.ndim == 1 else b
    if rows.shape[0] * columns.shape[1] * rows.shape[1] > MAX_STEPS:
        raise TooLong("matmul")
    found = [[_inner(w, row, column) for column in columns.T] for row in rows]
    return np.array(found, dtype=int).reshape(a.shape[:-1] + b.shape[1:])


def _rows(make: Callable[[Writer, Ids], Ids]) -> Callable[[Writer, Ids], Ids]:
    """`make` for every line along the last axis."""
    return lambda w, x: np.apply_along_axis(lambda line: make(w, line), -1, x)


def _shifted(w: Writer, line: Ids) -> list[int]:
    """Every score less the largest, through which no gradient goes."""
    largest = w.chain("max", line)
    return [w.step("sub", int(i), largest, held=(1,)) for i in line]


def _softmax(w: Writer, line: Ids) -> Ids:
    powers = [w.step("exp", i) for i in _shifted(w, line)]
    total = w.sum(powers)
    return np.array([w.step("div", i, total) for i in powers])


def _log_softmax(w: Writer, line: Ids) -> Ids:
    below = _shifted(w, line)
    total = w.step("log", w.sum([w.step("exp", i) for i in below]))
    return np.array([w.step("sub", i, total) for i in below])


def _norm(w: Writer, x: Ids) -> Ids:
    """largest · √Σ(x/largest)², the largest held fixed: it cannot overflow, and the slopes are those of the length."""
    largest = w.chain("max", [w.step("abs", int(i)) for i in x.ravel()])
    largest = w.step("min", w.step("max", largest, w.constant(SMALLEST)), w.constant(LARGEST))
    squares = [w.step("square", w.step("div", int(i), largest, held=(1,))) for i in x.ravel()]
    return np.array(w.step("mul", w.step("length", w.sum(squares)), largest, held=(1,)))


def _loss(op: str) -> Callable[[Writer, Ids, Ids], Ids]:
    return lambda w, p, t: np.array(w.sum(w.each(lambda *pair: w.step(op, *pair), p, t).ravel()))


def _squared(w: Writer, p: Ids, t: Ids) -> Ids:
    squares = w.each(lambda a, b: w.step("square", w.step("sub", a, b)), p, t)
    return np.array(w.sum(squares.ravel()))


def _with1(w: Writer, x: Ids) -> Ids:
    return np.concatenate([np.full((*x.shape[:-1], 1), w.constant(1.0)), x], axis=-1)


ARRAYS: dict[str, Callable[..., Ids]] = {
    "matmul": _matmul,
    "transpose": lambda w, x: x.T,
    "index": lambda w, x, items: x[index_key(items)],
    "stack": lambda w, *xs: np.stack(xs),
    "with1": _with1,
    "sum": _sum,
    "mean": _mean,
    "dot": lambda w, a, b: np.array(_inner(w, a, b)),
    "norm": _norm,
    "outer": lambda w, a, b: w.each(lambda i, j: w.step("mul", i, j), a[:, None], b[None, :]),
    "softmax": _rows(_softmax),
    "logsoftmax": _rows(_log_softmax),
    "largest": lambda w, x: np.array(w.chain("max", x.ravel())),
    "smallest": lambda w, x: np.array(w.chain("min", x.ravel())),
    "squared_error": _squared,
    "bce": _loss("bce"),
    "cross_entropy": _loss("cross_entropy"),
}
"""Array operation → how it is written out."""
