"""Which mistakes a question's numbers hide."""

from __future__ import annotations

import pytest

from engine.graph import Graph
from tests.tutor.marking.cases import sigmoid_net
from tutor.marking import Context
from tutor.marking.separability import separability
from tutor.questions import Question


def hidden(target: str, context: Context, **more: object) -> set[tuple[str, str | None]]:
    found = separability(Question("q", "number", target=target, **more), context)  # type: ignore[arg-type]
    return {(mistake.fault, mistake.at) for mistake in found.hidden}


def test_an_input_of_1_hides_the_factor() -> None:
    assert ("missing-factor", "x1") in hidden("dy/dc", sigmoid_net())
    assert ("missing-factor", "x1") not in hidden("dy/dc", sigmoid_net(x1=1.5))
    assert hidden("dy/dc", sigmoid_net(x1=1.5, a=2.0, x2=-1.25)) == set()


def test_a_coarse_tolerance_hides_more() -> None:
    context = sigmoid_net(x1=1.004, a=1.3)
    assert ("missing-factor", "x1") not in hidden("dy/dc", context, digits=4)
    assert ("missing-factor", "x1") in hidden("dy/dc", context, within=0.01)


def test_formulas_hide_nothing() -> None:
    found = separability(Question("q", "formula", target="dy/dc"), sigmoid_net())
    assert found.is_good
    assert found.confusable == ()


@pytest.mark.parametrize(("w", "b", "good"), [(2.0, 0.5, True), (1.0, 0.5, False)])
def test_two_mistakes_with_one_number_are_named(w: float, b: float, good: bool) -> None:
    graph = Graph.build(["y = u*w*b"], given={"u": ()}, weights={"w": (), "b": ()})
    context = Context(graph, {"u": 3.0, "w": w, "b": b})
    assert separability(Question("q", "number", target="dy/du"), context).is_good is good
    same = Context(graph, {"u": 3.0, "w": 0.5, "b": 0.5})
    pairs = separability(Question("q", "number", target="dy/du"), same).confusable
    assert pairs
