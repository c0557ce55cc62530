"""Σ over one index of a matrix, over both, one in another; ends of derivatives in brackets; names of functions."""

from __future__ import annotations

import numpy as np
import pytest

from engine.errors import EngineError
from engine.evaluate import evaluate
from engine.formula import parse
from engine.graph import Graph
from engine.printing import show
from engine.sampling import Situation

W = np.array([[0.2, -0.5, 0.1], [1.0, 0.3, -0.4]])
X, B, V = np.array([1.5, -2.0, 0.3]), np.array([0.1, 0.2]), np.array([0.3, 0.6])
GRAPH = Graph.build(
    ["a = W@x + b", "z = sigmoid(a)", "y = dot(v, z)", "L = (y - t)^2"],
    given={"x": (3,), "t": ()},
    weights={"W": (2, 3), "b": (2,), "v": (2,)},
)
HERE = Situation(GRAPH, {"x": X, "t": 0.4, "W": W, "b": B, "v": V}).here()
A = W @ X + B
Z = 1 / (1 + np.exp(-A))


def value(text: str) -> float:
    return float(evaluate(GRAPH.read(text, rows=True), HERE).value.ravel()[0])


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("Σ_j W_{1j} x_j + b_1", A[0]),
        ("Σ_j W_{2,j} x_j + b_2", A[1]),
        (r"\sum_{j=1}^{3} W_{2j} x_j", W[1] @ X),
        ("Σ_i W_{i1} v_i", W[:, 0] @ V),
        ("Σ_i Σ_j W_{ij}^2", (W**2).sum()),
        ("Σ_{ij} W_{ij}^2", (W**2).sum()),
        ("Σ_{i,j} v_i W_{ij} x_j", V @ W @ X),
        ("Σ_j Σ_i v_i W_{ij} x_j", V @ W @ X),
        ("Σ_i v_i σ(Σ_j W_{ij} x_j + b_i)", V @ Z),
        ("(∂L)/(∂y)", 2 * (V @ Z - 0.4)),
        ("(dL)/(dy) z_1", 2 * (V @ Z - 0.4) * Z[0]),
        ("(dL/dy) z_1", 2 * (V @ Z - 0.4) * Z[0]),
    ],
)
def test_it_is_what_it_says(text: str, right: float) -> None:
    assert value(text) == pytest.approx(right, rel=1e-12)
    assert value(show(GRAPH.read(text, rows=True), GRAPH.names)) == pytest.approx(right, rel=1e-12)


@pytest.mark.parametrize("text", ["Σ_i Σ_j W_{ij} x_i", "Σ_i W_{ii}", "Σ_j W_{ij}", "Σ_{ijk} W_{ij}", "Σ_{12} x"])
def test_what_does_not_fit_is_no_number(text: str) -> None:
    with pytest.raises(EngineError):
        value(text)


ALIASES = {
    "w_{11}^{(2)}": "W[0,0]", "w_{21}^{(2)}": "W[1,0]", "w_{12}^{(2)}": "W[0,1]", "w_{22}^{(2)}": "W[1,1]",
    "d_1^{(3)}": "z[0]", "d_2^{(3)}": "z[1]", "d_1^{(2)}": "a[0]",
}  # fmt: skip
SPELLED = Graph.build(
    ["a = W@x", "z = sigmoid(a)", "y = sum(z)"], given={"x": (3,)}, weights={"W": (2, 3)}, aliases=ALIASES
)


@pytest.mark.parametrize(
    ("text", "written_out"),
    [
        ("Σ_k w_{k1}^{(2)} d_k^{(3)}", "W[0,0] z[0] + W[1,0] z[1]"),
        (r"2\sum_{k=1}^{2} w_{1k}^{(2)} d_k^{(3)} + 1", "2(W[0,0] z[0] + W[0,1] z[1]) + 1"),
        ("(Σ_k d_k^{(3)}) y", "(z[0] + z[1]) y"),
        ("Σ_j d_j^{(3)} Σ_k w_{jk}^{(2)}", "z[0] (W[0,0] + W[0,1]) + z[1] (W[1,0] + W[1,1])"),
    ],
)
def test_a_sum_goes_over_names_that_a_lesson_spells(text: str, written_out: str) -> None:
    here = Situation(SPELLED, {"x": X, "W": W}).here()
    found, right = (evaluate(SPELLED.read(each, rows=True), here).value for each in (text, written_out))
    assert float(found.ravel()[0]) == pytest.approx(float(right.ravel()[0]), rel=1e-12)


MISSING = (
    "Σ_k w_{k1}^{(2)} d_k^{(2)}",
    "Σ_k q_{k1}^{(2)}",
    "Σ_k d_k^{(3)} (",
    "Σ_k d_k^{(3)} + q",
    "Σ_i " * 45 + "q_i",
)


@pytest.mark.parametrize("text", MISSING)
def test_a_sum_over_names_that_are_not_there_is_unreadable(text: str) -> None:
    with pytest.raises(EngineError):
        SPELLED.read(text, rows=True)


def test_a_function_may_have_another_name() -> None:
    graph = Graph.build(["p = sigmoid(a)"], given={"a": ()}, aliases={"h": "sigmoid", "g": "σ"})
    for spelling in ("h'(a)", "σ'(a)", "h'(a) h(a)/g(a)", "h(a)(1 - g(a))", "h(a) h(-a)"):
        here = Situation(graph, {"a": 0.7}).here()
        assert float(evaluate(graph.read(spelling), here).value.ravel()[0]) == pytest.approx(0.2217128733)


@pytest.mark.parametrize("alias", ["a", "exp", "2h"])
def test_what_is_taken_is_no_name_of_a_function(alias: str) -> None:
    with pytest.raises(EngineError, match=alias):
        Graph.build(["p = sigmoid(a)"], given={"a": ()}, aliases={alias: "sigmoid"})


def test_brackets_around_names_are_brackets() -> None:
    assert show(parse("(d)/(e1)")) == "d/e1"
    assert show(parse("(dx)/(dy)")) in {"∂x/∂y", "dx/dy"}
