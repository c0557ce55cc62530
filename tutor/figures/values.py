"""Formulas over a lesson's graph at many values of one or two inputs at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.errors import EngineError
from engine.evaluate import evaluate
from engine.expression import Expr
from engine.names import normalise
from engine.sampling import Situation
from engine.trace import Reference, to_reference
from tutor.lesson_graph import LessonGraph

Array = np.ndarray[Any, np.dtype[Any]]
BUDGET = 4_000_000
"""About so many numbers are computed for a picture; curves of large graphs have fewer points."""


@dataclass(frozen=True)
class Values:
    """A graph, and the data row that is looked at."""

    shown: LessonGraph
    row: int = 0

    def read(self, text: str) -> Expr:
        """A formula over the graph's names. Raises EngineError."""
        return self.shown.context.read(text)

    def input(self, text: str) -> Reference:
        """A given value or weight, or an entry of one. Raises EngineError."""
        graph = self.shown.graph
        found = to_reference(graph, self.read(text))
        if found is None or (found.key not in graph.given and found.key not in graph.weights):
            raise EngineError(f"{text} is no given value or weight of this graph")
        if found.entry is None and graph.shape(found.key):
            raise EngineError(f"{text} is an array; name one entry of it, such as {text}[0]")
        return found

    def here(self, expr: Expr) -> Array:
        """The formula's value at the lesson's numbers, in the chosen row."""
        value: Array = self.along(expr, {})[0]
        return value

    def along(self, expr: Expr, inputs: Mapping[Reference, Sequence[float]]) -> Array:
        """The formula's values, one for each value of the inputs (all of one length): n × shape."""
        found = self._evaluated(expr, inputs)
        chosen: Array = found[:, min(self.row, found.shape[1] - 1)]
        return chosen

    def rows(self, expr: Expr) -> Array:
        """The formula's value in each data row: rows × shape."""
        every: Array = self._evaluated(expr, {})[0]
        return every

    def _evaluated(self, expr: Expr, inputs: Mapping[Reference, Sequence[float]]) -> Array:
        shown = self.shown
        context = shown.context
        situation = Situation(shown.graph, context.numbers, context.row_numbers, shown.mean, shown.domain)
        stacked = {key: situation.stacked(key) for key in situation.inputs}
        for reference, values in inputs.items():
            stacked[reference.key] = _varied(stacked[reference.key], reference, values)
        with np.errstate(all="ignore"):
            found = evaluate(expr, situation.points(stacked)).value
        count = max([1, *(len(values) for values in inputs.values())])
        shape = (count, *found.shape[1:2], *found.shape[3:])
        return np.broadcast_to(found[:, :, 0], shape)

    def most_points(self, wanted: int) -> int:
        """How many points a curve over this graph has."""
        size = sum(int(np.prod(slot.shape, dtype=int)) for slot in self.shown.graph.slots) * len(self.shown.traces)
        return max(8, min(wanted, BUDGET // max(1, size)))


def _varied(base: Array, reference: Reference, values: Sequence[float]) -> Array:
    """An input's own values, repeated for each new value, which is put in its place."""
    count = len(values)
    found = np.array(np.broadcast_to(base, (count, *base.shape[1:])), dtype=float)
    flat = found.reshape(count, found.shape[1], 1, -1)
    flat[..., reference.entry or 0] = np.asarray(values, dtype=float).reshape(count, 1, 1)
    return found


def own_value(shown: LessonGraph, reference: Reference, row: int) -> float:
    """The lesson's own value of an input or of its entry."""
    trace = shown.traces[min(row, len(shown.traces) - 1)]
    value = np.asarray(trace.value(reference.key), dtype=float)
    return float(value.reshape(-1)[reference.entry or 0])


def entry_names(name: str, shape: Sequence[int]) -> list[str]:
    """p[0], p[1], … in the order in which an array is stored; the name itself for a number."""
    return [f"{name}[{','.join(map(str, index))}]" if index else name for index in np.ndindex(*shape)]


def is_name(shown: LessonGraph, text: str) -> bool:
    """Whether a text is just a name of the graph."""
    return normalise(text) in shown.graph.names
