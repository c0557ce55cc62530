"""Units 1 to 4: every question answered rightly and wrongly, and the slips that students really made."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import numpy as np
import pytest

from tutor.course import course
from tutor.marking import Mark
from tutor.opening import open_lesson
from tutor.request import Request
from tutor.session import Session

UNITS = ("neurons", "logistic-regression", "softmax", "gradient-descent")
LESSONS = {entry.id: entry.path for unit in course().units if unit.id in UNITS for entry in unit.lessons}

# Lesson and question → right answers, in several spellings.
RIGHT: dict[tuple[str, str], tuple[str, ...]] = {
    ("one-neuron", "slope-by-weight"): ("x_2", "x[1]"),
    ("step-or-sigmoid", "line"): ("1/2 + θx/4", "0.5 + theta*x/4"),
    ("step-or-sigmoid", "slope"): ("s(1-s)theta", "θ·s·(1 − s)"),
    ("templates-and-votes", "pairs-formula"): ("k(k-1)/2", "(k^2 - k)/2"),
    ("which-side", "distance-formula"): (
        "abs(theta_0)/sqrt(theta_1^2 + theta_2^2)",
        "abs(theta[0])/norm(theta[1:])",
        r"\frac{abs(\theta_0)}{\sqrt{\theta_1^2+\theta_2^2}}",
    ),
    ("log-odds", "kept"): ("1 - P", "1-p"),
    ("log-odds", "sigmoid"): ("1/(1+e^(-a))", "e^a/(1+e^a)", "σ(a)"),
    ("log-odds", "slope-log-odds"): ("1/(p(1-p))", "1/p + 1/(1-p)"),
    ("log-odds", "ds-dx"): (
        "e^(-x)/(1+e^(-x))^2 = ((1+e^(-x)) - 1)/(1+e^(-x))^2 = s - s^2 = s(1-s)",
        "e^x/(1+e^x)²",
        "s(1-s)",
    ),
    ("log-odds", "dls-dx"): ("1/s · s(1-s) = 1 - s", "1/(1+e^x)", "e^(-x)/(1+e^(-x))"),
    ("log-odds", "mirror"): ("σ(-x)", "1/(1+e^x)"),
    ("log-odds", "transfer-formula"): ("-(1-q)u", "(q-1)*u"),
    ("likelihood", "label-zero"): ("1 - h_2", "1-h[1]"),
    ("likelihood", "one-row"): ("-(y log(h) + (1-y) log(1-h))", "-y*log(h) - (1-y)*log(1-h)"),
    ("likelihood", "bce"): (
        "-Σ_i (y_i log(h_i) + (1-y_i) log(1-h_i))",
        "-sum(y*log(h)+(1-y)*log(1-h))",
        r"-\sum_{i=1}^{n} [y_i \log(h_i) + (1-y_i) \log(1-h_i)]",
    ),
    ("likelihood", "transfer-slope"): ("1/(1-p2)",),
    ("one-example", "dl-dh"): ("(1-y)/(1-h) - y/h", "(h-y)/(h(1-h))"),
    ("one-example", "dl-da"): ("h - y", "y_hat - y", "-(y-h)"),
    ("one-example", "dl-dwj"): (
        "-y/h · h(1-h) x_j + (1-y)/(1-h) · h(1-h) x_j = (h-y) x_j",
        "-x_j (y - h)",
        r"\left(\sigma(a)-y\right)x_j",
        "(exp(a)/(1+exp(a)) - y)*x_j",
        "x_j(1+tanh(a/2))/2 - x_j y",
    ),
    ("one-example", "rule"): ("w - η(h - y)x", "w + eta*x*(y-h)"),
    ("all-examples", "one-row"): ("(h-y)x1", "(ŷ - y)*x_1"),
    ("all-examples", "dl-dtheta0"): ("Σ_i (h_i − y_i)", "-Σ_i (y_i − h_i)", "sum(h-y)"),
    ("all-examples", "dl-dtheta1"): ("Σ_i (h_i − y_i) x_1", "sum((h-y)*X[:,0])", "-Σ (y-h) x_1"),
    ("all-examples", "minus-l"): ("Σ (y-h) x_1", "sum((y-h)*X[:,0])"),
    ("all-examples", "theta-new-formula"): ("theta[1] - eta*sum((h-y)*X[:,0])", "θ_1 - η Σ_i (h_i-y_i) x_1"),
    ("all-examples", "transfer-bias"): ("q1 + q2 - 1", "(q1 - t1) + (q2 - t2)"),
    ("scores-to-probabilities", "proof"): (
        "exp(x_1+c)/sum(exp(x+c)) = exp(c)exp(x_1)/(exp(c)sum(exp(x))) = exp(x_1)/sum(exp(x))",
        "p_1",
    ),
    ("scores-to-probabilities", "two-classes"): ("1/(1+e^(b-a))", "σ(a-b)"),
    ("scores-to-probabilities", "transfer-ratio"): ("e^(u1-u2)",),
    ("log-sum-exp", "lse"): ("m + log(total)", "log(total) + m"),
    ("decision-regions", "p1-formula"): ("1/(2+e^(-9t))",),
    ("decision-regions", "transfer-formula"): ("1/(2+e^(-2kv))",),
    ("softmax-slopes", "diagonal"): ("exp(z_1)/sum(exp(z)) - s_1^2 = s_1(1-s_1)", "s_1 - s_1²"),
    ("softmax-slopes", "off-diagonal"): ("-s_1 s_2", "s_1(0 − s_2)", "-s[0]*s[1]"),
    ("softmax-slopes", "log-off"): ("-s_2", "0 - s[1]"),
    ("softmax-slopes", "log-diagonal"): ("1-s_2",),
    ("cross-entropy", "cce"): ("-sum(Y*log(H))",),
    ("cross-entropy", "dj-dp3"): ("-y_3/p_3", "-y[2]/p[2]"),
    ("cross-entropy", "derive"): ("-y_1 + sum(y)p_1 = p_1 - y_1", "p[0]-y[0]", "ỹ_1 - y_1"),
    ("softmax-gradient", "theta-12"): ("Σ_i (h_1 - y_1) x_1", "sum((H[:,0]-Y[:,0])*X[:,0])"),
    ("softmax-gradient", "theta-21"): ("Σ_i (h_2 - y_2)", "sum(H[:,1]-Y[:,1])"),
    ("softmax-gradient", "step-rule"): ("Theta[1,0] - eta*sum(H[:,1]-Y[:,1])",),
    ("softmax-gradient", "j-expanded"): ("sum(z) - K*log(sum(exp(z)))",),
    ("softmax-gradient", "dj-dc2"): ("1 - K s_2", "1 - 3 s_2"),
    ("softmax-gradient", "dj-dw12"): ("(1 - K s_1) x_2", "x_2 − 3x_2 s_1"),
    ("softmax-gradient", "transfer-formula"): ("(q_2 - 1)u", "-q_1 u"),
    ("downhill", "factor"): ("1 - 2η",),
    ("downhill", "limit"): ("2/c",),
    ("when-to-stop", "bound"): ("2c t way", "2*c*t*way"),
    ("five-learning-rates", "line-formula"): ("-w_1/w_2", "-w[0]/w[1]"),
    ("one-by-one", "one-gradient"): ("(y-t)x1",),
    ("one-by-one", "bias-update"): ("w3 + η(t-y)", "w_3 - eta*(y-t)"),
    ("one-by-one", "transfer-formula"): ("N/B*epochs", "N*epochs/B"),
    ("momentum", "scatter"): ("s/sqrt(B)",),
    ("momentum", "w2-by-g1"): ("-η(1+μ)", "-eta - eta*mu"),
    ("momentum", "steady"): ("g/(1-μ)",),
    ("regularised", "objective"): (
        "-1/n Σ_i (y_i log(p_i) + (1-y_i) log(1-p_i)) + λ/2 dot(theta, theta)",
        "-mean(y*log(p)+(1-y)*log(1-p)) + lam/2*(θ_1²+θ_2²)",
    ),
    ("regularised", "dj-dtheta1"): ("1/n Σ_i (p_i − y_i) x_1 + λ θ_1", "mean((p-y)*X[:,0])+lam*theta[0]"),
    ("regularised", "dj-dtheta2"): ("mean((p-y) x_2) + λ θ_2",),
    ("regularised", "rule"): (
        "θ_1 - η(1/n Σ_i (p_i - y_i) x_1 + λ θ_1)",
        "theta[0] + eta*(mean((y-p)*X[:,0]) - lam*theta[0])",
    ),
    ("regularised", "transfer"): ("2(k u - v)u + price k",),
}

# Plausible slips → where they are typed. (Those that were really made: test_real_mistakes.py.)
SLIPS: dict[str, tuple[str, str, str]] = {
    "m1-an-13b one row": ("likelihood", "one-row", "-y log(h) + (1-y) log(1-h)"),
    "no input": ("one-example", "dl-dwj", "h-y"),
    "score": ("one-example", "dl-dwj", "(a-y)*x_j"),
    "sign": ("one-example", "dl-dwj", "(y-h)*x_j"),
    "uphill": ("one-example", "rule", "w - eta*x*(y-h)"),
    "no bias": ("one-neuron", "at-one-one", "0.5"),
    "no target": ("cross-entropy", "dj-dp3", "-1/p_3"),
    "one path": ("cross-entropy", "derive", "-y_1*(1-p_1)"),
    "as exp": ("softmax-slopes", "diagonal", "s_1"),
    "no rate": ("all-examples", "theta-new-formula", "theta[1] - sum((h-y)*X[:,0])"),
    "penalty averaged": ("regularised", "dj-dtheta1", "mean((p-y)*X[:,0])+lam*theta[0]/4"),
    "no penalty": ("regularised", "dj-dtheta1", "mean((p-y)*X[:,0])"),
    "penalty itself": ("regularised", "dj-dtheta2", "mean((p-y)*X[:,1])+lam/2*theta[1]^2"),
}

# Claims → the question whose options name them, and words of the sentence that answers them.
CLAIMS: dict[str, tuple[str, str, str]] = {
    "m1-an-9 again": ("softmax-gradient", "meaning", "opposite to the gradient"),
}


@cache
def opened(lesson: str) -> Session:
    return open_lesson(Request(str(LESSONS[lesson])))


def answered(lesson: str, question_id: str, text: str) -> Mark:
    session = opened(lesson)
    step, question = next((s, q) for s, q in session.questions() if q.id == question_id)
    return session.marked(text, question, step)


def home(session: Session, step: Any, target: str) -> str:
    """The engine's own value of a number or an array, written out."""
    value = session.context(step).target(target)
    points = value.value_at(value.home)
    numbers = points.value[0, 0].reshape(points.shape)
    return json.dumps(np.asarray(numbers).tolist())


def every(kinds: tuple[str, ...]) -> list[tuple[str, str]]:
    return [(name, q.id) for name in LESSONS for _, q in opened(name).questions() if q.kind in kinds]


@pytest.mark.parametrize(("lesson", "question_id"), every(("number", "array")))
def test_number_is_right_and_another_is_not(lesson: str, question_id: str) -> None:
    session = opened(lesson)
    step, question = next((s, q) for s, q in session.questions() if q.id == question_id)
    right = home(session, step, question.target)
    assert session.marked(right, question, step).verdict == "right"
    other = json.dumps((np.asarray(json.loads(right)) * 3 + 1.25).tolist())
    assert session.marked(other, question, step).verdict == "wrong"


@pytest.mark.parametrize(("lesson", "question_id"), every(("choice",)))
def test_every_option_of_a_choice_says_why(lesson: str, question_id: str) -> None:
    session = opened(lesson)
    step, question = next((s, q) for s, q in session.questions() if q.id == question_id)
    question = session.settled(question, step)
    right = [i for i, option in enumerate(question.choices, start=1) if option.right]
    for i, option in enumerate(question.choices, start=1):
        found = session.marked(str(i), question, step)
        assert found.verdict == ("right" if right == [i] else "wrong")
        assert option.because.strip() in found.note
    assert session.marked(", ".join(map(str, right)), question, step).verdict == "right"


def test_every_formula_has_a_right_answer_here() -> None:
    assert set(every(("formula", "derivation"))) == set(RIGHT)


@pytest.mark.parametrize(
    ("lesson", "question_id", "text"), [(*place, text) for place, texts in RIGHT.items() for text in texts]
)
def test_right_spelling_is_right(lesson: str, question_id: str, text: str) -> None:
    found = answered(lesson, question_id, text.replace(" = ", "\n"))
    assert found.verdict == "right", found


@pytest.mark.parametrize(("lesson", "question_id"), sorted(RIGHT))
def test_wrong_formula_is_wrong(lesson: str, question_id: str) -> None:
    assert answered(lesson, question_id, f"({RIGHT[lesson, question_id][-1]})*2 + 1").verdict == "wrong"


@pytest.mark.parametrize("slip", SLIPS)
def test_slip_is_wrong_and_diagnosed(slip: str) -> None:
    found = answered(*SLIPS[slip])
    assert found.verdict == "wrong", found
    assert found.diagnosis is not None
    assert found.diagnosis.fault != "unknown", found


@pytest.mark.parametrize("claim", CLAIMS)
def test_claim_is_an_option_with_its_answer(claim: str) -> None:
    lesson, question_id, words = CLAIMS[claim]
    question = next(q for _, q in opened(lesson).questions() if q.id == question_id)
    assert any(words in f"{option.text} {option.because}" for option in question.choices)


def test_orders_right_and_wrong() -> None:
    assert answered("one-example", "order", "L h a").verdict == "right"
    assert answered("one-example", "order", "a h L").verdict == "wrong"


def test_students_get_numbers_of_their_own() -> None:
    for name, path in LESSONS.items():
        if opened(name).loaded.lesson.vary:
            drawn = [open_lesson(Request(str(path), variant=v)).graphs["transfer"].values for v in "abcdef"]
            assert any(values != drawn[0] for values in drawn), name


@pytest.mark.parametrize(
    ("lesson", "fault"), [("one-example", "missing-factor at h"), ("regularised", "constant-factor at reg")]
)
def test_bug_is_found_by_its_fault_and_node(lesson: str, fault: str) -> None:
    assert answered(lesson, "bug-hunt", fault).verdict == "right"
    assert answered(lesson, "bug-hunt", fault.replace(fault.split()[0], "transposed")).verdict == "wrong"
