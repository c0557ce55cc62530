"""A walk in lines of text: every part of an equation once."""

from __future__ import annotations

from engine.graph import Graph
from engine.steps import walk
from engine.trace import Trace
from tutor.draw.walk_text import step_lines

CHAIN = Graph.build(["G = [p[0]*p[1], p[0]/3]", "F = [G[0] + G[1], 2*G[0]]"], given={"p": (2,)})


def test_a_jacobian_that_is_its_only_factor_is_told_once() -> None:
    steps = walk(Trace.of(CHAIN, {"p": [2.0, 3.0]}), "backward", of="F/p")
    told = ["\n".join(step_lines(step)) for step in steps]
    assert told[0].startswith("  ∂F/∂F = [[1, 0], [0, 1]] (2×2)\n      The walk starts at F")
    assert told[1:] == [
        "  ∂F/∂G = [[1, 1], [2, 0]] (2×2)",
        "  ∂F/∂p = ∂F/∂G·∂G/∂p\n"
        "        = [[1, 1], [2, 0]] (2×2)·[[3, 2], [0.33333, 0]] (2×2)\n"
        "        = [[3.33333, 2], [6, 4]]",
    ]


def test_its_digits_are_those_of_a_result() -> None:
    graph = Graph.build(["G = [p[0]/3, p[1]]"], given={"p": (2,)})
    (_, last) = walk(Trace.of(graph, {"p": [2.0, 3.0]}), "backward", of="G/p")
    assert list(step_lines(last)) == ["  ∂G/∂p = [[0.333333, 0], [0, 1]] (2×2)"]
