"""Numbers: digits, tolerances, arithmetic, rounding too early, kinks, and mistakes behind a number."""

from __future__ import annotations

import pytest

from engine.graph import Graph
from tests.tutor.marking.cases import one_neuron, sigmoid_net
from tutor.marking import Context, Mark, mark
from tutor.questions import Question


def marked(answer: str, target: str = "dy/da", context: Context | None = None, **more: object) -> Mark:
    question = Question("q", "number", target=target, **more)  # type: ignore[arg-type]
    return mark(question, context or sigmoid_net(), answer)


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        ("0.20998717080701304", "right"),
        ("0.210", "right"),
        ("0.21", "right"),
        (".21", "right"),
        ("2.1e-1", "right"),
        ("dy/da = 0.21", "right"),
        ("≈ 0.21", "right"),
        ("0.2099", "right"),
        ("2*0.8808*0.1192", "right"),
        ("2*σ(2)*(1-σ(2))", "right"),
        ("21/100", "right"),
        ("0.2", "imprecise"),
        ("0.20", "imprecise"),
        ("0.18", "imprecise"),
        ("2*0.9*0.1", "imprecise"),
        ("2*0.88*0.12", "imprecise"),
        ("0.211", "imprecise"),
        ("0.215", "wrong"),
        ("-0.21", "wrong"),
        ("0", "wrong"),
        ("1e300", "wrong"),
    ],
)
def test_three_significant_digits(answer: str, verdict: str) -> None:
    assert marked(answer).verdict == verdict


@pytest.mark.parametrize(
    ("answer", "within", "verdict"),
    [("0.22", 0.02, "right"), ("0.235", 0.02, "wrong"), ("0.205", 0.005, "right"), ("0.204", 0.005, "wrong")],
)
def test_within_is_absolute(answer: str, within: float, verdict: str) -> None:
    assert marked(answer, within=within).verdict == verdict


def test_more_digits_may_be_asked_for() -> None:
    assert marked("0.210", digits=5).verdict == "imprecise"
    assert marked("0.20999", digits=5).verdict == "right"


@pytest.mark.parametrize("answer", ["r1", "a*s1", "nonsense", "0,5", "1 2", "[1, 2]", "1/0", "9**9**9", "", "  "])
def test_what_is_no_number_costs_nothing(answer: str) -> None:
    found = marked(answer)
    assert found.verdict in {"unreadable", "missing"}
    assert found.is_free
    assert found.points == 0


def test_zero_is_right_only_where_it_is() -> None:
    assert marked("0", "dy/db").verdict == "right"
    assert marked("0.0", "dy/dd").verdict == "right"
    assert marked("0.001", "dy/dd").verdict == "wrong"


@pytest.mark.parametrize("answer", ["0", "1", "0.5", "0.3"])
def test_any_subgradient_at_a_kink_is_right(answer: str) -> None:
    graph = Graph.build(["y = relu(w*x)"], given={"x": ()}, weights={"w": ()})
    context = Context(graph, {"x": 1.0, "w": 0.0})
    assert marked(answer, "dy/dw", context).verdict == "right"
    assert marked("1.5", "dy/dw", context).verdict == "wrong"
    assert marked("-0.1", "dy/dw", context).verdict == "wrong"


def test_paper_arithmetic_and_the_exact_value_are_both_right() -> None:
    context = sigmoid_net()
    paper = Context(context.graph, context.values, decimals=1)
    assert marked("0.18", "dy/da", paper).verdict == "right"
    assert marked("0.21", "dy/da", paper).verdict == "right"
    assert marked("0.2", "dy/da", paper).verdict == "imprecise"


def test_rows_are_totalled() -> None:
    total = sum(2 * (p - t) * p * (1 - p) * x for p, t, x in ROWS)
    assert marked(f"{total:.4g}", "dL/dw", one_neuron(rows=True)).verdict == "right"
    assert marked(f"{total / 3:.4g}", "dL/dw", one_neuron(rows=True, mean=True)).verdict == "right"


def _sigmoid(z: float) -> float:
    import math

    return 1 / (1 + math.exp(-z))


ROWS = [(_sigmoid(0.5 * x + 0.1), t, x) for x, t in ((1.5, 1.0), (-2.0, 0.0), (0.5, 1.0))]


@pytest.mark.parametrize(
    ("answer", "fault", "at", "factor"),
    [
        ("0.105", "missing-factor", "r1", None),
        ("2", "missing-factor", "s1", None),
        ("-0.21", "sign", None, None),
        ("0.42", "constant-factor", None, "2"),
        ("0", "claimed-zero", None, None),
        ("1.7616", "value-not-derivative", "s1", None),
        ("12.3", "unknown", None, None),
    ],
)
def test_a_number_is_explained_where_it_says_enough(
    answer: str, fault: str, at: str | None, factor: str | None
) -> None:
    found = marked(answer).diagnosis
    assert found is not None
    assert (found.fault, found.at, found.factor) == (fault, at, factor)


NET = Context(
    Graph.build(
        ["h1 = sigmoid(w1*x)", "h2 = sigmoid(w2*x)", "a = v1*h1", "b = v2*h2", "s = a + b"],
        given={"x": ()},
        weights={"w1": (), "w2": (), "v1": (), "v2": ()},
    ),
    {"x": 1.0, "w1": 0.11, "w2": 0.09, "v1": 0.02, "v2": 0.03},
)
# σ(0.11) = 0.5274723, a = 0.010549446; σ(0.09) = 0.5224848, b = 0.015674545; s = 0.026223991


@pytest.mark.parametrize(
    ("answer", "target", "verdict", "fault", "at", "words"),
    [
        ("0.01568", "b", "imprecise", "imprecise", "h2", "rounded h2 to 4 significant digits"),
        ("0.02623", "s", "imprecise", "imprecise", None, "the values on the way to 4 significant digits"),
        ("0.010591", "a", "wrong", "arithmetic-slip", "a", "v1·h1 out again, with all digits of h1"),
        ("0.1055", "a", "wrong", "arithmetic-slip", "a", "the decimal point is not"),
        ("0.52477", "h1", "wrong", "arithmetic-slip", "h1", "The first 2 digits are right"),
        ("0.2575", "h1", "wrong", "arithmetic-slip", "h1", "Two digits seem to be exchanged"),
        ("0.0193", "a", "wrong", "unknown", None, ""),
    ],
)
def test_digits_that_are_off_are_told_apart(
    answer: str, target: str, verdict: str, fault: str, at: str | None, words: str
) -> None:
    found = marked(answer, target, NET, digits=4)
    assert found.diagnosis is not None
    assert (found.verdict, found.diagnosis.fault, found.diagnosis.at) == (verdict, fault, at)
    assert words in found.diagnosis.says


def test_values_that_were_cut_off_are_told_from_rounded_ones() -> None:
    found = marked("0.015672", "b", NET, digits=5).diagnosis
    assert found is not None and found.at == "h2"
    assert "cut off h2 after 4 significant digits" in found.says


def test_the_json_is_that_of_the_contract() -> None:
    found = marked("0.105").to_dict()
    assert {**found, "witness": None, "diagnosis": None} == {
        "given": "0.105", "read_as": "0.105", "verdict": "wrong", "points": 0.0, "of": 1.0, "witness": None,
        "diagnosis": None, "note": "",
    }  # fmt: skip
    assert found["witness"] == {"at": {"a": 1.0}, "given": 0.105, "right": pytest.approx(0.20998717)}
    assert found["diagnosis"]["fault"] == "missing-factor"
    assert found["diagnosis"]["at"] == "r1"
    assert found["diagnosis"]["factor"] is None


@pytest.mark.parametrize(("x", "said"), [(0.3, True), (1.4, False), (-0.5, False)])
def test_one_minus_it_is_said_of_shares_only(x: float, said: bool) -> None:
    graph = Graph.build(["z = k*x"], given={"x": ()}, weights={"k": ()})
    context = Context(graph, {"x": x, "k": 1.0})
    found = marked(str(round(1 - x, 3)), "z", context)
    assert ("add up to 1" in " ".join(found.messages)) is said


def test_a_short_number_is_not_taken_for_rounding_on_the_way() -> None:
    """1 is what one of the two paths gives; 1.25 in one digit is 1 as well, but no rounding on the way makes it so."""
    graph = Graph.build(
        ["p = u*k", "r = max(p, h)", "s = r + u", "M = m*s"], given=dict.fromkeys(("u", "k", "h", "m"), ())
    )
    context = Context(graph, {"u": 2.0, "k": 4.0, "h": 5.0, "m": 0.25})
    assert marked("1.25", "dM/du", context).verdict == "right"
    found = marked("1", "dM/du", context)
    assert found.verdict == "wrong"
    assert found.diagnosis is not None and found.diagnosis.fault == "missing-path"
