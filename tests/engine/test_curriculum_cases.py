"""Every stated number of the curriculum's cases that is a graph: values, gradients, Jacobians, and their formulas."""

import json
import re
from pathlib import Path

import numpy as np
import pytest

from engine.compiled import CompiledTape
from engine.expression import Derivative
from engine.graph import Graph
from engine.trace import Trace, to_reference
from engine.values import shape_of

CASES = {
    case["id"]: case
    for case in json.loads((Path(__file__).parents[1] / "data/curriculum_cases.json").read_text("utf-8"))["cases"]
}
RUNS = {"s4-4-2-gd", "s4-4-3-sgd", "s4-5-best"}
CHAINS = {"s4-3-1-chain153": "sigmoid", "s4-3-3-chain153-relu": "relu"}
GRAPHS = [name for name in CASES if name not in RUNS and name not in CHAINS]
FORMULAS = [(name, key) for name in GRAPHS for key in CASES[name]["formulas"]]
STATED = re.compile(r"d (\S+) / d (\S+)")


def graph_of(case, *more):
    given = {name: shape_of(value) for name, value in case["given"].items()}
    return Graph.build([f"{name} = {text}" for name, text in case["expressions"].items()] + [*more], given=given)


def close(found, expected):
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-15)
    assert np.shape(found) == np.shape(expected)


@pytest.mark.parametrize("name", GRAPHS)
def test_values_gradients_and_jacobians(name):
    case = CASES[name]
    trace = Trace.of(graph_of(case), case["given"])
    for key, value in case["expect"]["values"].items():
        close(trace.value(key), value)
    for key, value in [*case["expect"]["gradients"].items(), *case["expect"]["jacobians"].items()]:
        of, by = STATED.fullmatch(key).groups()
        close(trace.derivative(of, by), value)


@pytest.mark.parametrize(("name", "key"), FORMULAS)
def test_formula_of_a_derivative_gives_its_number(name, key):
    case = CASES[name]
    of, by = STATED.fullmatch(key).groups()
    graph = graph_of(case, f"stated result = {case['formulas'][key]}".replace(" ", "", 1))
    trace = Trace.of(graph, case["given"])
    for text in (f"d({of})/d({by})", f"∂({of})/∂({by})", rf"\frac{{\partial {of}}}{{\partial {by}}}"):
        named = graph.read(text)
        assert isinstance(named, Derivative), text
        found = trace.derivative(to_reference(graph, named.of), to_reference(graph, named.by))
        np.testing.assert_allclose(trace.value("statedresult"), found, rtol=1e-9, atol=1e-15)


@pytest.mark.parametrize("name", CHAINS)
def test_chain_of_153_layers(name):
    """a_{l+1} = w_l z_l, z_l = h(a_l), the last unit linear; gradients from 0.5 down to 1e-99."""
    case = CASES[name]
    layers, given = case["given"]["layers"], case["given"]
    lines = ["a2 = w1 x"]
    for unit in range(2, layers):
        lines += [f"z{unit} = {CHAINS[name]}(a{unit})", f"a{unit + 1} = w{unit} z{unit}"]
    graph = Graph.build(
        [*lines, f"E = (a{layers} - t)^2/2"],
        given={"x": (), "t": ()},
        weights={f"w{i}": () for i in range(1, layers)},
    )
    weights = {f"w{i}": given["w_all"] for i in range(1, layers)}
    trace = Trace.of(graph, {"x": given["x"], "t": given["t"], **weights})
    for key, value in case["expect"]["gradients"].items():
        index = STATED.fullmatch(key)[2][2:-1]
        assert trace.gradient(f"w{index}") == pytest.approx(value, rel=1e-9, abs=0)


def test_so_many_numbers_are_compared():
    count = sum(np.size(value) for n in GRAPHS for part in CASES[n]["expect"].values() for value in part.values())
    assert (len(CASES), len(GRAPHS), count, len(FORMULAS)) == (93, 88, 1703, 188)


@pytest.mark.parametrize("name", GRAPHS)
def test_the_compiled_tape_gives_the_same_numbers(name):
    case = CASES[name]
    graph = graph_of(case)
    tape = CompiledTape.of(graph)
    assert tape.scalars is not None
    for key, value in case["expect"]["values"].items():
        close(tape.values(key, case["given"])[0], value)
    for key, value in case["expect"]["gradients"].items():
        of, by = STATED.fullmatch(key).groups()
        if graph.key(by) in graph.given:
            found = tape.values_and_gradients(case["given"], of=of, wrt=[by])
            close(found.gradients[graph.key(by)], value)
