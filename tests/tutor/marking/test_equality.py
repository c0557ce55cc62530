"""Equality as functions under the graph's definitions: branches, domains, digits, forms, witnesses."""

from __future__ import annotations

import warnings
from typing import Any

import pytest

from engine.graph import Graph
from engine.values import shape_of
from tests.tutor.marking.cases import one_neuron, sigmoid_net
from tutor.marking import Context, Mark, mark
from tutor.marking.result import Witness
from tutor.questions import Question
from tutor.questions.formula import CHAIN


def marked(answer: str, target: str = "dy/dc", context: Context | None = None, **more: object) -> Mark:
    question = Question("q", "formula", target=target, **more)  # type: ignore[arg-type]
    return mark(question, context or sigmoid_net(), answer)


@pytest.mark.parametrize(
    "answer",
    [
        "a*s1*(1-s1)*x1",
        "a s1(1-s1) x1",
        "x1 a σ(a r1) σ(-a r1)",
        r"\frac{a x_1 e^{-a r_1}}{(1+e^{-a r_1})^2}",
        "a·s₁·(1−s₁)·x₁·step(c x1 + e x2)",
        "a σ'(a r1) x1",
        "a (s1 - s1²) x1",
        "dy/ds1 · s1(1-s1) a x1",
    ],
)
def test_any_way_of_writing_is_right(answer: str) -> None:
    assert marked(answer).verdict == "right"


@pytest.mark.parametrize("slip", ["1.000001", "0.999999", "(1 + 1e-6)"])
def test_a_millionth_is_seen(slip: str) -> None:
    assert marked(f"a*s1*(1-s1)*x1*{slip}").verdict == "wrong"


def test_cancellation_does_not_make_a_right_answer_wrong() -> None:
    assert marked("(a*s1*(1-s1)*x1 + 1e5) - 1e5").verdict == "right"
    assert marked("a*s1*(1-s1)*x1 + (exp(r1)^2 - exp(2r1))").verdict == "right"


def test_right_here_but_not_everywhere_is_right_and_says_so() -> None:
    found = marked("a*s1*(1-s1)*x1")
    assert found.verdict == "right"
    assert found.note == "right here, though not where c·x1 + e·x2 ≤ 0"
    assert marked("a*s1*(1-s1)*x1*step(c*x1+e*x2)").note == ""
    assert marked("0", "dy/dd").note == "right here, though not where d·x1 + f·x2 > 0"


def test_everywhere_asks_for_all_sides() -> None:
    found = marked("a*s1*(1-s1)*x1", everywhere=True)
    assert found.diagnosis is not None and found.diagnosis.fault == "wrong-branch"
    assert found.verdict == "wrong"
    assert found.note == "right here, though not where c·x1 + e·x2 ≤ 0"
    assert found.witness is not None
    assert found.witness.right == 0.0
    assert marked("a*s1*(1-s1)*x1*step(c*x1+e*x2)", everywhere=True).verdict == "right"


def test_any_side_of_a_kink_is_right_where_the_lesson_is_at_it() -> None:
    graph = Graph.build(["y = relu(w*x)"], given={"x": ()}, weights={"w": ()})
    context = Context(graph, {"x": 1.0, "w": 0.0})
    assert marked("0", "dy/dw", context).verdict == "right"
    assert marked("x", "dy/dw", context).verdict == "right"
    assert marked("2x", "dy/dw", context).verdict == "wrong"


def test_a_tie_of_max_may_go_either_way() -> None:
    graph = Graph.build(["y = max(u, v)"], given={"u": (), "v": ()})
    context = Context(graph, {"u": 1.5, "v": 1.5})
    assert marked("1", "dy/du", context).verdict == "right"
    assert marked("0", "dy/du", context).verdict == "right"
    assert marked("2", "dy/du", context).verdict == "wrong"


def test_whole_numbers_are_fixed_and_decimals_vary() -> None:
    graph = Graph.build(
        ["h = sigmoid(w*x)", "L = -(y*log(h) + (1-y)*log(1-h))"], given={"x": (), "y": ()}, weights={"w": ()}
    )
    context = Context(graph, {"x": 1.0, "y": 1, "w": 0.5})
    assert marked("-(1-h)x", "dL/dw", context).verdict == "right"
    assert marked("h - y", "dL/dw", context).verdict == "wrong"
    free = Context(graph, {"x": 1.0, "y": 1, "w": 0.5}, domain={"y": "unit"})
    assert marked("-(1-h)x", "dL/dw", free).verdict == "wrong"
    assert marked("(h-y)x", "dL/dw", free).verdict == "right"


def test_a_witness_shows_short_numbers_that_are_not_the_lessons() -> None:
    """The right value at the lesson's own numbers may be what is asked next."""
    found = marked("a*s1*x1").witness
    assert found is not None
    inputs = {name: found.at[name] for name in ("x1", "a", "c")}
    assert all(float(f"{value:.1e}") == value for value in inputs.values())
    assert inputs != {"x1": 1.0, "a": 1.0, "c": 4.0}
    a, s1, x1 = found.at["a"], found.at["s1"], found.at["x1"]
    assert found.given == pytest.approx(a * s1 * x1, rel=1e-9)
    assert found.right == pytest.approx(a * s1 * (1 - s1) * x1, rel=1e-9)
    assert found.given != pytest.approx(found.right, rel=0.01)


@pytest.mark.parametrize("signs", [(1, 1, 1, 1), (1, -1, 1, -1), (-1, -1, 0, 1)])
@pytest.mark.parametrize("answer", ["a*b*c", "2*a*b*c*k", "1 + a*b*c*k", "-a*b*c*k"])
def test_a_witness_keeps_the_signs_of_the_lesson(signs: tuple[int, ...], answer: str) -> None:
    """A learning rate below 0 would be another lesson."""
    own = dict(zip(("a", "b", "c", "k"), (0.1 * sign for sign in signs), strict=True))
    graph = Graph.build(["L = a*b*c*k*w"], given=dict.fromkeys(own, ()), weights={"w": ()})
    found = marked(answer, "dL/dw", Context(graph, {**own, "w": 3.0})).witness
    assert found is not None
    assert all(value * own.get(name, 1.0) >= 0 for name, value in found.at.items())


def test_a_witness_shows_clearly_what_is_nearly_right() -> None:
    found = marked("a*s1*(1-s1)*x1*1.001").witness
    assert found is not None and found.given == pytest.approx(1.001 * found.right, rel=1e-9)


def test_a_witness_is_found_where_the_lessons_numbers_hide_the_mistake() -> None:
    found = marked("a*s1*(1-s1)").witness
    assert found is not None
    assert found.given != pytest.approx(found.right)


@pytest.mark.parametrize("answer", ["dy/dc", "∂y/∂c", r"\frac{\partial y}{\partial c}", "1*dy/dc", "dy/dy * dy/dc"])
def test_naming_the_derivative_asked_for_costs_nothing(answer: str) -> None:
    found = marked(answer)
    assert found.verdict == "unreadable"
    assert found.is_free
    assert found.note == "you named the derivative asked for; write it out"


@pytest.mark.parametrize("answer", ["dy/ds1 * ds1/dc", "∂y/∂r1 ∂r1/∂c", "dr1/dc · ds1/dr1 · dy/ds1"])
def test_the_chain_rule_in_names_costs_nothing_and_is_to_be_written_out(answer: str) -> None:
    found = marked(answer)
    assert (found.verdict, found.note) == ("unreadable", CHAIN)
    assert found.is_free


@pytest.mark.parametrize("answer", ["dy/ds1 * ds2/dc", "dy/ds1 + ds1/dc", "dy/ds1 * dr1/dc"])
def test_a_chain_with_a_wrong_link_is_wrong(answer: str) -> None:
    assert marked(answer).verdict == "wrong"


def test_the_short_name_of_the_formula_asked_for_costs_nothing() -> None:
    names = {"δ_1^{(2)}": "s*(1 - s)*w", "x_1": "x"}
    graph = Graph.build(["s = sigmoid(x)", "y = w*s"], given={"x": ()}, weights={"w": ()}, output="y", aliases=names)
    net = Context(graph, {"x": 0.5, "w": 0.3})
    for answer in ("δ_1^(2)", " delta_1^{(2)} "):
        found = marked(answer, "dy/dx", net)
        assert found.verdict == "unreadable" and found.is_free
        assert found.note == "that is only its name; write out what it is made of"
    assert marked("s*(1 - s)*w", "dy/dx", net).verdict == "right"
    assert marked("δ_1^(2)*x_1", "dy/dx*x", net).verdict == "right"
    assert marked("x_1", "x", net).verdict == "right"
    assert marked("δ_1^(2)", "dy/dw", net).verdict == "wrong"
    named = mark(Question("q", "derivation", target="dy/dx"), net, "δ_1^(2)")
    assert named.note == "the last line only names derivatives; write them out"


def test_only_the_names_in_using_may_stand_there() -> None:
    assert marked("a*s1*(1-s1)*x1", using=("a", "s1", "x1")).verdict == "right"
    found = marked("a*σ(a r1)*(1-s1)*x1", using=("a", "s1", "x1"))
    assert found.verdict == "unreadable"
    assert found.note == "use only a, s1, x1; you used r1"
    assert marked("a*s1*x2", using=("a", "s1", "x1")).verdict == "wrong"


def test_where_nothing_can_be_compared_it_says_so() -> None:
    graph = Graph.build(["y = x*x"], given={"x": ()})
    context = Context(graph, {"x": 2.0})
    found = marked("2x + 0*sqrt(-(x - 2)^2)", "dy/dx", context)
    assert found.verdict == "unscored"
    assert found.is_free
    assert found.note.startswith("cannot tell")
    assert marked("2x + 0*log(-1-x^2)", "dy/dx", context).verdict == "wrong"
    half = marked("2 exp(log(x - 1.9)) + 3.8", "dy/dx", context)
    assert half.verdict == "right"


@pytest.mark.parametrize(
    ("answer", "message"),
    [("a*s1*(1-s1", "this ( is never closed"), ("a*s7", "unknown name s7"), ("a s1 = 2", "a formula has no = sign")],
)
def test_unreadable_shows_the_place(answer: str, message: str) -> None:
    found = marked(answer)
    assert found.verdict == "unreadable"
    assert found.note.startswith(message)
    assert found.caret.splitlines()[0] == answer
    assert "^" in found.caret.splitlines()[1]


def test_rows_may_be_summed_or_taken_one_by_one() -> None:
    rows = one_neuron(rows=True)
    assert marked("Σ_i 2(ŷ_i − y_i) ŷ_i(1-ŷ_i) x_i", "dL/dw", rows).verdict == "right"
    assert marked("sum(2(yhat-y)yhat(1-yhat)x)", "dL/dw", rows).verdict == "right"
    assert marked("1/m Σ 2(ŷ − y) ŷ(1-ŷ) x", "dL/dw", one_neuron(rows=True, mean=True)).verdict == "right"
    for letter in "mnN":
        assert f"/{letter}" in (marked(f"1/{letter} Σ 2(ŷ − y) ŷ(1-ŷ) x", "dL/dw", rows).read_as or "")
    for marks in ("Σ 2(ŷ_i − y_i) ŷ_i(1-ŷ_i) x_i", "sum(2(ŷ_i − y_i) ŷ_i(1-ŷ_i) x_i)"):
        assert marked(marks, "dL/dw", rows).verdict == "right"
    means = "mean(2(ŷ^{(i)} − y^{(i)}) ŷ^{(i)}(1-ŷ^{(i)}) x^{(i)})"
    assert marked(means, "dL/dw", one_neuron(rows=True, mean=True)).verdict == "right"
    one = marked("2(ŷ − y) ŷ(1-ŷ) x", "dL/dw", rows)
    assert one.verdict == "right"
    assert one.note == "right for one row; for all rows together it is the sum over them"
    wrong = marked("1/m Σ 2(ŷ − y) ŷ(1-ŷ) x", "dL/dw", rows)
    assert wrong.verdict == "wrong"
    assert wrong.diagnosis is not None
    assert (wrong.diagnosis.fault, wrong.diagnosis.factor) == ("constant-factor", "1/N")
    assert marked("w - 0.1 Σ 2(ŷ − y) ŷ(1-ŷ) x", "w - 0.1*dL/dw", rows).verdict == "right"


def test_a_witness_says_what_is_of_one_row_and_what_of_all() -> None:
    found = marked("w - 0.1*2(ŷ − y) x", "w - 0.1*dL/dw", one_neuron(rows=True)).witness
    assert found is not None
    assert len(found.given) == 3 and isinstance(found.right, float)
    assert ", one for each row; the right one is " in found.says
    assert found.says.endswith(" for all rows together")
    assert "for each row" not in marked("a*s1*x1").witness.says  # type: ignore[union-attr]


def test_columns_as_arrays_are_summed_in_the_same_way() -> None:
    graph = Graph.build(["h = X @ w", "L = sum((h - y)^2)"], given={"X": (3, 2), "y": (3,)}, weights={"w": (2,)})
    context = Context(graph, {"X": [[1.0, 2.0], [0.5, -1.0], [3.0, 0.25]], "y": [1.0, 0.5, -2.0], "w": [0.3, -0.2]})
    for answer in ("2 Σ_i (h_i - y_i) X_{i1}", "2 sum((h-y)*X[:,0])", "2 (X^T @ (h-y))_1", "2 Σ (h - y) X[:,0]"):
        assert marked(answer, "d(L)/d(w[0])", context).verdict == "right", answer
    assert marked("2 X^T @ (h - y)", "dL/dw", context).verdict == "right"
    assert marked("1/m Σ_i (h_i - y_i) X_{i1}", "d(L)/d(w[0])", context).verdict == "wrong"


def test_eulers_number_where_the_graph_has_an_e() -> None:
    graph = Graph.build(["e = x + 1", "s = sigmoid(x)", "L = s*e"], given={"x": ()})
    context = Context(graph, {"x": 0.7})
    assert marked("e*exp(-x)/(1+exp(-x))^2 + s", "dL/dx", context).verdict == "right"
    assert marked("e*e^{-x}/(1+e^{-x})^2 + s", "dL/dx", context).verdict == "right"


@pytest.mark.parametrize("answer", ["1/x", "0", "x", "[1, 2]", "L", "1e308"])
@pytest.mark.parametrize("kind", ["formula", "number", "array", "derivation"])
@pytest.mark.parametrize(
    ("nodes", "values"),
    [
        (["n = norm(v)", "L = log(-n) + x"], {"v": [1.0, 2.0], "x": 1.5}),
        (["L = exp(x)"], {"x": 1000.0}),
        (["L = 1/(x - x)"], {"x": 1.0}),
    ],
)
def test_where_no_point_has_a_value_an_answer_is_marked_all_the_same(
    nodes: list[str], values: dict[str, Any], kind: str, answer: str
) -> None:
    context = Context(Graph.build(nodes, weights={name: shape_of(value) for name, value in values.items()}), values)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert mark(Question("q", kind, target="dL/dx"), context, answer).verdict


@pytest.mark.parametrize("answer", ["k^2/2", "6"])
def test_a_witness_of_a_node_shows_what_it_is_computed_from_and_not_its_value_beforehand(answer: str) -> None:
    graph = Graph.build(["pairs = k*(k - 1)/2", "L = 3*pairs"], given={"k": ()})
    witness = marked(answer, "pairs", Context(graph, {"k": 4.0})).witness
    assert witness is not None and list(witness.at) == ["k"]


def test_a_witness_names_a_large_matrix_by_its_shape() -> None:
    """Nine numbers a matrix would push what is wrong off a small screen; the JSON keeps them."""
    table = [[1.0, 2.0, 3.0]] * 3
    witness = Witness({"eta": 0.5, "H": table}, 1.0, 2.0)
    assert witness.says == "at eta = 0.5, H (3×3): your answer is 1, the right one is 2"
    assert witness.to_dict()["at"]["H"] == table
    assert "W = [[1, 2, 3], [1, 2, 3]]" in Witness({"W": table[:2]}, 1.0, 2.0).says
