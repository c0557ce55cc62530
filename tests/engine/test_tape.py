"""The forward and the backward pass: 500 random graphs, a long chain, scalars without NumPy."""

import json
import subprocess
import sys

import numpy as np
import pytest

from engine.gradcheck import check_gradients
from engine.graph import Graph
from engine.tape import backward, forward
from engine.trace import Trace
from tests import naive
from tests.random_graphs import random_graph


@pytest.mark.parametrize("arrays", [False, True], ids=["scalars", "arrays"])
@pytest.mark.parametrize("start", range(0, 250, 50))
def test_random_graphs_agree_with_the_plain_reference(arrays, start):
    for seed in range(start, start + 50):
        graph, inputs = random_graph(seed, arrays)
        trace = Trace.of(graph, inputs)
        values, gradients = naive.run(graph, inputs)
        for key in graph.names:
            np.testing.assert_allclose(trace.value(key), values[key], rtol=1e-10, atol=1e-12, err_msg=f"{seed} {key}")
        for key in gradients:
            found = trace.gradient(key)
            np.testing.assert_allclose(found, gradients[key], rtol=1e-8, atol=1e-11, err_msg=f"{seed} {key}")


@pytest.mark.parametrize("arrays", [False, True], ids=["scalars", "arrays"])
def test_random_graphs_agree_with_finite_differences(arrays):
    for seed in range(300, 340):
        graph, inputs = random_graph(seed, arrays)
        check = check_gradients(Trace.of(graph, inputs))
        assert check.max_relative_error < 1e-6, (seed, check)
        assert check.checked + len(check.at_kinks) >= len(inputs)


def test_a_chain_of_20_000_nodes():
    lines = ["a0 = w x"] + [f"a{i + 1} = tanh(a{i}) + a{i}/3" for i in range(19_999)]
    graph = Graph.build(lines, given={"x": ()}, weights={"w": ()})
    trace = Trace.of(graph, {"x": 0.7, "w": 0.5})
    x, slope = 0.35, 0.7
    for _ in range(19_999):
        slope *= 1 - np.tanh(x) ** 2 + 1 / 3
        x = np.tanh(x) + x / 3
    assert trace.value("a19999") == pytest.approx(x, rel=1e-9)
    assert trace.gradient("w") == pytest.approx(slope, rel=1e-9)


def test_shares_of_one_slot_read_many_times_are_added():
    trace = Graph.parse("y = x x x + x - x/x").trace(x=2)
    assert trace.gradient("x") == 3 * 4 + 1


def test_a_slot_without_a_path_has_no_gradient():
    graph = Graph.build(["unused = 5 z", "y = x^2"], given={"x": (), "z": ()}, output="y")
    trace = Trace.of(graph, {"x": 3, "z": 1})
    assert (trace.gradient("z"), trace.gradient("unused")) == (0, 0)
    assert trace.backward.gradients[graph.slot_of["z"]] is None


def test_paper_arithmetic_rounds_each_node_half_up():
    graph = Graph.build(["a = x/2", "b = a a", "y = σ(b)"], given={"x": ()})
    trace = Trace.of(graph, {"x": 0.5}, decimals=1)
    assert [trace.value(k) for k in "aby"] == [0.3, 0.1, 0.5]
    assert trace.gradient("b") == 0.25


def test_the_pass_runs_twice_with_the_same_result():
    graph, inputs = random_graph(5, True)
    trace = Trace.of(graph, inputs)
    seeds = {trace.output: 1.0}
    first, second = (backward(graph.slots, trace.values, seeds) for _ in range(2))
    for a, b in zip(first.gradients, second.gradients, strict=True):
        np.testing.assert_array_equal(a, b) if a is not None else None
    again = forward(graph.slots, {graph.slot_of[k]: trace.value(k) for k in inputs})
    for a, b in zip(trace.values, again, strict=True):
        np.testing.assert_array_equal(a, b)


PROGRAM = """
import json, sys
from engine.gradcheck import check_gradients
from engine.graph import Graph
from engine.steps import walk
trace = Graph.parse("z = w x + b; p = σ(z); L = (p - y)^2 + max(p, 0.1)").trace(x=1, y=0, w=0.5, b=0)
steps = walk(trace, "backward", "op")
check_gradients(trace)
print(json.dumps([len(steps), [name for name in ("numpy", "numba", "textual") if name in sys.modules]]))
"""


def test_a_lesson_of_scalars_never_imports_numpy():
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    count, imported = json.loads(done.stdout)
    assert count > 8
    assert imported == []
