"""A graph, and expressions over its names, at many points at once; with a bound of the rounding error."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from engine.batched import BATCHED, LEAD, ROWS, Array, aligned, pull_of, push_of, slope_of, total, value_of
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
from engine.graph import Graph
from engine.lowering import Lowering, Slot
from engine.ops import OPS
from engine.trace import Reference, to_reference

EPS = float(np.finfo(float).eps)
MAX_CHANNELS = 64
"""The largest number of entries whose Jacobian is formed."""


def forward(slots: Sequence[Slot], values: list[Array], start: int = 0) -> list[Array]:
    """`values` (the inputs, and everything before `start`) completed to the value of every slot."""
    with np.errstate(all="ignore"):
        for i in range(start, len(slots)):
            slot = slots[i]
            if slot.op == "const":
                values.append(np.full((1,) * LEAD, slot.const))
            elif slot.op != "input":
                values.append(value_of(slot, [values[arg] for arg in slot.args]))
            elif i >= len(values):
                raise AssertionError(f"input {slot.name} has no value")
    return values


def gradients(
    slots: Sequence[Slot], values: Sequence[Array], seeds: Mapping[int, Array], stop: int = 0
) -> list[Array | None]:
    """Reverse pass from the seeded slots down to slot `stop`; None where nothing comes back."""
    found: list[Array | None] = [None] * len(slots)
    for i, seed in seeds.items():
        found[i] = seed
    with np.errstate(all="ignore"):
        for i in range(max(seeds), stop - 1, -1):
            g, slot = found[i], slots[i]
            if g is None:
                continue
            x = [values[arg] for arg in slot.args]
            for k, arg in enumerate(slot.args):
                if slots[arg].op != "const" and arg >= stop:
                    share = pull_of(slot, g, values[i], x, k)
                    before = found[arg]
                    found[arg] = share if before is None else before + share
    return found


def tangents(slots: Sequence[Slot], values: Sequence[Array], start: int, seed: Array) -> list[Array | None]:
    """Forward-mode derivatives of every slot along `seed` of slot `start`; None where it has no influence."""
    found: list[Array | None] = [None] * len(slots)
    found[start] = seed
    with np.errstate(all="ignore"):
        for i in range(start + 1, len(slots)):
            slot = slots[i]
            dx = [found[arg] for arg in slot.args]
            if any(d is not None for d in dx):
                found[i] = push_of(slot, values[i], [values[arg] for arg in slot.args], dx)
    return found


def units(shape: tuple[int, ...], entry: int | None = None) -> Array:
    """Channels × shape: 1 at one entry each (all entries, or just `entry`)."""
    size = int(np.prod(shape, dtype=int))
    rows = np.eye(size) if entry is None else np.eye(size)[entry : entry + 1]
    return rows.reshape(1, 1, -1, *shape)


# -- rounding errors


def error_bounds(slots: Sequence[Slot], values: Sequence[Array], errors: list[Array]) -> list[Array]:
    """First-order bounds of the rounding error of every slot, continued from `errors` of the first ones."""
    with np.errstate(all="ignore"):
        for i in range(len(errors), len(slots)):
            errors.append(_bound(slots[i], values[i], slots[i].args, values, errors))
    return errors


def _bound(slot: Slot, y: Array, args: Sequence[int], values: Sequence[Array], errors: Sequence[Array]) -> Array:
    own = EPS * np.abs(y)
    if slot.op in ROWS:
        return own + ROWS[slot.op](slot, errors[args[0]] + 4 * EPS * np.abs(values[args[0]]))
    if not args:
        return own if slot.op == "const" else own * 0.0
    if OPS[slot.op].elementwise:
        x, rank = [values[arg] for arg in args], len(slot.shape)
        for k, arg in enumerate(args):
            if slot.op == "pow" and k == 1:
                continue  # an exponent is nearly always an exact constant
            slope = np.abs(slope_of(slot, y, x, k))
            own = own + np.where(np.isfinite(slope), slope, 0.0) * aligned(errors[arg], rank)
        return own
    if slot.op in {"matmul", "dot", "outer"}:
        a, b = (np.abs(values[arg]) for arg in args)
        product = BATCHED[slot.op].value
        spread = product(slot, a, errors[args[1]] + 4 * EPS * b) + product(slot, errors[args[0]], b)
        return own + spread
    if slot.op in {"transpose", "index", "stack"}:
        return own + BATCHED[slot.op].value(slot, *(errors[arg] for arg in args))
    if slot.op == "sum":
        return BATCHED["sum"].value(slot, errors[args[0]] + 4 * EPS * np.abs(values[args[0]]))
    worst = [errors[arg] + 4 * EPS * np.abs(values[arg]) for arg in args]
    largest = np.zeros((1,) * LEAD)
    for e in worst:
        largest = largest + e.reshape(*e.shape[:LEAD], -1).max(axis=-1)
    return own + aligned(largest, len(slot.shape))


# -- points


@dataclass(frozen=True, eq=False)
class Points:
    """A graph at many points: `values[slot]` has axes points × rows × 1 × the slot's shape.

    `shared` are the keys whose value is the same in all rows; `mean` says how rows make a total; without rows
    `rows` is False and the second axis has length 1.
    """

    graph: Graph
    values: list[Array]
    rows: bool = False
    mean: bool = False
    shared: frozenset[str] = frozenset()

    @cached_property
    def count(self) -> int:
        """How many points."""
        return max(int(value.shape[0]) for value in self.values)

    @cached_property
    def row_count(self) -> int:
        """How many rows of data each point has."""
        return max(int(value.shape[1]) for value in self.values)

    @cached_property
    def errors(self) -> list[Array]:
        """Bounds of the rounding error of every slot."""
        return error_bounds(self.graph.slots, self.values, [])

    def at(self, key: str) -> Array:
        """The values of a name."""
        return self.values[self.graph.slot_of[key]]

    def pooled(self, x: Array) -> Array:
        """The rows' parts made one: their sum, or their mean."""
        whole = np.broadcast_to(x, (x.shape[0], self.row_count, *x.shape[2:]))
        return whole.mean(axis=1, keepdims=True) if self.mean else whole.sum(axis=1, keepdims=True)

    def picked(self, chosen: Array) -> Points:
        """Only some of the points."""
        values = [value if value.shape[0] == 1 else value[chosen] for value in self.values]
        return replace(self, values=values)

    def is_total(self, of: Reference, by: Reference) -> bool:
        """Whether a derivative is one of the total over rows: of the output, by something all rows share."""
        return self.rows and of.key == self.graph.output and by.key in self.shared

    def derivative(self, of: Reference, by: Reference) -> Array:
        """∂of/∂by at every point, in every row: axes points × rows × 1 × of's × by's."""
        graph = self.graph
        top, bottom = graph.slot_of[of.key], graph.slot_of[by.key]
        shape = () if of.entry is not None else graph.slots[top].shape
        below = graph.slots[bottom].shape
        if int(np.prod(shape, dtype=int)) > MAX_CHANNELS:
            raise ShapeError(f"{graph.names[of.key]} has too many entries for a Jacobian")
        found = gradients(graph.slots, self.values, {top: units(graph.slots[top].shape, of.entry)}, bottom)[bottom]
        if found is None or top < bottom:
            found = np.zeros((1, 1, max(1, int(np.prod(shape, dtype=int))), *below))
        found = found.reshape(*found.shape[:2], 1, *shape, *below)
        if by.entry is not None:
            found = found.reshape(*found.shape[: LEAD + len(shape)], -1)[..., by.entry]
        return found


# -- expressions


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

    Sums over rows, the number of rows and derivatives have their meaning of CONTRACT section 1; `instead` gives other
    values for derivatives. Raises ShapeError.
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
        body = _unmarked(here.body, here.mark, columns=True)
        if not all(OPS[part.op].elementwise for part in walk(body) if isinstance(part, Call)):
            return None
        count = len(self.slots)
        try:
            shape = self.slots[self._lower(body)].shape
        except ShapeError:
            del self.slots[count:]
            return None
        fits = len(shape) == 1 and all(slot.shape in ((), shape) or slot.op == "input" for slot in self.slots[count:])
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


__all__ = [
    "Evaluated",
    "Lowered",
    "Points",
    "aligned",
    "error_bounds",
    "evaluate",
    "forward",
    "gradients",
    "lower",
    "tangents",
    "total",
    "units",
]
