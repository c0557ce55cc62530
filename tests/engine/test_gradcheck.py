"""Finite differences find wrong slopes, are exact enough for right ones, and say where they cannot judge."""

import math
from dataclasses import replace

import pytest

from engine import gradcheck, tape
from engine.gradcheck import check_gradients
from engine.graph import Graph
from engine.ops import OPS
from engine.trace import Trace


@pytest.mark.parametrize(
    "text", ["exp(5x)", "x^9", "1/x^3", "sin(20x)", "log(x)", "σ(8x) - x", "1e9 x", "1e-9 x + 1", "x + 1e6"]
)
@pytest.mark.parametrize("x", [0.3, 1.0, 2.5])
def test_right_slopes_pass(text, x):
    assert check_gradients(Graph.parse(f"y = {text}").trace(x=x)).max_relative_error < 1e-6


@pytest.mark.parametrize("op", ["sigmoid", "mul", "tanh", "div"])
def test_a_wrong_slope_is_found(op, monkeypatch):
    rule = OPS[op]
    wrong = tuple((lambda m, y, *x, s=slope: 1.01 * s(m, y, *x)) for slope in rule.slopes)
    monkeypatch.setitem(tape.OPS, op, replace(rule, slopes=wrong))
    text = {"sigmoid": "σ(x)", "mul": "x z", "tanh": "tanh(x)", "div": "x/z"}[op]
    graph = Graph.parse(f"y = {text} + 0 z")
    check = check_gradients(Trace.of(graph, {"x": 0.7, "z": 1.3}))
    assert check.max_relative_error > 0.005
    assert check.worst in {"x", "z"}


@pytest.mark.parametrize(
    ("text", "kinks"),
    [("relu(x)", ("x",)), ("abs(x) + z", ("x",)), ("max(x, z)", ("x", "z")), ("x z", ()), ("step(x) + z", ("x",))],
)
def test_kinks_are_named_not_judged(text, kinks):
    check = check_gradients(Graph.parse(f"y = {text} + 0 z").trace(x=0, z=0))
    assert check.at_kinks == kinks
    assert check.max_relative_error == 0


@pytest.mark.parametrize("near", [1e-3, 1e-4, -1e-5])
def test_near_a_kink_the_step_is_made_smaller(near):
    check = check_gradients(Graph.parse("y = relu(x) + x").trace(x=near))
    assert (check.checked, check.at_kinks) == (1, ())
    assert check.max_relative_error < 1e-6


def test_the_zero_vector_is_the_kink_of_its_length():
    graph = Graph.build(["y = norm(v)"], given={"v": (2,)})
    assert check_gradients(Trace.of(graph, {"v": [0, 0]})).at_kinks == ("v[0]", "v[1]")
    assert check_gradients(Trace.of(graph, {"v": [3, 4]})).max_relative_error < 1e-9


def test_entries_of_large_arrays_are_checked_by_a_sample():
    graph = Graph.build(["y = sum(M·M)"], given={"M": (100, 100)})
    check = check_gradients(Trace.of(graph, {"M": [[1.0] * 100] * 100}))
    assert 100 < check.checked <= gradcheck.MOST
    assert check.max_relative_error < 1e-6


def test_paper_arithmetic_is_left_aside():
    graph = Graph.build(["a = x/3", "y = a a"], given={"x": ()})
    assert check_gradients(Trace.of(graph, {"x": 1.0}, decimals=1)).max_relative_error < 1e-9


def test_fewer_entries_are_checked_where_each_costs_much():
    graph = Graph.build(["y = outer(x, x)", "L = sum(y)/1000"], given={"x": (400,)})
    x = [0.5 + i / 400 for i in range(400)]
    found = check_gradients(graph.trace(x=x))
    assert 8 <= found.checked < 100 and found.max_relative_error < 1e-8


def test_what_is_no_number_is_worst_and_stays_so():
    """log of a negative number: nan beside 0, of which max() may take either."""
    graph = Graph.build(["p = log(-x)", "L = (p - y)^2"], given={"x": (), "y": ()}, weights={"w": ()})
    check = check_gradients(Trace.of(graph, {"x": 1.5, "y": 0.7, "w": 0.8}))
    assert math.isnan(check.max_relative_error)
    assert check.worst is not None
