"""Arrays, orders, derivations, choices, essays; empty answers; what a student sees of hostile text."""

from __future__ import annotations

import pytest

from engine.graph import Graph
from tests.tutor.marking.cases import sigmoid_net
from tutor.marking import Context, Mark, mark
from tutor.questions import Choice, Question
from tutor.questions.kinds import KINDS


def marked(kind: str, target: str, answer: str, context: Context | None = None, **more: object) -> Mark:
    question = Question("q", kind, target=target, **more)  # type: ignore[arg-type]
    return mark(question, context or sigmoid_net(), answer)


JACOBIAN = Context(Graph.build(["F = [x[0]^2 + 2*x[1], 3*x[0] + 4*x[1]^2]"], given={"x": (2,)}), {"x": [2.0, 1.0]})


@pytest.mark.parametrize(
    ("answer", "verdict", "fault"),
    [
        ("[[4, 2], [3, 8]]", "right", None),
        ("[[4, 2],\n [3, 8.0]]", "right", None),
        ("[[2x[0], 2], [3, 8 x[1]]]", "right", None),
        ("[[2x_1, 2], [3, 8x_2]]", "right", None),
        ("[[4, 3], [2, 8]]", "wrong", "transposed"),
        ("[[-4, -2], [-3, -8]]", "wrong", "sign"),
        ("[[4, 0], [0, 8]]", "wrong", "diagonal-only"),
        ("[[0, 0], [0, 0]]", "wrong", "claimed-zero"),
        ("[[8, 4], [6, 16]]", "wrong", "constant-factor"),
        ("[[4, 2], [3, 7]]", "wrong", "unknown"),
        ("[[4, -2], [3, 8]]", "wrong", "sign"),
        ("[[4, 3], [2, 8.0001]]", "wrong", "transposed"),
        ("[[2, 4], [3, 8]]", "wrong", "wrong-index"),
        ("[[4, 0], [3, 8]]", "wrong", "missing-path"),
        ("[4, 2, 3, 8]", "wrong", "wrong-shape"),
        ("[4, 8]", "wrong", "diagonal-only"),
        ("17", "wrong", "wrong-shape"),
        ("0", "wrong", "claimed-zero"),
        ("[[4, 2], [3]]", "unreadable", None),
        ("4", "wrong", "wrong-shape"),
    ],
)
def test_arrays(answer: str, verdict: str, fault: str | None) -> None:
    found = marked("array", "dF/dx", answer, JACOBIAN)
    assert found.verdict == verdict
    assert (found.diagnosis.fault if found.diagnosis else None) == fault


@pytest.mark.parametrize(
    ("answer", "fault"),
    [("0", "claimed-zero"), ("[0, 0]", "claimed-zero"), ("[0, 10]", "claimed-zero"), ("[1, 2, 3]", "wrong-shape")],
)
def test_about_values_no_sentence_speaks_of_derivatives(answer: str, fault: str) -> None:
    found = marked("array", "[x[0] + 4, 10*x[1]]", answer, JACOBIAN).diagnosis
    assert found is not None
    assert found.fault == fault
    assert not any(word in found.says for word in ("differentiated", "depend", "path", "through"))
    slope = marked("array", "dF/dx", "[1, 2, 3]" if answer == "[1, 2, 3]" else "0", JACOBIAN).diagnosis
    assert slope is not None
    assert any(word in slope.says for word in ("differentiated", "path"))


GATE = Context(Graph.build(["q = x*y", "L = g*q"], given={"x": (), "y": (), "g": ()}), {"x": 3.0, "y": -2.0, "g": 0.5})
FLOWS = "[d(q)/d(x), d(q)/d(y), d(L)/d(x), d(L)/d(y)]"


@pytest.mark.parametrize(
    ("answer", "fault", "at", "entry"),
    [
        ("[-2, 3, -2, 3]", "missing-factor", "L", 2),
        ("[3, -2, 1.5, -1]", "wrong-derivative", "q", 0),
        ("[-2, 3, 0.5, 0.5]", "missing-factor", "q", 2),
        ("[-2, 3, -1, 77]", "unknown", None, None),
    ],
)
def test_an_array_of_different_things_is_diagnosed_at_its_first_wrong_entry(
    answer: str, fault: str, at: str | None, entry: int | None
) -> None:
    found = marked("array", FLOWS, answer, GATE)
    assert found.verdict == "wrong"
    assert found.diagnosis is not None
    assert (found.diagnosis.fault, found.diagnosis.at) == (fault, at)
    assert found.diagnosis.says.startswith("No common" if entry is None else f"Number {entry + 1}: ")


UNIT = Context(
    Graph.build(["h = sigmoid(s)", "a = v*h"], given={"s": ()}, weights={"v": ()}), {"s": 0.1, "v": 0.03}
)  # h = 0.524979187, a = 0.0157493756


@pytest.mark.parametrize(
    ("answer", "verdict", "fault", "says"),
    [
        ("[0.52498, 0.015749]", "right", None, ""),
        ("[0.52497, 0.015749]", "imprecise", "imprecise", "cut off, not rounded"),
        ("[0.525, 0.015749]", "imprecise", "imprecise", "5 significant digits are asked for"),
        ("[0.52498, 0.015747]", "imprecise", "imprecise", "cut off h after 4 significant digits"),
        ("[0.52498, 0.01579]", "wrong", "arithmetic-slip", "Number 2: The first 3 digits are right"),
    ],
)
def test_digits_of_entries_are_told_as_those_of_single_numbers(
    answer: str, verdict: str, fault: str | None, says: str
) -> None:
    found = marked("array", "[h, a]", answer, UNIT, digits=5)
    assert found.verdict == verdict
    assert (found.diagnosis.fault if found.diagnosis else None) == fault
    assert says in (found.diagnosis.says if found.diagnosis else "")


def test_a_number_where_a_formula_is_asked_for_is_told_so() -> None:
    found = marked("formula", "dF[0]/dx[0]", "4.7", JACOBIAN)
    assert found.verdict == "wrong"
    assert found.diagnosis is not None
    assert "This is a number" in found.diagnosis.says
    constant = marked("formula", "dF[0]/dx[1]", "4.7", JACOBIAN)  # its right answer is a number, too
    assert constant.diagnosis is not None
    assert "This is a number" not in constant.diagnosis.says


def test_a_lone_zero_is_not_false_where_all_entries_are_zero() -> None:
    shift = Context(Graph.build(["q = softmax(x + c)"], given={"x": (3,), "c": ()}), {"x": [0.5, -1.0, 2.0], "c": 1.0})
    found = marked("array", "dq/dc", "0", shift, within=1e-9)
    assert found.verdict == "wrong"
    assert found.diagnosis is not None
    assert found.diagnosis.fault == "wrong-shape"
    assert marked("array", "dq/dc", "[0, 0, 0]", shift, within=1e-9).verdict == "right"


def test_the_diagonal_of_a_diagonal_matrix_only_wants_its_zeros() -> None:
    layer = Context(Graph.build(["b = sigmoid(a)"], given={"a": (2,)}), {"a": [1.0, 2.0]})
    found = marked("array", "db/da", "b(1-b)", layer)
    assert found.verdict == "wrong"
    assert found.diagnosis is not None
    assert found.diagnosis.fault == "wrong-shape"
    assert "with its zeros" in found.diagnosis.says


def test_a_slip_in_a_symmetric_matrix_is_no_exchange_of_rows_and_columns() -> None:
    graph = Graph.build(["q = softmax(z/2)"], given={"z": (3,)})
    context = Context(graph, {"z": [1.0, 0.0, -1.0]})
    slip = "[[0.125,-0.0778,-0.0473],[-0.0778,0.106,-0.0286],[-0.0472,-0.0286,0.0758]]"
    found = marked("array", "dq/dz", slip, context).diagnosis
    assert found is not None and found.fault == "arithmetic-slip"


def test_a_list_without_brackets_is_told_of_them() -> None:
    found = marked("array", "dF/dx", "4, 2, 3, 8", JACOBIAN)
    assert found.verdict == "unreadable"
    assert "[1, 2]" in found.note


def test_a_sigmoids_slope_of_nearly_a_quarter_is_no_plain_factor() -> None:
    unit = Context(
        Graph.build(["h = sigmoid(w @ x)", "L = (h - y)^2"], given={"x": (2,), "y": ()}, weights={"w": (2,)}),
        {"x": [1.0, 3.0], "y": 3.0, "w": [0.01, 0.03]},
    )
    found = marked("array", "dL/dw", "[-4.95, -14.85]", unit)
    assert found.diagnosis is not None
    assert (found.diagnosis.fault, found.diagnosis.at) == ("missing-factor", "h")
    halved = marked("array", "dL/dw", "[-0.6185, -1.855]", unit)
    assert halved.diagnosis is not None
    assert halved.diagnosis.fault == "constant-factor"


def test_the_first_wrong_entry_is_named() -> None:
    found = marked("array", "dF/dx", "[[4, 2], [3, 7]]", JACOBIAN)
    assert found.note == "1 of 4 entries differ; the first is row 2, column 2"
    assert found.witness is not None
    assert found.witness.to_dict() == {"at": {"entry": "1,1"}, "given": 7.0, "right": 8.0}


@pytest.mark.parametrize(
    ("answer", "fault"),
    [("[[2x[0], 3], [2, 8x[1]]]", "transposed"), ("[[-2x[0], -2], [-3, -8x[1]]]", "sign")],
)
def test_arrays_of_formulas_are_explained(answer: str, fault: str) -> None:
    found = marked("array", "dF/dx", answer, JACOBIAN)
    assert found.verdict == "wrong"
    assert found.diagnosis is not None
    assert found.diagnosis.fault == fault


@pytest.mark.parametrize(
    ("direction", "answer", "verdict"),
    [
        ("forward", "r1, r2, s1, s2, y", "right"),
        ("forward", "r2 s2 r1 s1 y", "right"),
        ("forward", "x1 → x2 → r1 → s1 → r2 → s2 → y", "right"),
        ("forward", "r₁ r_2 s1 s2 y", "right"),
        ("forward", "s1 r1 r2 s2 y", "wrong"),
        ("forward", "r1 r2 s1 s2", "wrong"),
        ("forward", "r1 r1 r2 s1 s2 y", "wrong"),
        ("forward", "r1 r2 s1 s9 y", "unreadable"),
        ("backward", "y s1 r1 s2 r2", "right"),
        ("backward", "y s2 s1 r1 r2 c d", "right"),
        ("backward", "r1 s1 y s2 r2", "wrong"),
        ("backward", "y c s1 r1 s2 r2", "wrong"),
    ],
)
def test_any_topological_order_is_right(direction: str, answer: str, verdict: str) -> None:
    assert marked("order", direction, answer).verdict == verdict


def test_a_wrong_order_says_why() -> None:
    assert marked("order", "forward", "s1 r1 r2 s2 y").note == "s1 cannot be computed before r1, which it needs"
    note = marked("order", "backward", "y r1 s1 s2 r2").note
    assert note == "the gradient of r1 is complete only after s1, which uses it"


def test_the_last_line_of_a_derivation_keeps_to_the_names_it_may_use() -> None:
    found = marked("derivation", "dy/da", "r1*s1*(1-s1)", using=("s1", "c", "e", "x1", "x2"))
    assert (found.verdict, found.note) == ("unreadable", "in the last line use only s1, c, e, x1, x2; you used r1")
    whole = "r1*s1*(1-s1)\n(c*x1+e*x2)*s1*(1-s1)"
    assert marked("derivation", "dy/da", whole, using=("s1", "c", "e", "x1", "x2")).verdict == "right"


def test_derivations_name_the_first_line_that_breaks() -> None:
    good = "dy/da = dy/ds1 · ds1/da\n= s1(1-s1) · r1\n= r1 s1 - r1 s1^2"
    assert marked("derivation", "dy/da", good).verdict == "right"
    bad = marked("derivation", "dy/da", "dy/da = dy/ds1 · ds1/da\n= s1 · r1\n= 2 s1")
    assert bad.verdict == "wrong"
    assert bad.note == "line 2 no longer equals what is asked for: s1 · r1"
    assert bad.diagnosis is not None
    assert bad.diagnosis.fault == "value-not-derivative"
    named = marked("derivation", "dy/da", "dy/ds1 · ds1/da")
    assert named.is_free
    assert marked("derivation", "dy/da", "s1(1-s1)r1\n= s1(").note.startswith("line 2: ")


OPTIONS = (
    Choice("sigmoid", because="Its slope is at most 1/4."),
    Choice("relu", right=True, because="Its slope is 1 or 0."),
    Choice("tanh"),
    Choice("leaky relu", right=True),
)


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        ("2, 4", "right"),
        ("4 2", "right"),
        ("b and d", "right"),
        ("B,D", "right"),
        ("BD", "right"),
        ("db", "right"),
        ("ad", "wrong"),
        ("BB", "unreadable"),
        ("BZ", "unreadable"),
        ("2", "wrong"),
        ("relu", "wrong"),
        ("1", "wrong"),
        ("2 4 1", "wrong"),
        ("7", "unreadable"),
        ("sigmoyd", "unreadable"),
    ],
)
def test_choices(answer: str, verdict: str) -> None:
    assert marked("choice", "", answer, Context.empty(), choices=OPTIONS).verdict == verdict


@pytest.mark.parametrize(("count", "such"), [(2, "such as 2"), (3, "such as 2 or 1, 3")])
def test_the_example_of_a_choice_names_options_that_there_are(count: int, such: str) -> None:
    found = marked("choice", "", "7", Context.empty(), choices=OPTIONS[:count])
    assert found.messages[0].endswith(such)


def test_a_choice_gives_the_reasons_of_what_was_chosen() -> None:
    found = marked("choice", "", "1", Context.empty(), choices=OPTIONS)
    assert found.note == "Its slope is at most 1/4."
    assert "not all of it" in marked("choice", "", "2", Context.empty(), choices=OPTIONS).note
    both = marked("choice", "", "1 2", Context.empty(), choices=OPTIONS)
    assert both.messages == ("Its slope is at most 1/4.", "Its slope is 1 or 0.")


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        ("missing-factor at s1", "right"),
        ("s1: missing-factor", "right"),
        ("at s₁ there is a Missing-Factor", "right"),
        ("missing-factor at y", "wrong"),
        ("missing-factor at r1", "wrong"),
        ("sign at s1", "wrong"),
        ("mising-factor at s1", "unreadable"),
        ("missing-factor", "unreadable"),
        ("s1", "unreadable"),
    ],
)
def test_the_bug_is_a_fault_at_a_node(answer: str, verdict: str) -> None:
    assert marked("bug", "missing-factor at s1", answer).verdict == verdict


def test_another_fault_with_the_same_effect_is_right_too() -> None:
    assert marked("bug", "claimed-zero at s1", "claimed-zero at s1").verdict == "right"
    assert marked("bug", "missing-factor at s2", "wrong-derivative at s2").verdict == "right"
    note = marked("bug", "missing-factor at r1", "sign at s1").note
    assert note == "the gradients there are still right; look further down the backward pass"
    note = marked("bug", "missing-factor at s2", "sign at s1").note
    assert note == "what comes back to that node is right; follow another branch from the output down"
    note = marked("bug", "missing-factor at s1", "sign at r1").note
    assert note.startswith("the gradients are wrong before that node is reached")


def test_essays_are_never_scored() -> None:
    found = marked("essay", "Because of the slopes.", "I think so.", Context.empty())
    assert (found.verdict, found.points, found.of) == ("unscored", 0.0, 0.0)
    assert "Because of the slopes." in found.note


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_an_empty_answer_is_missing(kind: str) -> None:
    assert marked(kind, "forward", "  \n").verdict == "missing"


@pytest.mark.parametrize("kind", sorted(set(KINDS) - {"choice"}))
def test_nothing_a_terminal_obeys_comes_back(kind: str) -> None:
    targets = {"order": "backward", "bug": "sign at s1"}
    found = marked(kind, targets.get(kind, "dy/da"), "\x1b[31m a\x00\u202e \x1b]0;t\x07 x")
    said = " ".join([found.given, found.read_as or "", found.note, found.caret, *found.messages])
    assert all(char.isprintable() or char == "\n" for char in said)
    assert "\u202e" not in said


@pytest.mark.parametrize(("kind", "target"), [("number", "dF/dx"), ("formula", "dF/dq"), ("array", "F +")])
def test_a_question_that_is_at_fault_costs_the_student_nothing(kind: str, target: str) -> None:
    found = marked(kind, target, "1", JACOBIAN)
    assert found.verdict == "unscored"
    assert found.is_free
    assert found.note.startswith("this question cannot be marked: ")
