"""Many rows at once: values and gradients of any graph over columns of data, without compiling anything for it.

    tape = CompiledTape.of(graph)
    found = tape.values_and_gradients({"x": column, "y": column, "w": 0.5}, total="mean")
    found.total, found.gradients["w"]

The graph is written out as steps on single numbers (scalar_tape.py), and one kernel runs them over blocks of rows
(tape_kernel.py). A graph whose arrays are too large for that, or an installation without Numba, is run by NumPy, all
rows of a portion at once; the numbers are the same up to rounding. The kernel is loaded when it is first needed:
`load_kernel()` does it at a time of one's own choosing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.util import find_spec
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from engine.errors import NumberError, did_you_mean
from engine.graph import Graph
from engine.names import normalise
from engine.numpy_rows import NumpyRows
from engine.scalar_tape import ScalarTape, TooLong
from engine.tape_steps import STEPS

if TYPE_CHECKING:
    from engine.tape_plan import Block, Plan

Array = Any
Rows = Mapping[str, Any]
Total = Literal["sum", "mean"]

MAX_RESULT = 50_000_000
"""Numbers that a result may hold: 400 MB."""


@dataclass(frozen=True)
class RowsResult:
    """`values` of the output, one a row; `gradients` by name: of the total (in the name's shape) or, without a total,
    row by row (rows first). `total` is their sum or mean. `done` rows were computed before it was cancelled."""

    values: Array
    gradients: Mapping[str, Array]
    total: float | None
    done: int


@dataclass(frozen=True)
class Columns:
    """Values of inputs by key: `moving` with one value for each of `count` rows, `fixed` the same in all rows."""

    count: int
    moving: Mapping[str, Array]
    fixed: Mapping[str, Array]


@dataclass(frozen=True)
class CompiledTape:
    """A graph made ready for many rows. `scalars` is None where NumPy runs it."""

    graph: Graph
    scalars: ScalarTape | None
    _plans: dict[tuple[object, ...], Plan] = field(default_factory=dict, compare=False, repr=False)

    @classmethod
    def of(cls, graph: Graph, *, compiled: bool = True) -> CompiledTape:
        """The tape of `graph`. With `compiled` False, or without Numba, NumPy runs it."""
        if not compiled or not has_compiler():
            return cls(graph, None)
        try:
            return cls(graph, ScalarTape.of(graph, frozenset(STEPS)))
        except TooLong:
            return cls(graph, None)

    def values(self, name: str, rows: Rows, *, cancelled: Array | None = None) -> Array:
        """The value of a name in every row: shape (rows, *shape of the name).

        `rows` maps every input (any spelling) to one value, or to one value a row. Raises NumberError for a missing,
        unknown or misshapen one, and for results of more than MAX_RESULT numbers.
        """
        key = self.graph.key(name)
        columns = read_columns(self.graph, rows)
        slot = self.graph.slot_of[key]
        shape = self.graph.slots[slot].shape
        _bounded(columns.count * _size(shape))
        if self.scalars is None:
            return NumpyRows(self.graph, columns.moving, columns.fixed, columns.count).values(slot)
        outputs = tuple(int(i) for i in self.scalars.ids[slot].ravel())
        plan = self._plan(outputs, None, ())
        goals = np.empty((len(outputs), columns.count))
        self._block(plan, columns).run(plan, goals, np.empty((0, 0)), np.zeros(0), _flag(cancelled))
        return np.ascontiguousarray(goals.T).reshape(columns.count, *shape)

    def values_and_gradients(
        self,
        rows: Rows,
        *,
        total: Total | None = "sum",
        wrt: Sequence[str] | None = None,
        of: str | None = None,
        cancelled: Array | None = None,
    ) -> RowsResult:
        """Forward and backward over all rows: the output (or the scalar node `of`) and its gradients by the inputs
        `wrt` (all of them if None).

        `total` "sum" or "mean" adds the rows' gradients up; None keeps them apart. `cancelled` is an array of one
        uint8: once it is not 0, no further block is begun. Raises NumberError, as `values` does.
        """
        graph = self.graph
        top = graph.slot_of[graph.key(of) if of is not None else graph.output]
        if graph.slots[top].shape:
            raise NumberError(f"{graph.slots[top].name} is an array: it has a Jacobian, not a gradient")
        columns = read_columns(graph, rows)
        keys = self._inputs(wrt)
        sizes = {key: _size(graph.slots[graph.slot_of[key]].shape) for key in keys}
        _bounded(columns.count * (1 + (0 if total else sum(sizes.values()))))
        if self.scalars is None:
            way = NumpyRows(graph, columns.moving, columns.fixed, columns.count)
            values, found = way.gradients(top, keys, apart=total is None)
            done = columns.count
        else:
            values, found, done = self._run(columns, top, keys, sizes, total is None, _flag(cancelled))
        return self._result(values, found, total, done)

    def _run(
        self, columns: Columns, top: int, keys: Sequence[str], sizes: Mapping[str, int], apart: bool, flag: Array
    ) -> tuple[Array, dict[str, Array], int]:
        assert self.scalars is not None
        wanted = tuple(int(i) for key in keys for i in self.scalars.ids[self.graph.slot_of[key]].ravel())
        output = int(self.scalars.ids[top])
        plan = self._plan((output,), output, wanted)
        goals = np.empty((1, columns.count))
        shares = np.empty((len(wanted), columns.count)) if apart else np.empty((0, 0))
        totals = np.zeros(len(wanted))
        done = self._block(plan, columns).run(plan, goals, shares, totals, flag)
        found: dict[str, Array] = {}
        start = 0
        for key in keys:
            part = slice(start, start + sizes[key])
            shape = self.graph.slots[self.graph.slot_of[key]].shape
            found[key] = shares[part].T.reshape(columns.count, *shape) if apart else totals[part].reshape(shape)
            start = part.stop
        return goals[0], found, done

    def _result(self, values: Array, found: Mapping[str, Array], total: Total | None, done: int) -> RowsResult:
        values = values[:done]
        if total is None:
            return RowsResult(values, MappingProxyType({key: g[:done] for key, g in found.items()}), None, done)
        count = max(done, 1) if total == "mean" else 1
        gradients = {key: g / count if total == "mean" else g for key, g in found.items()}
        return RowsResult(values, MappingProxyType(gradients), float(np.sum(values)) / count, done)

    def _inputs(self, wrt: Sequence[str] | None) -> list[str]:
        inputs = [*self.graph.given, *self.graph.weights]
        if wrt is None:
            return inputs
        keys = [self.graph.key(name) for name in wrt]
        for name, key in zip(wrt, keys, strict=True):
            if key not in inputs:
                raise NumberError(f"{name} is no input of the graph; gradients over rows are by its inputs")
        return keys

    def _plan(self, outputs: tuple[int, ...], seed: int | None, wanted: tuple[int, ...]) -> Plan:
        key = (outputs, seed, wanted)
        if key not in self._plans:
            from engine.tape_plan import Plan

            assert self.scalars is not None
            self._plans[key] = Plan.of(self.scalars, outputs, seed, wanted)
        return self._plans[key]

    def _block(self, plan: Plan, columns: Columns) -> Block:
        """Buffers filled with what is the same in all rows, and the addresses of what is not."""
        from engine.tape_plan import Block

        assert self.scalars is not None
        fixed: dict[int, float] = dict(self.scalars.constants)
        moving: dict[int, Array] = {}
        for key, value in columns.fixed.items():
            ids = self.scalars.ids[self.graph.slot_of[key]].ravel()
            fixed.update(zip(ids.tolist(), value.ravel().tolist(), strict=True))
        for key, value in columns.moving.items():
            ids = self.scalars.ids[self.graph.slot_of[key]].ravel()
            by_entry = value.reshape(columns.count, -1)
            for j, place in enumerate(ids.tolist()):
                moving[place] = np.ascontiguousarray(by_entry[:, j])
        return Block.of(plan, fixed, moving, columns.count)


@cache
def has_compiler() -> bool:
    """Whether Numba is installed."""
    return find_spec("numba") is not None


def load_kernel() -> bool:
    """Loads the kernel from the cache, or compiles it; False without Numba. For a process that fills the cache."""
    tape = CompiledTape.of(Graph.parse("y = x"))
    tape.values_and_gradients({"x": np.zeros(1)})
    return tape.scalars is not None


def read_columns(graph: Graph, rows: Rows) -> Columns:
    """The inputs' values as float64 arrays. Raises NumberError for a missing, unknown or misshapen one."""
    wanted = [*graph.given, *graph.weights]
    given = {normalise(name): value for name, value in rows.items()}
    for name in rows:
        if normalise(name) not in wanted:
            hint = did_you_mean(name, [graph.names[key] for key in wanted])
            raise NumberError(f"{name} is no input of this graph{hint}")
    moving: dict[str, Array] = {}
    fixed: dict[str, Array] = {}
    for key in wanted:
        if key not in given:
            raise NumberError(f"{graph.names[key]} has no value")
        value, shape = _array(given[key], graph.names[key]), graph.slots[graph.slot_of[key]].shape
        if value.shape == shape:
            fixed[key] = value
        elif value.shape[1:] == shape and value.ndim == len(shape) + 1:
            moving[key] = value
        else:
            raise NumberError(f"{graph.names[key]} has shape {value.shape}; {shape} or (rows, *{shape}) would fit")
    return Columns(_row_count(graph, moving), moving, fixed)


def _array(value: Any, name: str) -> Array:
    try:
        return np.asarray(value, dtype=float)
    except (OverflowError, TypeError, ValueError):
        raise NumberError(f"{name} is no array of numbers") from None


def _row_count(graph: Graph, moving: Mapping[str, Array]) -> int:
    counts = {graph.names[key]: len(value) for key, value in moving.items()}
    if len(set(counts.values())) > 1:
        raise NumberError(f"the inputs have different numbers of rows: {counts}")
    return next(iter(counts.values()), 1)


def _bounded(numbers: int) -> None:
    if numbers > MAX_RESULT:
        raise NumberError(f"the result would hold {numbers} numbers, at most {MAX_RESULT} are kept at once")


def _size(shape: tuple[int, ...]) -> int:
    return int(np.prod(shape, dtype=int))


def _flag(cancelled: Array | None) -> Array:
    return np.zeros(1, np.uint8) if cancelled is None else cancelled
