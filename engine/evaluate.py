"""Expressions over the names of a graph at many points at once: what an answer is worth."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from engine.batched import forward
from engine.errors import ShapeError
from engine.expression import (
    Call,
    Derivative,
    Entry,
    Expr,
    Index,
    Marked,
    Name,
    Number,
    Rows,
    Span,
    Total,
    rebuild,
    walk,
)
from engine.lead import LEAD, Array
from engine.lowering import Lowering, Slot
from engine.ops import OPS
from engine.points import Points
from engine.rounding import EPS, error_bounds
from engine.trace import to_reference


@dataclass(frozen=True)
class Evaluated:
    """An expression at every point: its value and a bound of its rounding error, and the shape of its own."""

    value: Array
    error: Array
    shape: tuple[int, ...]


@dataclass
class Lowered:
    """An expression as slots that go on where the graph's end, with the values of the pseudo-inputs it needs."""

    slots: list[Slot]
    values: list[Array]
    errors: list[Array]
    start: int
    slot: int


def lower(expr: Expr, points: Points, instead: Mapping[Derivative, Array] | None = None) -> Lowered:
    """The operations of an expression over the graph's names. Raises ShapeError with the place."""
    return _Answer(points, instead or {}).lower(expr)


def evaluate(expr: Expr, points: Points, instead: Mapping[Derivative, Array] | None = None) -> Evaluated:
    """An expression over the graph's names at every point.

    Sums run over the rows of data, m is their number, and a derivative is the total one, over all rows; `instead` gives
    other values for derivatives. Raises ShapeError.
    """
    low = lower(expr, points, instead)
    return Evaluated(low.values[low.slot], low.errors[low.slot], low.slots[low.slot].shape)


class _Answer:
    """Turns what only answers have (Σ over rows, m, derivatives) into values, then lowers the rest."""

    def __init__(self, points: Points, instead: Mapping[Derivative, Array]) -> None:
        self.points = points
        self.instead = instead
        self.graph = points.graph
        self.slots = list(self.graph.slots)
        self.slot_of = dict(self.graph.slot_of)
        self.values = list(points.values)
        self.errors = list(points.errors)
        self.inside: set[int] = set()

    def lower(self, expr: Expr) -> Lowered:
        start = len(self.slots)
        self._find_inside(expr)
        plain = rebuild(expr, self._plain)
        slot = self._lower(plain)
        return Lowered(self.slots, self.values, self.errors, start, slot)

    def _lower(self, expr: Expr) -> int:
        lowering = Lowering(self.slots, self.slot_of, dict(self.graph.names))
        slot = lowering.lower(expr)
        forward(self.slots, self.values, len(self.values))
        error_bounds(self.slots, self.values, self.errors)
        return slot

    def _find_inside(self, expr: Expr) -> None:
        for here in walk(expr):
            if isinstance(here, Total) or (isinstance(here, Call) and here.op in {"sum", "mean"}):
                self.inside.update(id(part) for part in walk(here) if isinstance(part, Derivative))

    def _plain(self, here: Expr) -> Expr:
        match here:
            case Rows():
                return Number(float(self._row_count()), at=here.at, end=here.end)
            case Derivative():
                return self._derivative(here)
            case Total() if self.points.rows and self._over_rows(here):
                if here.upper not in (None, self.points.row_count):
                    said = f"there are {self.points.row_count} rows, and Σ goes over all of them: Σ_i, or up to m"
                    raise ShapeError(said, at=here.at, end=here.end)
                return self._summed(here, _unmarked(here.body, here.mark), mean=False)
            case Total() if not self.points.rows and (columns := self._columns(here)) is not None:
                return columns
            case Call(op="sum" | "mean", args=(body,)) if self.points.rows and self._is_scalar(body):
                return self._summed(here, body, mean=here.op == "mean")
        return here

    def _row_count(self) -> int:
        if self.points.rows:
            return self.points.row_count
        lengths = [self.graph.shape(key) for key in self.graph.given]
        firsts = [shape[0] for shape in sorted(lengths, key=len, reverse=True) if shape]
        if not firsts:
            raise ShapeError("there are no rows here, so m has no meaning")
        return firsts[0]

    def _input(self, here: Expr, value: Array, error: Array, shape: tuple[int, ...]) -> Name:
        """A name for a value that was computed apart."""
        key = f"#{len(self.slots)}"
        self.slots.append(Slot("input", (), shape, here, name=key))
        self.slot_of[key] = len(self.slots) - 1
        self.values.append(value)
        self.errors.append(error)
        return Name(key, at=here.at, end=here.end)

    def _derivative(self, here: Derivative) -> Expr:
        of, by = to_reference(self.graph, here.of), to_reference(self.graph, here.by)
        if of is None or by is None:
            raise ShapeError("a derivative is of a name or entry by another", at=here.at, end=here.end)
        if here in self.instead:
            value = self.instead[here]
            return self._input(here, value, 16 * EPS * np.abs(value), value.shape[LEAD:])
        value = self.points.derivative(of, by)
        if id(here) not in self.inside and self.points.is_total(of, by):
            value = self.points.pooled(value)
        scale = np.abs(value).max(axis=0, keepdims=True)
        return self._input(here, value, 16 * EPS * (np.abs(value) + scale), value.shape[LEAD:])

    def _is_scalar(self, body: Expr) -> bool:
        count = len(self.slots)
        try:
            return not self.slots[self._lower(body)].shape
        except ShapeError:
            del self.slots[count:]
            return False

    def _over_rows(self, here: Total) -> bool:
        """Whether Σ runs over the rows rather than over an array of one row."""
        marked = [part for part in walk(here.body) if isinstance(part, Marked) and part.mark == here.mark]
        names = [part.body.key for part in marked if isinstance(part.body, Name) and not part.rest]
        arrays = [key for key in names if key in self.graph.slot_of and self.graph.shape(key)]
        return not arrays or any(not self.graph.shape(key) for key in names if key in self.graph.slot_of)

    def _summed(self, here: Expr, body: Expr, mean: bool) -> Expr:
        slot = self._lower(body)
        options = (("count", self.points.row_count),)
        shape = self.slots[slot].shape
        return self._name(Slot("rows mean" if mean else "rows", (slot,), shape, here, options=options), here)

    def _name(self, slot: Slot, here: Expr) -> Name:
        """A name for an operation that no formula can say."""
        key = f"#{len(self.slots)}"
        self.slots.append(replace(slot, name=key))
        self.slot_of[key] = len(self.slots) - 1
        forward(self.slots, self.values, len(self.values))
        error_bounds(self.slots, self.values, self.errors)
        return Name(key, at=here.at, end=here.end)

    def _columns(self, here: Total) -> Expr | None:
        """Σ over whole columns as one sum, where every array in it is such a column."""
        if any(isinstance(part, Marked) and isinstance(part.body, Marked) for part in walk(here.body)):
            return None  # two indices of one matrix: written out instead
        body = _unmarked(here.body, here.mark, columns=True)
        if not all(OPS[part.op].elementwise for part in walk(body) if isinstance(part, Call)):
            return None
        count = len(self.slots)
        try:
            shape = self.slots[self._lower(body)].shape
        except ShapeError:
            del self.slots[count:]
            return None
        fits = (
            len(shape) == 1
            and here.upper in (None, *shape)
            and all(slot.shape in ((), shape) or slot.op == "input" for slot in self.slots[count:])
        )
        units = [self.slots[self.slot_of[k]].shape for k in _whole_names(body) if k in self.slot_of]
        if not fits or any(unit not in ((), shape) for unit in units):
            return None
        return Call("sum", (body,), at=here.at, end=here.end)


def _whole_names(body: Expr) -> list[str]:
    """The names that stand in a formula as a whole, not by an entry."""
    entered = {id(here.body) for here in walk(body) if isinstance(here, Index | Entry)}
    return [here.key for here in walk(body) if isinstance(here, Name) and id(here) not in entered]


def _unmarked(body: Expr, mark: str, columns: bool = False) -> Expr:
    """Row marks taken off: inside the sum a name is the row's own (or, with `columns`, the whole column)."""

    def change(here: Expr) -> Expr:
        if isinstance(here, Marked) and here.mark == mark:
            if columns and here.rest.isdigit():
                return Index(here.body, (Span(), int(here.rest) - 1), at=here.at, end=here.end)
            return Entry(here.body, here.rest, at=here.at, end=here.end) if here.rest else here.body
        return here

    return rebuild(body, change)
