"""From the parts of a graph's description to a Graph, or to everything that is wrong with them."""

from __future__ import annotations

import heapq
from collections.abc import Mapping, Sequence
from typing import Any

from engine.equations import alias_key, parse_in, split_equation
from engine.errors import FormulaError, GraphError, GraphProblems, did_you_mean
from engine.expression import Expr, Name, names_in
from engine.formula import parse
from engine.graph import Graph, Node
from engine.lowering import Lowering
from engine.names import MAX_NAME, is_name, normalise, spelled
from engine.ops import FUNCTIONS
from engine.rule import Shape
from engine.scope import Scope


class GraphBuilder:
    """Collects every problem while it reads the parts of one graph."""

    def __init__(
        self,
        nodes: Sequence[str],
        given: Mapping[str, Shape],
        weights: Mapping[str, Shape],
        output: str | None,
        aliases: Mapping[str, str],
    ) -> None:
        self.lines = nodes
        self.inputs = {"given": given, "weights": weights}
        self.output = output
        self.aliases = aliases
        self.problems: list[GraphError] = []
        self.names: dict[str, str] = {}
        self.input_keys: dict[str, list[str]] = {"given": [], "weights": []}
        self.node_lines: dict[str, tuple[int, str, int]] = {}

    def fail(self, part: tuple[str | int, ...], message: str, error: Any = None, text: str | None = None) -> None:
        at, end = (error.at, error.end) if error is not None else (None, None)
        kind = type(error) if isinstance(error, GraphError) else GraphError
        self.problems.append(kind(message, text=text, at=at, end=end, part=part))

    def build(self) -> Graph:
        for part in ("given", "weights"):
            for name in self.inputs[part]:
                self._declare(name, (part, name), part)
        for i, line in enumerate(self.lines):
            self._declare_node(i, line)
        scope = self._scope()
        exprs = self._exprs(scope)
        order = self._order(exprs)
        lowering, nodes = self._lower(order, exprs)
        output = self._output(nodes, bool(self.problems))
        if self.problems:
            raise GraphProblems(tuple(self.problems))
        inputs = [*self.input_keys["given"], *self.input_keys["weights"]]
        names = {key: self.names[key] for key in [*inputs, *nodes]}
        return Graph(
            tuple(lowering.slots),
            names,
            lowering.slot_of,
            tuple(self.input_keys["given"]),
            tuple(self.input_keys["weights"]),
            nodes,
            output,
            scope,
        )

    def _declare(self, name: str, part: tuple[str | int, ...], kind: str | None) -> bool:
        key = normalise(name)
        if not is_name(name):
            self.fail(part, f"{spelled(name)} is no name: letters first, then letters, digits and _")
            return False
        if len(key) > MAX_NAME:
            self.fail(part, f"a name has at most {MAX_NAME} letters and digits, this one {len(key)}: {name[:20]}…")
            return False
        if key in self.names:
            other = self.names[key]
            same = "is defined twice" if other == name else f"and {other} are the same name after normalisation ({key})"
            self.fail(part, f"{name} {same}")
            return False
        self.names[key] = name
        if kind is not None:
            self.input_keys[kind].append(key)
        return True

    def _declare_node(self, i: int, line: str) -> None:
        try:
            name, right, at = split_equation(line)
        except FormulaError as error:
            self.fail(("nodes", i), error.message, error, line)
            return
        if self._declare(name, ("nodes", i), None):
            self.node_lines[normalise(name)] = (i, right, at)

    def _scope(self) -> Scope:
        arrays = frozenset(
            normalise(name) for part in self.inputs.values() for name, shape in part.items() if shape
        ) | frozenset(self.node_lines)
        scope = Scope(names=self.names, arrays=arrays)
        read: dict[str, Expr] = {}
        functions: dict[str, str] = {}
        for spelling, meaning in self.aliases.items():
            if scope.is_function(normalise(meaning)):
                self._read_function(spelling, normalise(meaning), functions)
            else:
                self._read_alias(spelling, meaning, scope, read)
        return Scope(names=self.names, arrays=arrays, aliases=read, functions=functions)

    def _read_function(self, spelling: str, meaning: str, functions: dict[str, str]) -> None:
        """Another spelling of a function: h for sigmoid, so that h'(a) can be typed."""
        key = alias_key(spelling)
        if key is None or key in self.names or key in FUNCTIONS:
            taken = "no spelling of a function" if key is None else "a name or function already"
            self.fail(("aliases", spelling), f"{spelling} is {taken}")
        else:
            functions[key] = FUNCTIONS[meaning]

    def _read_alias(self, spelling: str, meaning: str, scope: Scope, read: dict[str, Expr]) -> None:
        """One alias; saying the same twice (v_1 and v1, or a name of itself) does no harm."""
        key = alias_key(spelling)
        if key is None:
            self.fail(("aliases", spelling), f"{spelling} is no spelling of a name")
            return
        try:
            meant = parse(meaning, scope)
        except FormulaError as error:
            self.fail(("aliases", spelling), error.message, error, meaning)
            return
        if key in self.names and meant != Name(key):
            self.fail(("aliases", spelling), f"{spelling} is a name of the graph already")
        elif read.setdefault(key, meant) != meant:
            said = f"{spelling} and another alias are the same after normalisation ({key})"
            self.fail(("aliases", spelling), said)

    def _exprs(self, scope: Scope) -> dict[str, Expr]:
        exprs: dict[str, Expr] = {}
        for key, (i, right, at) in self.node_lines.items():
            try:
                exprs[key] = parse_in(self.lines[i], right, at, scope)
            except FormulaError as error:
                self.fail(("nodes", i), error.message, error, self.lines[i])
        return exprs

    def _order(self, exprs: dict[str, Expr]) -> list[str]:
        """Nodes so that each stands after what it reads, else in the author's order; names a cycle."""
        waiting = {key: {k for k in names_in(expr) if k in exprs} for key, expr in exprs.items()}
        readers: dict[str, list[str]] = {}
        for key, parents in waiting.items():
            for parent in parents:
                readers.setdefault(parent, []).append(key)
        rank = {key: i for i, key in enumerate(exprs)}
        ready = [rank[key] for key, parents in waiting.items() if not parents]
        keys = list(exprs)
        order: list[str] = []
        heapq.heapify(ready)
        while ready:
            key = keys[heapq.heappop(ready)]
            order.append(key)
            for reader in readers.get(key, []):
                waiting[reader].discard(key)
                if not waiting[reader]:
                    heapq.heappush(ready, rank[reader])
        stuck = set(exprs) - set(order)
        if stuck:
            self._cycle(stuck, waiting)
        return order

    def _cycle(self, stuck: set[str], waiting: dict[str, set[str]]) -> None:
        path: list[str] = []
        here = min(stuck, key=lambda key: self.node_lines[key][0])
        while here not in path:
            path.append(here)
            here = min((k for k in waiting[here] if k in stuck), key=lambda key: self.node_lines[key][0])
        circle = [*path[path.index(here) :], here]
        said = " needs ".join(self.names[key] for key in circle)
        self.fail(("nodes", self.node_lines[here][0]), f"the nodes go round in a circle: {said}")

    def _lower(self, order: list[str], exprs: dict[str, Expr]) -> tuple[Lowering, dict[str, Node]]:
        lowering = Lowering(spelled=self.names)
        for part in ("given", "weights"):
            shapes = {normalise(name): shape for name, shape in self.inputs[part].items()}
            for key in self.input_keys[part]:
                try:
                    lowering.input(key, shapes[key])
                except GraphError as error:
                    self.fail((part, self.names[key]), f"{self.names[key]}: {error.message}", error)
        nodes: dict[str, Node] = {}
        for key in order:
            parents = names_in(exprs[key])
            if any(parent not in lowering.slot_of for parent in parents):
                continue  # a parent has a problem of its own
            i = self.node_lines[key][0]
            start = len(lowering.slots)
            try:
                lowering.node(key, exprs[key])
            except GraphError as error:
                del lowering.slots[start:]
                self.fail(("nodes", i), error.message, error, self.lines[i])
                continue
            slots = range(start, len(lowering.slots))
            nodes[key] = Node(key, self.names[key], self.lines[i], exprs[key], slots, parents)
        return lowering, nodes

    def _output(self, nodes: dict[str, Node], broken: bool) -> str:
        if self.output is None:
            if not nodes and not broken:
                self.fail(("nodes",), "a graph needs at least one node")
            return next(reversed(nodes), "")
        key = normalise(self.output)
        if key in self.names and key not in self.node_lines:
            self.fail(("output",), f"the output {self.output} is an input, not a node")
        elif key not in self.names:
            hint = did_you_mean(self.output, [self.names[k] for k in self.node_lines])
            self.fail(("output",), f"the output {self.output} is no node of the graph{hint}")
        return key
