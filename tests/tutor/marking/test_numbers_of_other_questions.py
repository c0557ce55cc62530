"""A number that answers another question: another name, another entry, a step the other way."""

from __future__ import annotations

import pytest

from tests.tutor.marking.cases import weights_context as context
from tutor.marking import Context, Mark, mark
from tutor.questions import Question

LINE = context("p = w*x + b", "L = (p - y)^2", given={"x": 1.5, "y": 0.37}, w=0.83, b=-0.21)
BOWL = context("L = (w - 3)^2", w=1.3)
UPDATE = context("h = sigmoid(w*x)", "wn = w - eta*2*(h - y)*x", given={"x": 1.5, "y": 0.3, "eta": 0.1}, w=0.8)
SHARES = context("p = softmax(z)", z=[0.45, 0.24, -0.01])


def marked(about: Context, target: str, answer: str) -> Mark:
    return mark(Question("q", "number", target=target), about, answer)


@pytest.mark.parametrize(
    ("about", "target", "answer", "fault"),
    [
        (LINE, "dL/db", "1.995", "wrong-name"),
        (LINE, "dL/db", "1.1039", "wrong-name"),
        (LINE, "dL/db", "-1.33", "sign"),
        (LINE, "dL/db", "1.9", "unknown"),
        (BOWL, "w - 0.1*dL/dw", "0.96", "ascent"),
        (UPDATE, "wn", "0.941", "ascent"),
        (SHARES, "p_2", "0.4095", "wrong-index"),
        (SHARES, "p[1]", "0.259", "wrong-index"),
        (SHARES, "p_2", "0.24", "missing-factor"),
        (SHARES, "p_2", "1.271", "missing-factor"),
    ],
)
def test_what_the_number_is_instead(about: Context, target: str, answer: str, fault: str) -> None:
    found = marked(about, target, answer)
    assert found.verdict == "wrong"
    assert found.diagnosis is not None and found.diagnosis.fault == fault


def test_a_sum_with_the_other_sign_is_no_step_up_the_gradient() -> None:
    found = mark(Question("q", "formula", target="p"), LINE, "b - w*x")
    assert found.diagnosis is not None and found.diagnosis.fault == "sign"


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        ("dL/dw = 1.995", "right"),
        ("= 1.995", "right"),
        ("2*(p-y)*x = 1.995", "right"),
        ("dL/db = 1.995", "unreadable"),
        ("L = 1.995", "unreadable"),
        ("w = 1.995", "unreadable"),
    ],
)
def test_what_is_written_before_the_equals_sign_is_what_was_asked(answer: str, verdict: str) -> None:
    assert marked(LINE, "dL/dw", answer).verdict == verdict


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        ("dL/dw = 2(p-y)x", "right"),
        ("∂L/∂w = 2(p-y)x", "right"),
        ("= 2(p-y)x", "right"),
        ("dL/db = 2(p-y)x", "unreadable"),
        ("dL/dw = dL/dp x = 2(p-y)x", "unreadable"),
    ],
)
def test_a_formula_may_say_what_it_is(answer: str, verdict: str) -> None:
    found = mark(Question("q", "formula", target="dL/dw"), LINE, answer)
    assert (found.verdict, found.given) == (verdict, answer)


@pytest.mark.parametrize(
    ("true", "answer", "verdict"),
    [
        (123.456, "120", "imprecise"),
        (123.456, "100", "imprecise"),
        (123.456, "1.2e2", "imprecise"),
        (123.456, "130", "wrong"),
        (12345.678, "12000", "imprecise"),
        (12345.678, "1.2*10^4", "imprecise"),
        (12345.678, "1.23·10^4", "right"),
        (0.00123456, "0.001", "imprecise"),
        (0.00123456, "1.23e−3", "right"),
        (0.00123456, "1.2×10^−3", "imprecise"),
        (2.5, "3", "imprecise"),
        (2.5, "4", "wrong"),
    ],
)
def test_a_coarse_number_is_imprecise(true: float, answer: str, verdict: str) -> None:
    assert marked(context("L = w^2/2", w=true), "dL/dw", answer).verdict == verdict


def test_coarse_entries_are_imprecise() -> None:
    about = context("L = dot(w, w)/2", w=[3.4, 6.8])
    verdicts = [mark(Question("q", "array", target="dL/dw"), about, a).verdict for a in ("[3, 7]", "[3, 8]")]
    assert verdicts == ["imprecise", "wrong"]


def test_a_witness_shows_all_that_decides() -> None:
    about = context("h = sigmoid(w*x)", "L = bce(h, y)", given={"x": 1.5, "y": 1.0}, w=0.5)
    found = mark(Question("q", "formula", target="dL/dh"), about, "-1/h").witness
    assert found is not None and set(found.at) == {"h", "y"}
    h, y = found.at["h"], found.at["y"]
    assert found.right == pytest.approx((h - y) / (h * (1 - h)), rel=1e-9)
