"""Σ with limits, and derivatives with the mark of a row."""

from __future__ import annotations

import pytest

from engine.graph import Graph
from tests.tutor.marking.cases import one_neuron
from tutor.marking import Context, mark
from tutor.questions import Question

ROWS = one_neuron(rows=True)
COLUMNS = Context(
    Graph.build(["L = sum((w*x - y)^2)"], given={"x": (3,), "y": (3,)}, weights={"w": ()}),
    {"x": [1.5, -0.5, 2.5], "y": [1.0, 0.0, 1.0], "w": 0.7},
)


@pytest.mark.parametrize(
    ("about", "answer", "verdict"),
    [
        (ROWS, "2Σ_{i=1}^{3} (ŷ_i-y_i) ŷ_i (1-ŷ_i) x_i", "right"),
        (ROWS, "2Σ_{i=1}^{m} (ŷ_i-y_i) ŷ_i (1-ŷ_i) x_i", "right"),
        (ROWS, "2Σᵢ₌₁³ (ŷ_i-y_i) ŷ_i (1-ŷ_i) x_i", "right"),
        (ROWS, "2Σ_{i=1}^{2} (ŷ_i-y_i) ŷ_i (1-ŷ_i) x_i", "unreadable"),
        (ROWS, "2Σ_{i=1}^{4} (ŷ_i-y_i) ŷ_i (1-ŷ_i) x_i", "unreadable"),
        (ROWS, "2Σ_{i=2}^{3} (ŷ_i-y_i) ŷ_i (1-ŷ_i) x_i", "unreadable"),
        (COLUMNS, "2Σ_{i=1}^{3} (w x_i-y_i) x_i", "right"),
        (COLUMNS, "2Σ_i^m (w x_i-y_i) x_i", "right"),
        (COLUMNS, "2Σ_{i=1}^{2} (w x_i-y_i) x_i", "wrong"),
        (COLUMNS, "2Σ_{i=1}^{2} (w x_i-y_i) x_i + 2(w x_3 - y_3) x_3", "right"),
        (COLUMNS, "2Σ_{i=1}^{4} (w x_i-y_i) x_i", "unreadable"),
    ],
)
def test_limits_are_kept(about: Context, answer: str, verdict: str) -> None:
    assert mark(Question("q", "formula", target="dL/dw"), about, answer).verdict == verdict


@pytest.mark.parametrize(
    "answer",
    [
        "Σ_i ∂L_i/∂z_i x_i",
        "Σ_i dL_i/dz_i x_i",
        r"\sum_{i=1}^{m} \frac{\partial L^{(i)}}{\partial z^{(i)}} x^{(i)}",
        "Σ_i (∂L_i)/(∂ŷ_i) ŷ_i (1 - ŷ_i) x_i",
        "Σ_i d(L_i)/d(z_i) x_i",
    ],
)
def test_a_derivative_may_bear_the_mark_of_a_row(answer: str) -> None:
    assert mark(Question("q", "formula", target="dL/dw"), ROWS, answer).verdict == "right"
    assert mark(Question("q", "formula", target="dL/dw"), ROWS, answer.replace("x", "y")).verdict == "wrong"
