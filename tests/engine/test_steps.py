"""The walk: every step's numbers multiply to its result, shares add up, kinks and dead ends are said."""

import re

import numpy as np
import pytest

from engine.graph import Graph
from engine.printing import show
from engine.steps import walk
from engine.trace import Trace
from tests.random_graphs import random_graph

TRACE = Graph.parse("z = w x + b; p = σ(z); L = (p - y)^2").trace(x=1, y=0, w=0.5, b=0)
BOTH = [(direction, detail) for direction in ("forward", "backward") for detail in ("node", "op")]


def test_forward_steps_are_the_nodes_in_order_with_their_numbers():
    steps = walk(TRACE, "forward")
    assert [step.key for step in steps] == ["z", "p", "L"]
    assert [step.formula for step in steps] == ["w·x + b", "sigmoid(z)", "(p - y)^2"]
    assert steps[0].numbers == "0.5·1 + 0"
    assert [step.result for step in steps] == [TRACE.value(k) for k in "zpL"]


def test_backward_steps_start_at_the_output_and_end_with_the_inputs():
    steps = walk(TRACE, "backward")
    assert [step.key for step in steps[:3]] == ["L", "p", "z"]
    assert {step.key for step in steps[3:]} == {"w", "x", "b", "y"}
    assert steps[0].result == 1.0
    for step in steps:
        assert step.result == TRACE.gradient(step.key)


def test_single_operations_are_walked_too():
    assert len(walk(TRACE, "forward", "op")) == 5
    backward = walk(TRACE, "backward", "op")
    assert len(backward) == 5 + 4
    assert all(step.sentence.endswith(".") for step in backward)


@pytest.mark.parametrize("arrays", [False, True])
@pytest.mark.parametrize("detail", ["node", "op"])
def test_shares_add_up_to_the_gradient(arrays, detail):
    for seed in range(40):
        graph, inputs = random_graph(seed, arrays)
        trace = Trace.of(graph, inputs)
        for step in walk(trace, "backward", detail)[1:]:
            total = np.sum([share.share for share in step.shares], axis=0) if step.shares else 0.0 * step.result
            np.testing.assert_allclose(total, step.result, rtol=1e-10, atol=1e-13, err_msg=f"{seed} {step.name}")
            for share in step.shares:
                if share.local is not None and np.ndim(share.local) == 0 and np.ndim(share.upstream) == 0:
                    assert share.upstream * share.local == pytest.approx(share.share, rel=1e-9, abs=1e-13)


@pytest.mark.parametrize(("direction", "detail"), BOTH)
def test_steps_hold_no_raw_objects(direction, detail):
    graph, inputs = random_graph(7, True)
    for step in walk(Trace.of(graph, inputs), direction, detail):
        for text in (step.formula, step.numbers, step.sentence, step.name):
            assert not re.search(r"<|array\(|np\.|None", text), text


def test_a_walk_may_stop_at_a_node():
    assert [step.key for step in walk(TRACE, "forward", to="p")] == ["z", "p"]
    assert [step.key for step in walk(TRACE, "backward", to="p")] == ["L", "p"]


def test_fan_out_kinks_and_dead_ends_are_said():
    graph = Graph.build(
        ["a = relu(x)", "b = max(x, y)", "c = 3z", "L = a b + x"], given=dict.fromkeys("xyz", ()), output="L"
    )
    said = {step.key: step.sentence for step in walk(Trace.of(graph, {"x": 0, "y": 0, "z": 1}), "backward")}
    assert "3 paths meet at x: their shares are added." in said["x"]
    assert "relu stands on its kink: at exactly 0 the slope is taken as 0" in said["x"]
    assert "at a tie the first takes the whole gradient" in said["y"]
    assert "No path leads from z to L" in said["z"]


@pytest.mark.parametrize(
    ("text", "formula"),
    [("a b", "b"), ("a + b", "1"), ("a - 2", "1"), ("σ(a)", "L·(1 - L)"), ("a^2", "2·a"), ("a^3", "3·a^2"),
     ("exp(a)", "L"), ("log(a)", "1/a"), ("2a", "2")],
)  # fmt: skip
def test_local_derivatives_as_formulas(text, formula):
    trace = Graph.build([f"L = {text}"], given={"a": (), "b": ()}).trace(a=0.5, b=2)
    step = next(step for step in walk(trace, "backward") if step.key == "a")
    assert step.shares[0].formula == formula


def test_a_slope_without_a_formula_leaves_the_derivative_as_it_is():
    trace = Graph.build(["s = x[0]*x[1]", "L = 2*s"], given={"x": (2,)}).trace(x=np.array([2.0, 3.0]))
    steps = {step.name: step for step in walk(trace, "backward")}
    assert steps["x"].formula == "∂L/∂s·∂s/∂x"


def test_local_formula_has_the_slopes_number():
    """Where a formula of the local derivative is shown, its number is the local derivative."""
    compared = 0
    for seed in range(60):
        graph, inputs = random_graph(seed, False)
        trace = Trace.of(graph, inputs)
        for step in walk(trace, "backward"):
            for share in step.shares:
                if share.formula and "if" not in share.formula:
                    number = formula_value(graph, trace, share.formula)
                    assert number == pytest.approx(share.local, rel=1e-9, abs=1e-12), (seed, share)
                    compared += 1
    assert compared > 150


def formula_value(graph, trace, text):
    expr = graph.read(text)
    more = Graph.build([f"result = {show(expr)}"], given=dict.fromkeys(graph.names, ()))
    return Trace.of(more, {key: trace.value(key) for key in graph.names}).value("result")


def test_names_of_operations_inside_nodes_are_explained_once():
    said = [step.sentence for step in walk(TRACE, "forward", "op")]
    assert [bool(text) for text in said] == [True, False, False, False, False]
    assert said[0].startswith("u1, u2 are operations")
    assert not any(step.sentence for step in walk(TRACE, "forward"))
