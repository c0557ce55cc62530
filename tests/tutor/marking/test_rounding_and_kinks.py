"""Zeros that doubles only come near to, kinks that they only come near to, and subgradients as arrays of numbers."""

from __future__ import annotations

import pytest

from tests.tutor.marking.cases import weights_context as context
from tutor.marking import Context, Mark, mark
from tutor.questions import Question


def marked(kind: str, target: str, about: Context, answer: str) -> Mark:
    return mark(Question("q", kind, target=target), about, answer)


DIFFERENCE = context("z = 0.2*x1 + 0.6*x2", "L = z^2", x1=1.5, x2=-0.5)
PERCEPTRON = context("g = w1*x1 + w2*x2 + b", "L = g^2", w1=0.1, w2=0.3, x1=0.3, x2=0.1, b=-0.06)
VECTOR = context("z = W @ x", "L = dot(z, z)", W=[[0.4, -0.3], [0.2, 0.6]], x=[1.5, -0.5])


@pytest.mark.parametrize(
    ("kind", "target", "about", "right", "wrong"),
    [
        ("number", "z", DIFFERENCE, "0", "0.1"),
        ("number", "dL/dx1", DIFFERENCE, "0", "0.04"),
        ("number", "z", DIFFERENCE, "5.55e-17", "0.6"),
        ("number", "g", PERCEPTRON, "0", "0.06"),
        ("number", "dL/db", PERCEPTRON, "0", "1"),
        ("array", "z", VECTOR, "[0.75, 0]", "[0.75, 0.1]"),
    ],
)
def test_what_is_zero_but_for_rounding_is_zero(kind: str, target: str, about: Context, right: str, wrong: str) -> None:
    assert marked(kind, target, about, right).verdict == "right"
    assert marked(kind, target, about, wrong).verdict == "wrong"


@pytest.mark.parametrize(
    ("about", "target"),
    [
        (context("s = sigmoid(w)*(1 - sigmoid(w))", w=20.0), "s"),
        (context("L = x*w", x=1e-12, w=1e-9), "L"),
        (context("L = w*x", x=1e-17, w=1.0), "dL/dw"),
    ],
)
def test_a_small_number_is_not_zero(about: Context, target: str) -> None:
    """Its digits are as good as those of a large one."""
    found = marked("number", target, about, "0")
    assert found.verdict == "wrong"
    assert found.diagnosis is not None and found.diagnosis.fault == "claimed-zero"


@pytest.mark.parametrize("answer", ["0", "6", "3"])
@pytest.mark.parametrize(
    "about",
    [
        context("h = 3*a - 0.3", "L = 2*relu(h)", a=0.1),
        context("h = u*a + v*3 - 0.3", "L = 2*relu(3*h)", a=1.0, u=0.1, v=0.2 / 3),
    ],
)
def test_a_kink_is_met_but_for_rounding(about: Context, answer: str) -> None:
    target = "dL/da" if "v" not in about.values else "dL/du"
    assert marked("number", target, about, answer).verdict == "right"
    assert marked("number", target, about, "7").verdict == "wrong"


RELU = context("r = relu(p)", "L = dot(r, c)", p=[0.0, 1.0, -1.0], c=[2.0, -1.0, 3.0])
TIE = context("L = 2*max(s)", s=[1.5, 0.3, 1.5])
LEAST = context("L = 3*min(s)", s=[0.5, 0.5])
ABS = context("L = 2*sum(abs(p))", p=[0.0, -1.0])
INNER = context("L = 3*relu(dot(w, x))", w=[2.0, -1.0], x=[1.0, 2.0])


@pytest.mark.parametrize(
    ("about", "target", "answer", "verdict"),
    [
        (RELU, "dL/dp", "[0, -1, 0]", "right"),
        (RELU, "dL/dp", "[2, -1, 0]", "right"),
        (RELU, "dL/dp", "[0.667, -1, 0]", "right"),
        (RELU, "dL/dp", "[3, -1, 0]", "wrong"),
        (RELU, "dL/dp", "[2, -1, 3]", "wrong"),
        (RELU, "dr/dp", "[[1,0,0],[0,1,0],[0,0,0]]", "right"),
        (RELU, "dr/dp", "[[1,0,0],[0,1,0],[0,0,1]]", "wrong"),
        (TIE, "dL/ds", "[0, 0, 2]", "right"),
        (TIE, "dL/ds", "[1, 0, 1]", "right"),
        (TIE, "dL/ds", "[2, 0, 2]", "wrong"),
        (TIE, "dL/ds", "[1, 1, 0]", "wrong"),
        (LEAST, "dL/ds", "[1.5, 1.5]", "right"),
        (LEAST, "dL/ds", "[0, 0]", "wrong"),
        (ABS, "dL/dp", "[-2, -2]", "right"),
        (ABS, "dL/dp", "[2, 2]", "wrong"),
        (INNER, "dL/dw", "[3, 6]", "right"),
        (INNER, "dL/dw", "[1.5, 3]", "right"),
        (INNER, "dL/dw", "[3, 0]", "wrong"),
    ],
)
def test_any_subgradient_is_right_as_an_array(about: Context, target: str, answer: str, verdict: str) -> None:
    """Where entries tie they share one slope: each may have it, but not all of them at once."""
    assert marked("array", target, about, answer).verdict == verdict


def test_a_row_in_place_of_a_column_is_exchanged() -> None:
    about = context("L = sum((W @ [[1.0, 2.0]])^2)", W=[[1.5], [0.5]])
    assert marked("array", "dL/dW", about, "[[15], [5]]").verdict == "right"
    assert marked("array", "dL/dW", about, "[15, 5]").verdict == "right"
    found = marked("array", "dL/dW", about, "[[15, 5]]")
    assert found.diagnosis is not None and found.diagnosis.fault == "transposed"
