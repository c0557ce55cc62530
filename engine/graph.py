"""A computation graph: frozen, ordered, checked; no numbers in it."""

from __future__ import annotations

import heapq
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from engine.errors import FormulaError, GraphError, GraphProblems, did_you_mean
from engine.expression import Expr, Name, names_in, walk
from engine.formula import parse
from engine.lowering import Lowering, Slot
from engine.names import is_name, normalise
from engine.rule import Shape
from engine.scope import Scope

if TYPE_CHECKING:
    from engine.trace import Trace

_EQUATION = re.compile(r"\s*([^=]*?)\s*=(?!=)\s*")


@dataclass(frozen=True)
class Node:
    """A named node: its formula, the slots that compute it (the last is the node), and the names it reads."""

    key: str
    spelling: str
    text: str
    expr: Expr
    slots: range
    parents: tuple[str, ...]

    @property
    def slot(self) -> int:
        return self.slots[-1]


@dataclass(frozen=True)
class Graph:
    """Named nodes over given values and weights, in an order in which each stands after what it reads.

    `names` maps every key to its spelling: inputs first, then nodes in order. `slots` is the tape.
    """

    slots: tuple[Slot, ...]
    names: Mapping[str, str]
    slot_of: Mapping[str, int]
    given: tuple[str, ...]
    weights: tuple[str, ...]
    nodes: Mapping[str, Node]
    output: str
    scope: Scope

    @classmethod
    def parse(cls, text: str, output: str | None = None) -> Graph:
        """A graph of scalars from formulas on their own (one a line, or parted by `;`).

        Names that no formula defines are its given values. The output is the last node unless named.
        """
        lines = [part.strip() for part in re.split(r"[;\n]", text) if part.strip()]
        if not lines:
            raise FormulaError("there is no formula here; write NAME = FORMULA", text=text, at=0)
        split = [split_equation(line) for line in lines]
        defined = {normalise(name) for name, _, _ in split}
        scope = Scope(names={normalise(name): name for name, _, _ in split}, open=True)
        free: dict[str, str] = {}
        for line, (_, right, at) in zip(lines, split, strict=True):
            for here in walk(parse_in(line, right, at, scope)):
                if isinstance(here, Name) and here.key not in defined:
                    free.setdefault(here.key, line[here.at : here.end])
        return cls.build(lines, given=dict.fromkeys(free.values(), ()), output=output)

    @classmethod
    def build(
        cls,
        nodes: Sequence[str],
        *,
        given: Mapping[str, Shape] | None = None,
        weights: Mapping[str, Shape] | None = None,
        output: str | None = None,
        aliases: Mapping[str, str] | None = None,
    ) -> Graph:
        """The graph of the formulas `nodes` ("name = formula") over inputs of the given shapes.

        Raises GraphProblems with everything that is wrong, each with its part and the place in its text.
        """
        return _Builder(nodes, given or {}, weights or {}, output, aliases or {}).build()

    def trace(self, values: Mapping[str, Any] | None = None, /, **more: Any) -> Trace:
        """Forward and backward pass over one row of values, given by any spelling of the names."""
        from engine.trace import Trace

        return Trace.of(self, {**(values or {}), **more})

    def key(self, spelling: str) -> str:
        """The key of a name of this graph. Raises GraphError with a near name."""
        key = normalise(spelling)
        if key not in self.names:
            hint = did_you_mean(spelling, self.names.values())
            raise GraphError(f"the graph has no name {spelling}{hint}")
        return key

    def shape(self, name: str) -> Shape:
        """The shape of a name's value."""
        return self.slots[self.slot_of[self.key(name)]].shape

    def read(self, text: str, *, rows: bool = False) -> Expr:
        """A formula over this graph's names. Raises FormulaError with the place."""
        return parse(text, replace(self.scope, rows=rows))

    def consumers(self, key: str) -> tuple[str, ...]:
        """The nodes that read `key`, in order."""
        return tuple(node.key for node in self.nodes.values() if key in node.parents)


def split_equation(line: str) -> tuple[str, str, int]:
    """("L", "(a - b)^2", offset of the right side) of "L = (a - b)^2". Raises FormulaError without a `=`."""
    match = _EQUATION.match(line)
    if match is None or not match[1]:
        raise FormulaError("a node is written NAME = FORMULA", text=line, at=0, end=len(line))
    if not is_name(match[1]):
        raise FormulaError(
            f"{match[1]} is no name: letters first, then letters, digits and _",
            text=line,
            at=0,
            end=len(match[1]),
        )
    return match[1], line[match.end() :], match.end()


def parse_in(line: str, formula: str, at: int, scope: Scope) -> Expr:
    """Parses the right side of a line; places are offsets into the whole line."""
    try:
        return parse(" " * at + formula, scope)
    except FormulaError as error:
        raise FormulaError(error.message, text=line, at=error.at, end=error.end) from None


class _Builder:
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
            self.fail(part, f"{name} is no name: letters first, then letters, digits and _")
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
        for spelling, meaning in self.aliases.items():
            self._read_alias(spelling, meaning, scope, read)
        return Scope(names=self.names, arrays=arrays, aliases=read)

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


_ALIAS_MARK = re.compile(r"\^\s*\{?\s*\(\s*([0-9]{1,3})\s*\)\s*\}?|⁽([⁰¹²³⁴⁵⁶⁷⁸⁹]+)⁾")
_SMALL = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")


def alias_key(spelling: str) -> str | None:
    """How an alias is looked up: its normal form, with a superscript kept as ^(3); None if it is no name."""
    match = _ALIAS_MARK.search(spelling)
    if match is None:
        return normalise(spelling) if is_name(spelling) else None
    rest = spelling[: match.start()] + spelling[match.end() :]
    digits = (match[1] or match[2]).translate(_SMALL)
    return f"{normalise(rest)}^({digits})" if is_name(rest) else None


def reference(expr: Expr) -> str | None:
    """The key if `expr` is just a name."""
    return expr.key if isinstance(expr, Name) else None
