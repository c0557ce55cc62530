"""Units 5 to 9: a student's mistake is never marked right, and is told apart; a right answer is, in any spelling."""

from __future__ import annotations

import re
from functools import cache

import pytest

from tutor.course import course
from tutor.opening import open_lesson
from tutor.request import Request
from tutor.session import Session

UNITS = ("computation-graphs", "jacobians", "two-layer-networks", "depth", "real-training")
LESSONS = [entry.id for unit in course().units if unit.id in UNITS for entry in unit.lessons]

# (mistake of the curriculum, lesson, question, what the student wrote)
MISTAKES = [
    ("m0-1", "chains-and-forks", "slope", "e^2/(1+e^2)"),
    ("m0-1b", "chains-and-forks", "slope", "e^{x_in}/(1+e^{x_in})"),
    ("m0-2", "chains-and-forks", "passed-on", "g_out*e^2/(1+e^2)"),
    ("m1-nn-5a", "hidden-error", "de-dv01", "1/3*sum((Yhat[:,0]-Y[:,0])*z1)"),
    ("m1-nn-5b", "hidden-error", "de-dv02", "sum((Yhat[:,0]-Y[:,0])*z1)"),
    (
        "m1-nn-5c",
        "hidden-error",
        "de-dw12",
        "sum(((Yhat[:,0]-Y[:,0])*V[0,1]+(Yhat[:,1]-Y[:,1])*V[1,1])*z1*(1-z1)*X[:,0])",
    ),
    ("m1-nn-6a", "two-layer-classifiers", "loss", "-sum(yhat*log(yhat)+(1-yhat)*log(1-yhat))"),
    ("m1-nn-6b", "two-layer-classifiers", "dl-dv1", "sum((y/yhat-(1-y)/(1-yhat))*yhat*(1-yhat)*z1)"),
    ("m1-nn-7a", "two-layer-classifiers", "dl-dv01", "-sum((P[:,0]-Y[:,0])*z1)"),
    ("m1-nn-7b", "two-layer-classifiers", "dl-dv02", "-sum((P[:,0]-Y[:,0])*z1)"),
    ("m1-nn-7c", "two-layer-classifiers", "dl-dv01", "sum(-Y[:,0]/P[:,0]*P[:,0]*(1-P[:,0])*z1)"),
    ("m1-cg-2a", "open-boxes", "df-entropy", "y[0]/F[0]+(1-y[0])/(1-F[0])"),
    ("m1-cg-2b", "open-boxes", "dw2-entry", "sum(2*(F-y))*sum(Z[:,0])"),
    ("m1-cg-3a", "open-boxes", "dw2-outputs-entry", "2*sum(F[:,1]-Y[:,1])*sum(Z[:,0])"),
    ("m1-cg-3c", "open-boxes", "dw2-classes-entry", "sum(-Y[:,1]/F[:,1]*F[:,1]*(1-F[:,1])*Z[:,0])"),
    ("m1-cg-12b-r1-a", "three-hidden-units", "r1-a", "0.01049"),
    ("m1-cg-12b-r1-h2", "three-hidden-units", "r1-h2", "0.5199"),
    ("m1-cg-12b-r1-b", "three-hidden-units", "r1-b", "0.01559"),
    ("m1-cg-12b-r1-c", "three-hidden-units", "r1-c", "0.02069"),
    ("m1-cg-12b-r1-d", "three-hidden-units", "r1-d", "0.02608"),
    ("m1-cg-12b-r1-e", "three-hidden-units", "r1-e", "0.04677"),
    ("m1-cg-12b-r1-yhat", "three-hidden-units", "r1-yhat", "0.05677"),
    ("m1-cg-12b-r1-L", "three-hidden-units", "r1-loss", "63.09"),
    ("m1-cg-12b-r2-h2", "three-hidden-units", "r2-h2", "0.52497"),
    ("m1-cg-12b-r2-h3", "three-hidden-units", "r2-h3", "0.5199"),
    ("m1-cg-12b-r2-b", "three-hidden-units", "r2-b", "0.0157491"),
    ("m1-cg-12b-r2-c", "three-hidden-units", "r2-c", "0.020796"),
    ("m1-cg-12b-r3-b", "three-hidden-units", "r3-b", "0.01568"),
    ("m1-cg-12b-r3-d", "three-hidden-units", "r3-d", "0.02623"),
    ("m1-cg-12b-r3-e", "three-hidden-units", "r3-e", "0.04723"),
    ("m1-cg-12b-r3-yhat", "three-hidden-units", "r3-yhat", "0.05723"),
    ("m1-cg-12b-r3-L", "three-hidden-units", "r3-loss", "98.8"),
    ("m1-cg-12b-r3-a-factor", "three-hidden-units", "r3-a", "v[1]*0.525"),
    ("m1-cg-12b-r3-b-factor", "three-hidden-units", "r3-b-product", "v[2]*0.525"),
    ("m1-cg-12c-v0", "three-rows-backward", "sum-v0", "sum(yhat-y)"),
    ("m1-cg-12c-v", "three-rows-backward", "sum-v1", "sum((yhat-y)*h1)"),
    ("m1-cg-12c-w1", "three-rows-backward", "sum-w11", "sum((yhat-y)*v[1]*h1*(1-h1)*X[:,0])"),
    ("m1-cg-12c-w2", "three-rows-backward", "sum-w21", "sum((yhat-y)*v[2]*h2*(1-h2)*X[:,0])"),
    ("m1-cg-12c-w3", "three-rows-backward", "sum-w31", "sum((yhat-y)*v[3]*h3*(1-h3)*X[:,0])"),
    ("m1-cg-12c-path", "three-rows-backward", "row-v2", "2*(yhat-y)*1*0*h2"),
    ("m1-cg-13b", "jacobian-chain-rule", "entry-11", "2*1"),
    ("m1-cg-13d-a", "net-with-matrices", "sigma-slope", "b[0]*(1-b[0])*(1-b[0])"),
    ("m1-cg-13d-b", "net-with-matrices", "dl-dw-entry", "2*(yhat-y)*v[1]*b[0]*(1-b[0])*(1-b[0])*x[0]"),
    ("m1-cg-13d-c", "net-with-matrices", "yhat", "v[1]*b[0]+v[2]*b[1]+v[3]*b[2]"),
    ("m1-cg-14a", "which-loss", "dw11", "(yhat-y)*v[1]*z1*(1-z1)*x[0]"),
    ("m1-cg-14b", "which-loss", "batch-dw11", "sum((yhat-y)*v[1]*z1*(1-z1)*X[:,0])"),
    ("m1-cg-14c", "which-loss", "new-w11", "w1[1]-eta*sum((yhat-y)*v[1]*z1*(1-z1)*X[:,0])"),
    ("m2-2b-a", "relu-sigmoid", "dy-da", "0.18"),
    ("m2-2b-c", "relu-sigmoid", "dy-dc-number", "0.09"),
    ("m2-2b-e", "relu-sigmoid", "dy-de", "-0.09"),
    ("m2-2b-y", "relu-sigmoid", "y", "1.4"),
    ("m3-3-3b", "softmax-on-top", "score-formula", "sigmoid(W[0,0]*h[0]+W[0,1]*h[1]+b[0])"),
    ("m4-2-2", "delta-notation", "dw12-3", r"1/(1+e^{-a_2^{(3)}})"),
    ("m4-2-4b", "delta-notation", "dw11-1", r"\sigma'(a_1^{(2)}) (w_{11}^{(2)} δ_1^{(3)} + w_{21}^{(2)} δ_2^{(3)})"),
    (
        "m4-2-4c",
        "delta-notation",
        "delta2",
        "z_2[0]*(1-z_2[0])*(W2[0,0]*z_2[0]*(1-z_2[0])*(W2[0,0]*z_3[0]*(1-z_3[0])*W3[0]"
        "+W2[1,0]*z_3[1]*(1-z_3[1])*W3[1])*(a_4-t)+W2[1,0]*z_2[1]*(1-z_2[1])*(W2[0,1]*z_3[0]*(1-z_3[0])*W3[0]"
        "+W2[1,1]*z_3[1]*(1-z_3[1])*W3[1])*(a_4-t))",
    ),
    ("m4-3-1a", "vanishing-gradients", "dw3", "(a5-t)*w4*z4*(1-z4)*z3*sigmoid(a5)*(1-sigmoid(a5))"),
    ("m4-3-1b", "vanishing-gradients", "dw4", "a4-t"),
    (
        "m4-3-4a",
        "relu-paths",
        "pair-entry",
        "sigmoid(a_2[0])*(1-sigmoid(a_2[0]))*(W2[0,0]*step(a_3[0])*W3[0]+W2[1,0]*step(a_3[1])*W3[1])*(a_4-t)*z_1[0]",
    ),
]

# (lesson, question, a right answer in some spelling)
RIGHT = [
    ("chains-and-forks", "slope", "σ(x_in) − σ(x_in)²"),
    ("chains-and-forks", "passed-on", "g_out * e^{-x_in}/(1+e^{-x_in})^2"),
    ("chains-and-forks", "passed-on", r"\frac{g_{out} e^{x_{in}}}{(1+e^{x_{in}})^2}"),
    ("chains-and-forks", "inner-slope", "4(2x+3y)"),
    ("chains-and-forks", "dl-dx", "3x(2+x)"),
    ("seven-nodes", "formula", "4 n1 + 1"),
    ("relu-sigmoid", "dy-dc", "a s_1 (1-s_1) x_1"),
    ("three-rows-backward", "row-v2", "(2ŷ - 2y) h₂"),
    ("three-rows-backward", "row-w11", r"\frac{2 v1 x1 (\hat{y}-y) e^{-s_1}}{(1+e^{-s_1})^2}"),
    ("three-rows-backward", "sum-v1", "2 Σ_i (ŷ_i − y_i) h1_i"),
    ("three-rows-backward", "sum-w11", r"2\sum_{i=1}^{3} (\hat{y}^{(i)}-y^{(i)}) v1 h1^{(i)} (1-h1^{(i)}) x1^{(i)}"),
    ("jacobian-chain-rule", "symbol", "4y(x−2y)"),
    ("softmax-jacobian", "diagonal", "β p_1 (p_1 − 1)"),
    ("softmax-jacobian", "diagonal", "−β p_1 + β p_1²"),
    ("softmax-jacobian", "off-diagonal", "β p_1 p_2"),
    ("net-with-matrices", "dl-dw-entry", "2(ŷ-y) v[1] σ'(a[0]) x[0]"),
    ("hidden-error", "de-dv1", "Σ (ŷ − y) z1"),
    ("two-layer-classifiers", "loss", "-Σ_i [y_i log ŷ_i + (1-y_i) log(1-ŷ_i)]"),
    ("two-layer-classifiers", "dl-do", "P - Y"),
    ("two-layer-classifiers", "dl-dv1", "Σ (-y/ŷ + (1-y)/(1-ŷ)) ŷ(1-ŷ) z1\n= Σ (ŷ - y) z1"),
    ("which-loss", "do", "-(y-ŷ) σ(o) σ(-o)"),
    ("which-loss", "do", "(ŷ−y) σ'(o)"),
    ("which-loss", "dw11", "(ŷ-y)ŷ(1-ŷ)v1 z1(1-z1)x1"),
    ("softmax-on-top", "dw-entry", "(p_1 - y_1) h_2"),
    ("delta-notation", "delta4", "a_1^{(4)} - t_n"),
    ("delta-notation", "dw12-3", "δ_1^{(4)} z_2^{(3)}"),
    ("delta-notation", "delta3", "σ′(a_1^{(3)}) w_{11}^{(3)} (y − t)"),
    ("delta-notation", "dw11-1", "δ_1^{(2)} z_1^{(1)}"),
    ("vanishing-gradients", "dw3", "(a5 − t) w4 σ'(a4) z3"),
    ("vanishing-gradients", "w1", "1.7e-99"),
    ("relu-paths", "pair-entry", "(W2[0,0] W3[0] + W2[1,0] W3[1]) (a_4 - t) x[0]"),
    ("keep-the-best", "saved", "[0, 1, 4]"),
    ("debug-this-network", "penalty-right", "(p − y) x + λ w"),
]


@cache
def opened(lesson: str) -> Session:
    return open_lesson(Request(lesson))


def verdict(lesson: str, question: str, answer: str) -> tuple[str, str | None]:
    """What is made of an answer, and the fault that is named."""
    session = opened(lesson)
    step, asked = next((step, q) for step, q in session.questions() if q.id == question)
    mark = session.marked(answer, asked, step)
    return mark.verdict, None if mark.diagnosis is None else mark.diagnosis.fault


@pytest.mark.parametrize(("name", "lesson", "question", "answer"), MISTAKES, ids=[m[0] for m in MISTAKES])
def test_a_mistake_is_not_right_and_is_told_apart(name: str, lesson: str, question: str, answer: str) -> None:
    found, fault = verdict(lesson, question, answer)
    assert found in ("wrong", "imprecise"), name
    assert fault not in (None, "unknown"), name


@pytest.mark.parametrize(("lesson", "question", "answer"), RIGHT)
def test_a_right_answer_is_right_in_any_spelling(lesson: str, question: str, answer: str) -> None:
    assert verdict(lesson, question, answer)[0] == "right"


@pytest.mark.parametrize("lesson", LESSONS)
def test_no_part_of_a_hint_is_the_answer(lesson: str) -> None:
    session = opened(lesson)
    for step, question in session.questions():
        if question.kind in ("choice", "essay", "order"):
            continue
        assert len(question.hints) >= 2, question.id
        for hint in question.hints:
            parts = {part.strip().rstrip(".") for part in re.split(r"[:;?]|, | is | are |\\. ", hint)} - {""}
            told = [part for part in parts if session.marked(part, question, step).verdict == "right"]
            assert not told, f"{question.id}: {told}"
