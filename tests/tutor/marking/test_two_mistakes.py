"""Mistakes made twice, two different ones at once, and answers that are no such thing as was asked for."""

from __future__ import annotations

import pytest

from engine.graph import Graph
from tutor.marking import Context, Mark, mark
from tutor.questions import Question

NET = Context(
    Graph.build(
        ["s = w1*x + b1", "z = sigmoid(s)", "o = v0 + v1*z", "p = sigmoid(o)", "L = (p - t)^2/2"],
        given={"x": (), "t": ()},
        weights={"w1": (), "b1": (), "v0": (), "v1": ()},
    ),
    {"x": 1.5, "t": 0.2, "w1": 0.3, "b1": 0.1, "v0": -0.4, "v1": 0.7},
)
SOFTMAX = Context(
    Graph.build(["p = softmax(a)", "L = -sum(y*log(p))"], given={"y": (3,)}, weights={"a": (3,)}),
    {"y": [0.0, 1.0, 0.0], "a": [0.7, 1.0, -0.3]},
    domain={"y": "one-hot"},
)


def test_a_sign_in_a_value_is_no_step_up_the_gradient() -> None:
    scores = Context(Graph.build(["s = log(total) + m"], given={"m": (), "total": ()}), {"m": 2.0, "total": 1.2})
    step = Context(
        Graph.build(["w2 = w - eta*g"], given={"w": (), "eta": (), "g": ()}), {"w": 1.0, "eta": 0.1, "g": 0.7}
    )
    found = answered("s", "m - log(total)", scores).diagnosis
    climbed = answered("w2", "w + eta*g", step).diagnosis
    assert found is not None and found.fault == "sign"
    assert climbed is not None and climbed.fault == "ascent"


def answered(target: str, answer: str, context: Context = NET, kind: str = "formula") -> Mark:
    return mark(Question("q", kind, target=target), context, answer)


@pytest.mark.parametrize(
    ("target", "answer", "fault", "at", "words"),
    [
        ("dL/dw1", "(p-t) v1 x", "missing-factor", "p", "every sigmoid"),
        ("dL/dw1", "(p-t) p v1 z x", "value-not-derivative", "p", "every sigmoid"),
        ("dL/dw1", "-(p-t) p v1 z x", "value-not-derivative", "p", "A sign is the wrong way round"),
        ("dL/dw1", "(t-p) v1 z(1-z) x", "missing-factor", "p", "There are two mistakes here."),
        ("dL/dw1", "L", "value-not-derivative", "L", "the value of L"),
        ("dL/dw1", "w1", "value-not-derivative", "w1", "the value of w1"),
        ("dL/dw1", "(p-t)p(1-p)", "stopped-early", "o", "the gradient at o"),
        ("dL/dw1", "z(1-z)x", "missing-factor", "L", "L"),
        ("p", "p(1-p)", "derivative-not-value", "p", "∂p/∂o"),
        ("w1 - 0.1*dL/dw1", "(p-t)p(1-p)v1 z(1-z)x", "derivative-not-value", None, "∂L/∂w1"),
        ("w1 - 0.1*dL/dw1", "w1 - (p-t)p(1-p)v1 z(1-z)x", "missing-factor", None, "where has 0.1 gone"),
        ("s", "w1 + b1", "missing-factor", "s", "missing in s: what does its definition multiply"),
        ("L", "(p - t)/2", "missing-factor", "L", "A power is left out in L"),
        ("o", "-v0 - v1 z", "sign", "o", "A sign is the wrong way round in o: is the value asked for above zero"),
        ("s", "w1 x^2 + b1", "extra-factor", "s", "a factor too many in s (x): what does its definition multiply"),
        ("L", "(p-t)^2/3", "wrong-derivative", "L", "A number in L should be another"),
        ("p", "sigmoid(p)", "wrong-argument", "p", "A wrong value goes in at p"),
        ("do/dv1", "v1 z(1-z)w1", "wrong-name", "x", "how the result changes with x"),
    ],
)
def test_what_went_wrong_is_named(target: str, answer: str, fault: str, at: str | None, words: str) -> None:
    found = answered(target, answer)
    assert found.verdict == "wrong"
    assert found.diagnosis is not None
    assert (found.diagnosis.fault, found.diagnosis.at) == (fault, at)
    assert words in found.diagnosis.says


@pytest.mark.parametrize(
    ("target", "answer", "fault", "words"),
    [
        ("dL/da", "0", "claimed-zero", "not zero"),
        ("dL/da", "1", "wrong-shape", "The answer is a vector of 3, yours a scalar"),
        ("dL/da", "sum(a)", "wrong-shape", "one number for each entry"),
        ("dL/da", "p[1]-y[1]", "wrong-shape", "this is one of its entries"),
        ("dL/da", "sum(p-y)", "wrong-shape", "you added its entries up"),
        ("dL/da", "outer(p, p)", "wrong-shape", "a 3 × 3 matrix"),
        ("dL/da[0]", "p-y", "wrong-shape", "Which?"),
        ("L", "-y*log(p)", "wrong-shape", "add the entries up"),
        ("dp/da", "p(1-p)", "diagonal-only", "a whole matrix of slopes"),
        ("L", "-log(exp(a_1)/exp(a_2))*y_1", "missing-path", "The sums in L and p are left out"),
    ],
)
def test_another_shape_is_told_from_another_value(target: str, answer: str, fault: str, words: str) -> None:
    kind = "array" if target in ("dL/da", "dp/da") else "formula"
    found = answered(target, answer, SOFTMAX, kind)
    assert found.verdict == "wrong"
    assert found.diagnosis is not None
    assert found.diagnosis.fault == fault
    assert words in found.diagnosis.says


def test_an_array_of_numbers_is_held_against_the_catalogue() -> None:
    found = answered("dL/da", "[0, -2.013, 0]", SOFTMAX, "array").diagnosis
    assert found is not None and (found.fault, found.at) == ("missing-factor", "p")


def test_a_function_that_makes_anything_one_number_explains_nothing() -> None:
    """The sigmoid of a large product is 1 at every point, and so are slopes on some branches."""
    nodes = [
        "n1 = 2*x",
        "n2 = x + 2",
        "n3 = n1^2",
        "n4 = n1 + n2",
        "n5 = max(n2, n3)",
        "n6 = min(n2, n4)",
        "n7 = n5 + n6 - 2",
    ]
    context = Context(Graph.build(nodes, given={"x": ()}), {"x": 1.0}, domain={"x": [0.9, 1.4]})
    found = mark(Question("q", "formula", target="dn7/dx"), context, "n1 n2 n3 n4 n5 n6 n7").diagnosis
    assert found is not None
    assert "sigmoid" not in found.says


def test_a_part_that_is_too_large_is_called_a_part_and_no_sum_is_looked_for_where_there_is_none() -> None:
    nodes = ["a = 3*x*x", "b = x + y", "q = a*b"]
    context = Context(Graph.build(nodes, given={"x": (), "y": ()}), {"x": 1.5, "y": 0.7})
    found = mark(Question("q", "formula", target="dq/dx"), context, "2*6*x*b + a").diagnosis
    assert found is not None
    assert "ne part of your answer, what comes along a, is 2 times what it should be" in found.says
    found = mark(Question("q", "formula", target="dq/dx"), context, "3*6*x*b + a").diagnosis
    assert found is not None and "N" not in found.says


def test_a_lone_number_is_not_a_constant_times_another() -> None:
    graph = Graph.build(["b = sigmoid(a)", "s = sum(b)"], given={"a": (3,)})
    found = mark(Question("q", "formula", target="ds/da[0]"), Context(graph, {"a": [0.7, -1.0, 0.5]}), "3").diagnosis
    assert found is not None and "N times" not in found.says


def test_a_factor_that_is_an_input_is_missed_by_its_name() -> None:
    graph = Graph.build(
        ["g = sigmoid(k0 + k1*u)", "q = (g - t)^2/2"], given={"u": (), "t": ()}, weights={"k0": (), "k1": ()}
    )
    context = Context(graph, {"u": 1.5, "t": 0.2, "k0": 0.3, "k1": 0.7})
    found = mark(Question("q", "formula", target="dq/dk1"), context, "(g-t)*g*(1-g)").diagnosis
    assert found is not None and found.fault == "missing-factor" and found.at == "u"
    assert "where has u gone" in found.says


def test_a_sum_in_place_of_the_difference_is_told_by_the_names_of_the_graph() -> None:
    found = mark(Question("q", "formula", target="dL/da"), SOFTMAX, "p + y").diagnosis
    assert found is not None and found.fault == "sign"
    assert "in front of y" in found.says
