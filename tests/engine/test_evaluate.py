"""Many points at once against one point at a time: values, derivatives, sums over rows, bounds of rounding errors."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from engine.batched import gradients, tangents, units
from engine.batched_arrays import BATCHED, POINT_BY_POINT
from engine.errors import ShapeError
from engine.evaluate import evaluate
from engine.graph import Graph
from engine.sampling import Situation, drawn
from engine.trace import Reference, Trace

ARRAY_GRAPH = Graph.build(
    [
        "A = X @ W + b",
        "H = softmax(A)",
        "G = logsoftmax(A)",
        "u = H[:,0]",
        "v = with1(u)",
        "M = outer(u, v)",
        "q = [sum(M), mean(M), norm(v), dot(u, u), max(A), min(A)]",
        "k = sum(X.T, 0) + mean(X, 1)",
        "l = squared_error(H, Y) + bce(H, Y) + cross_entropy(H, Y) - sum(G*Y)",
        "L = l + sum(q) + sum(k*u)",
    ],
    given={"X": (3, 2), "Y": (3, 4)},
    weights={"W": (2, 4), "b": (4,)},
)
VALUES: dict[str, Any] = {
    "X": [[0.5, -1.0], [1.5, 0.25], [-0.75, 2.0]],
    "Y": [[1, 0, 0, 0], [0, 0, 1, 0], [0, 1, 0, 0]],
    "W": [[0.1, -0.4, 0.3, 0.2], [0.7, 0.6, -0.5, 0.05]],
    "b": [0.1, -0.2, 0.3, 0.0],
}


def _points() -> Any:
    return drawn(Situation(ARRAY_GRAPH, VALUES), 5, 3)


def _inputs(points: Any, i: int) -> dict[str, Any]:
    found = {}
    for key in (*ARRAY_GRAPH.given, *ARRAY_GRAPH.weights):
        value = points.at(key)
        found[key] = value[min(i, value.shape[0] - 1), 0, 0]
    return found


def test_every_batched_operation_stands_in_the_graph_of_this_test() -> None:
    assert set(BATCHED) - {slot.op for slot in ARRAY_GRAPH.slots} == {"smallest", "largest"} - {
        slot.op for slot in ARRAY_GRAPH.slots
    }


def test_values_and_gradients_are_those_of_one_point_at_a_time() -> None:
    points = _points()
    slots = ARRAY_GRAPH.slots
    top = ARRAY_GRAPH.slot_of["L"]
    down = gradients(slots, points.values, {top: units(())})
    for i in range(points.count):
        trace = Trace.of(ARRAY_GRAPH, _inputs(points, i))
        for j, value in enumerate(trace.values):
            batch = points.values[j]
            assert np.allclose(batch[min(i, batch.shape[0] - 1), 0, 0], value, rtol=1e-12)
        for key in ("W", "b", "X", "Y"):
            assert np.allclose(down[ARRAY_GRAPH.slot_of[key]][i, 0, 0], trace.gradient(key), rtol=1e-9, atol=1e-12)


def test_a_form_of_its_own_is_the_rule_point_by_point() -> None:
    """An operation of arrays that has no batched form yet is done by its rule, and so is right at once."""
    points, draw = _points(), np.random.default_rng(8)
    for slot in ARRAY_GRAPH.slots:
        if slot.op not in BATCHED:
            continue
        x = [points.values[arg] for arg in slot.args]
        y = BATCHED[slot.op].value(slot, *x)
        np.testing.assert_allclose(POINT_BY_POINT.value(slot, *x), y, rtol=1e-12, atol=1e-14, err_msg=slot.op)
        g = draw.normal(size=(1, 1, 2, *slot.shape))
        for i in range(len(x)):
            share = BATCHED[slot.op].pull(slot, g, y, x, i)
            plain = POINT_BY_POINT.pull(slot, g, y, x, i)
            np.testing.assert_allclose(*np.broadcast_arrays(plain, share), rtol=1e-11, atol=1e-12, err_msg=slot.op)
            dx = [draw.normal(size=part.shape) if k == i else None for k, part in enumerate(x)]
            expected = BATCHED[slot.op].push(slot, y, x, dx)
            plain = POINT_BY_POINT.push(slot, y, x, dx)
            np.testing.assert_allclose(*np.broadcast_arrays(plain, expected), rtol=1e-11, atol=1e-12, err_msg=slot.op)


@pytest.mark.parametrize("key", ["W", "b", "X", "Y"])
def test_tangents_are_the_same_derivatives_from_below(key: str) -> None:
    points = _points()
    start = ARRAY_GRAPH.slot_of[key]
    up = tangents(ARRAY_GRAPH.slots, points.values, start, units(ARRAY_GRAPH.slots[start].shape))
    down = points.derivative(Reference("L"), Reference(key))
    found = up[ARRAY_GRAPH.slot_of["L"]]
    assert found is not None
    assert np.allclose(found.reshape(points.count, -1), down.reshape(points.count, -1), rtol=1e-9, atol=1e-12)


def test_an_expression_over_names_has_the_value_of_its_definition() -> None:
    points = _points()
    assert np.allclose(
        evaluate(ARRAY_GRAPH.read("sum(H*Y)"), points).value[:, 0, 0],
        [(points.at("H")[i, 0, 0] * np.array(VALUES["Y"])).sum() for i in range(points.count)],
    )
    assert evaluate(ARRAY_GRAPH.read("dL/dW"), points).shape == (2, 4)
    assert evaluate(ARRAY_GRAPH.read("d(H[0,1])/d(W)"), points).shape == (2, 4)
    with pytest.raises(ShapeError, match="do not fit"):
        evaluate(ARRAY_GRAPH.read("W + X"), points)


ROWS_GRAPH = Graph.build(["h = w*x", "L = (h - t)^2"], given={"x": (), "t": ()}, weights={"w": ()})
ROWS = ({"x": 1.0, "t": 2.0}, {"x": -3.0, "t": 0.5}, {"x": 0.5, "t": 1.0})


@pytest.mark.parametrize(
    ("text", "exact"),
    [
        ("Σ_i (h_i - t_i) x_i", Fraction(1, 2) * (1 + 9) + Fraction(1, 8) - 2 + Fraction(3, 2) - Fraction(1, 2)),
        ("sum((h - t)x)", Fraction(1, 2) * (1 + 9) + Fraction(1, 8) - 2 + Fraction(3, 2) - Fraction(1, 2)),
        ("m", Fraction(3)),
        ("Σ v", None),
        ("1/m Σ_i x_i", Fraction(-1, 2)),
        ("mean(x)", Fraction(-1, 2)),
        ("Σ_i w", Fraction(3, 2)),
    ],
)
def test_sums_over_rows(text: str, exact: Fraction | None) -> None:
    points = Situation(ROWS_GRAPH, {"x": 1.0, "t": 0.0, "w": 0.5}, ROWS).here()
    if exact is None:
        with pytest.raises(Exception, match="unknown name"):
            ROWS_GRAPH.read(text, rows=True)
        return
    found = evaluate(ROWS_GRAPH.read(text, rows=True), points)
    assert np.allclose(found.value, float(exact), rtol=1e-14)


@pytest.mark.parametrize("mean", [False, True])
def test_the_derivative_of_the_output_by_a_weight_is_that_of_the_total(mean: bool) -> None:
    points = Situation(ROWS_GRAPH, {"x": 1.0, "t": 0.0, "w": 0.5}, ROWS, mean).here()
    rows = [2 * (0.5 * row["x"] - row["t"]) * row["x"] for row in ROWS]
    total = sum(rows) / (3 if mean else 1)
    assert np.allclose(evaluate(ROWS_GRAPH.read("dL/dw", rows=True), points).value, total)
    inside = evaluate(ROWS_GRAPH.read("Σ_i dL/dw", rows=True), points)
    assert np.allclose(inside.value, sum(rows))


def test_rounding_errors_stay_below_their_bound() -> None:
    graph = Graph.build(["s = a + b", "d = s - a", "p = d*c/b"], given={"a": (), "b": (), "c": ()})
    points = drawn(Situation(graph, {"a": 1e9, "b": 1.5, "c": 3.0}), 40, 1)
    for i in range(points.count):
        a, b, c = (Fraction(float(points.at(key)[i, 0, 0])) for key in "abc")
        exact = (a + b - a) * c / b
        off = abs(Fraction(float(points.at("p")[i, 0, 0])) - exact)
        assert off <= Fraction(float(points.errors[graph.slot_of["p"]][i, 0, 0])) * 2
