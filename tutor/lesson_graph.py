"""A lesson's graph with its numbers: rows, totals, paper arithmetic, and every derivative that is asked for."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from engine.errors import EngineError, GraphError, GraphProblems, NumberError, did_you_mean
from engine.graph import Graph
from engine.names import normalise, spelled
from engine.trace import Reference, Trace, to_reference
from engine.values import shape_of, to_plain

if TYPE_CHECKING:
    from engine.gradcheck import GradientCheck
    from tutor.lesson import GraphSpec
    from tutor.marking import Context


@dataclass(frozen=True)
class LessonGraph:
    """One `[graph.NAME]` of a lesson: the graph, its values by key, and its data rows (overrides by key)."""

    name: str
    graph: Graph
    values: Mapping[str, Any]
    rows: tuple[Mapping[str, Any], ...] = ()
    mean: bool = False
    decimals: int | None = None
    domain: Mapping[str, Any] | None = None

    @cached_property
    def traces(self) -> tuple[Trace, ...]:
        """One trace a row; one in all where the lesson has no rows."""
        rows = self.rows or ({},)
        return tuple(Trace.of(self.graph, {**self.values, **row}, self.decimals) for row in rows)

    @property
    def trace(self) -> Trace:
        """The first row's trace."""
        return self.traces[0]

    def total(self, parts: list[Any]) -> Any:
        """The rows' parts made one: their sum, or their mean."""
        whole = parts[0]
        for part in parts[1:]:
            whole = whole + part
        return whole / len(parts) if self.mean else whole

    @cached_property
    def total_value(self) -> Any:
        """The output over all rows."""
        return self.total([trace.values[trace.output] for trace in self.traces])

    def total_gradient(self, name: str) -> Any:
        """∂total/∂name."""
        return self.total([trace.gradient(name) for trace in self.traces])

    def total_derivative(self, of: Reference, by: Reference) -> Any:
        """∂of/∂by, over all rows."""
        return self.total([trace.derivative(of, by) for trace in self.traces])

    @cached_property
    def gradient_check(self) -> GradientCheck:
        """The worst of the rows."""
        from engine.gradcheck import GradientCheck, check_gradients

        checks = [check_gradients(trace) for trace in self.traces[:20]]
        worst = max(checks, key=lambda c: math.inf if math.isnan(c.max_relative_error) else c.max_relative_error)
        kinks = tuple(dict.fromkeys(place for check in checks for place in check.at_kinks))
        return GradientCheck(worst.max_relative_error, worst.worst, sum(c.checked for c in checks), kinks)

    @cached_property
    def context(self) -> Context:
        """This graph as marking sees it; what it works out about questions is kept for the next answer."""
        from tutor.marking import Context

        return Context.of(self)

    def with_values(self, numbers: Mapping[str, Any]) -> LessonGraph:
        """The same graph with other numbers (by any spelling). Raises NumberError for an unknown or unfit one."""
        values = dict(self.values)
        changed = set()
        for spelling, number in numbers.items():
            key, entry = self._place(spelling)
            values[key] = number if entry is None else with_entry(values[key], entry, number, spelling)
            changed.add(key)
        rows = tuple({k: v for k, v in row.items() if k not in changed} for row in self.rows)
        return LessonGraph(self.name, self.graph, values, rows, self.mean, self.decimals, self.domain)

    def _place(self, spelling: str) -> tuple[str, tuple[int, ...] | None]:
        """The key and the entry (from 0) of `W`, `W[0,1]`, of `W_12` as it is written in formulas, or of an alias."""
        name, entry = entry_of(spelling)
        key = normalise(name)
        if key in self.values:
            return key, entry
        meant = self._entry_meant(spelling)
        if meant is None:
            known = [self.graph.names.get(key, key) for key in self.values]
            raise NumberError(f"{name} is no given value or weight of graph {self.name}{did_you_mean(name, known)}")
        return meant

    def _entry_meant(self, spelling: str) -> tuple[str, tuple[int, ...] | None] | None:
        try:
            found = to_reference(self.graph, self.graph.read(spelling))
        except EngineError:
            return None
        if found is None or found.key not in self.values:
            return None
        if found.entry is None:
            return found.key, None
        flat, entry = found.entry, tuple[int, ...]()
        for length in reversed(shape_of(self.values[found.key])):
            flat, here = divmod(flat, length)
            entry = (here, *entry)
        return found.key, entry


_ENTRY = re.compile(r"\s*(?P<name>[^\[\]]+?)\s*\[(?P<index>\s*\d{1,6}\s*(?:,\s*\d{1,6}\s*){0,3})\]\s*")


def entry_of(spelling: str) -> tuple[str, tuple[int, ...] | None]:
    """`W[1,2]` as a name and an entry, counted from 0; a bare name has none."""
    found = _ENTRY.fullmatch(spelling)
    if found is None:
        return spelling, None
    return found["name"], tuple(int(part) for part in found["index"].split(","))


def fits(shape: tuple[int, ...], entry: tuple[int, ...]) -> bool:
    """Whether an array of this shape has this entry."""
    return len(entry) == len(shape) and all(i < n for i, n in zip(entry, shape, strict=True))


def with_entry(value: Any, entry: tuple[int, ...], number: Any, spelling: str) -> Any:
    """An array with one entry replaced. Raises NumberError where it has no such entry, or the number is none."""
    nested = to_plain(value)
    if not fits(shape_of(nested), entry):
        raise NumberError(f"{spelling} is no entry: the array has shape {shape_of(nested)}, counted from 0")
    if shape_of(number):
        raise NumberError(f"{spelling} is one number")
    return _replaced(nested, entry, number)


def _replaced(nested: Any, entry: tuple[int, ...], number: Any) -> Any:
    if not entry:
        return number
    return [_replaced(part, entry[1:], number) if i == entry[0] else part for i, part in enumerate(nested)]


def build_graph(name: str, spec: GraphSpec) -> LessonGraph:
    """The graph of a lesson's `[graph.NAME]`.

    Raises GraphProblems whose errors name their part of the table: ("nodes", 3), ("rows", 0, "x1"), ….
    """
    problems: list[GraphError] = []
    shapes: dict[str, dict[str, Any]] = {"given": {}, "weights": {}}
    given = {**_only_in_rows(spec), **spec.given}
    for part, values in (("given", given), ("weights", spec.weights)):
        for key, value in values.items():
            try:
                shapes[part][key] = shape_of(value)
            except EngineError as error:
                problems.append(GraphError(error.message, part=(part, key)))
                shapes[part][key] = ()
    graph = _graph(spec, shapes, problems)
    if graph is None:
        raise GraphProblems(tuple(problems))
    values = {normalise(k): v for k, v in {**given, **spec.weights}.items()}
    rows = _rows(spec, graph, problems)
    if problems:
        raise GraphProblems(tuple(problems))
    return LessonGraph(name, graph, values, rows, spec.total == "mean", spec.decimals, dict(spec.domain or {}))


def _only_in_rows(spec: GraphSpec) -> dict[str, Any]:
    """Names that the first row gives and `given` leaves out."""
    known = {normalise(name) for name in [*spec.given, *spec.weights]}
    first = spec.rows[0] if spec.rows else {}
    return {name: value for name, value in first.items() if normalise(name) not in known}


def _graph(spec: GraphSpec, shapes: dict[str, dict[str, Any]], problems: list[GraphError]) -> Graph | None:
    try:
        return Graph.build(
            spec.nodes,
            given=shapes["given"],
            weights=shapes["weights"],
            output=spec.output,
            aliases=spec.aliases or {},
        )
    except GraphProblems as error:
        problems.extend(error.errors)
        return None


def _rows(spec: GraphSpec, graph: Graph, problems: list[GraphError]) -> tuple[Mapping[str, Any], ...]:
    inputs = [*graph.given, *graph.weights]
    found: list[Mapping[str, Any]] = []
    for name in _only_in_rows(spec):
        if not graph.consumers(normalise(name)):
            hint = did_you_mean(name, (graph.names[key] for key in graph.given if graph.names[key] != name))
            problems.append(GraphError(f"no node uses {name}{hint}", part=("rows", 0, name)))
    for i, row in enumerate(spec.rows or ()):
        for name, value in row.items():
            key = normalise(name)
            if key not in inputs:
                problems.append(GraphError(f"{spelled(name)} is no given value of this graph", part=("rows", i, name)))
                continue
            try:
                fits = shape_of(value) == graph.slots[graph.slot_of[key]].shape
                message = f"{name} has another shape in this row than in `given`"
            except EngineError as error:
                fits, message = False, error.message
            if not fits:
                problems.append(GraphError(message, part=("rows", i, name)))
        found.append({normalise(k): v for k, v in row.items()})
    return tuple(found)
