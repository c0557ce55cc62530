"""A computation graph: frozen, ordered, checked; no numbers in it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from engine.equations import parse_in, split_equation
from engine.errors import FormulaError, GraphError, did_you_mean
from engine.expression import Expr, Name, walk
from engine.formula import parse
from engine.lowering import Slot
from engine.names import normalise
from engine.rule import Shape
from engine.scope import Scope

if TYPE_CHECKING:
    from engine.trace import Trace


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


@dataclass(frozen=True, repr=False)
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

    def __repr__(self) -> str:
        """For notebooks: every node's formula, and what is given."""
        given = ", ".join(self.names[key] for key in (*self.given, *self.weights))
        return "\n".join(
            [*(node.text for node in self.nodes.values()), f"given {given}" if given else "nothing is given"]
        )

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
        from engine.graph_builder import GraphBuilder

        return GraphBuilder(nodes, given or {}, weights or {}, output, aliases or {}).build()

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
