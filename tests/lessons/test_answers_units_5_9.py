"""Units 5 to 9: a right answer is right in any spelling, and no hint is one."""

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
    ("three-hidden-units", "r3-a", "v1 h1"),
    ("three-hidden-units", "r3-b-product", "v2·h2"),
    ("three-rows-backward", "sum-v0", "2 Σ_i (ŷ_i − y_i)"),
    ("three-rows-backward", "sum-w21", "2 Σ (ŷ-y) v2 h2 (1-h2) x1"),
    ("three-rows-backward", "sum-w31", "sum(2*(yhat-y)*v[3]*h3*(1-h3)*X[:,0])"),
    ("gradient-checking", "check-w", "2(yhat-y) v z(1-z) x"),
    ("shapes-of-derivatives", "chain-number", "2u x_2"),
    ("shapes-of-derivatives", "entry", "ŷ_2 (1-ŷ_2) A_23"),
    ("shapes-of-derivatives", "matrix-entry", "u_2 v_3"),
    ("jacobian-chain-rule", "entry-11", "2x"),
    ("jacobian-chain-rule", "direct-side", "3x² - 30 x y"),
    ("jacobian-chain-rule", "curve-direct", "3 + 16x³"),
    ("net-with-matrices", "yhat", "v[0] + v[1]*b[0] + v[2]*b[1] + v[3]*b[2]"),
    ("net-with-matrices", "sigma-slope", "b_1 − b_1²"),
    ("hidden-features", "row-of-slopes", "z_1(1-z_1) W_13"),
    ("list-every-input", "dl-dyhat", "2(ŷ-y)"),
    ("list-every-input", "dl-db2", "-2(y-ŷ)"),
    ("list-every-input", "dl-dw-entry", "2(ŷ-y) w2[0] h_1 (1-h_1) x_3"),
    ("list-every-input", "dl-db1-entry", "2(ŷ-y) w2[1] h[1] (1-h[1])"),
    ("hidden-error", "de-dz", "(ŷ-y) v1"),
    ("hidden-error", "one-dw1", "(ŷ-y) v1 z(1-z) x1"),
    ("hidden-error", "de-dw11", "Σ (ŷ-y) v[1] z1 (1-z1) X[:,0]"),
    ("hidden-error", "de-dw20", "sum((yhat-y)*v[2]*z2*(1-z2))"),
    ("hidden-error", "de-dv01", "Σ (Yhat[:,0]-Y[:,0]) z1"),
    ("hidden-error", "de-dv02", "sum((Yhat[:,0]-Y[:,0])*z2)"),
    ("hidden-error", "de-dw12", "sum(((Yhat[:,0]-Y[:,0])*V[0,1]+(Yhat[:,1]-Y[:,1])*V[1,1])*z1*(1-z1)*X[:,1])"),
    ("two-layer-classifiers", "collapse", "ŷ − y"),
    ("two-layer-classifiers", "dl-dw11", "Σ (ŷ-y) v[1] z1 (1-z1) X[:,0]"),
    ("two-layer-classifiers", "dl-dv01", "Σ (P[:,0]-Y[:,0]) z1"),
    ("two-layer-classifiers", "dl-dv02", "sum((P[:,0]-Y[:,0])*z2)"),
    ("two-layer-classifiers", "dl-dv20", "Σ (P[:,2]-Y[:,2])"),
    (
        "two-layer-classifiers",
        "dl-dw11-classes",
        "sum(((P[:,0]-Y[:,0])*V[0,1]+(P[:,1]-Y[:,1])*V[1,1]+(P[:,2]-Y[:,2])*V[2,1])*z1*(1-z1)*X[:,0])",
    ),
    ("open-boxes", "dw2-entry", "Σ 2(F-y) Z[:,0]"),
    ("open-boxes", "dw1-entry", "sum(2*(F-y)*W2[0]*Z[:,0]*(1-Z[:,0])*X[:,1])"),
    ("open-boxes", "df-entropy", "-y[0]/F[0]+(1-y[0])/(1-F[0])"),
    ("open-boxes", "dw2-entropy", "Σ (F-y) Z[:,1]"),
    ("open-boxes", "df-outputs", "2(F[0,2]-Y[0,2])"),
    ("open-boxes", "dw2-outputs-entry", "2 sum((F[:,1]-Y[:,1])*Z[:,0])"),
    ("open-boxes", "dw2-classes-entry", "Σ (F[:,1]-Y[:,1]) Z[:,0]"),
    ("open-boxes", "df-classes", "-Y[0,0]/F[0,0]"),
    ("softmax-on-top", "score-formula", "W_11 h_1 + W_12 h_2 + b_1"),
    ("softmax-on-top", "db-entry", "p_3 - y_3"),
    ("softmax-on-top", "squashed-entry", "(p_1-y_1) z_1 (1-z_1) h_2"),
    ("softmax-on-top", "dh-entry", "W_12(p_1-y_1) + W_22(p_2-y_2) + W_32(p_3-y_3)"),
    ("softmax-on-top", "da1-entry", "back[0] h_1 (1-h_1)"),
    ("which-loss", "dv2", "(ŷ-y) ŷ(1-ŷ) z2"),
    ("which-loss", "dx1", "(ŷ-y) ŷ (1-ŷ) (v1 z1(1-z1) w1[1] + v2 z2(1-z2) w2[1])"),
    ("which-loss", "batch-dv1", "Σ (ŷ-y) ŷ (1-ŷ) z1"),
    ("which-loss", "batch-dw11", "Σ (ŷ-y) ŷ (1-ŷ) v[1] z1 (1-z1) X[:,0]"),
    ("which-loss", "new-w11", "w1[1] - η sum((yhat-y)*yhat*(1-yhat)*v[1]*z1*(1-z1)*X[:,0])"),
    ("delta-notation", "dw11-2", "δ_1^{(3)} z_1^{(2)}"),
    ("delta-notation", "delta2", "σ'(a_1^{(2)}) (w_{11}^{(2)} δ_1^{(3)} + w_{21}^{(2)} δ_2^{(3)})"),
    ("vanishing-gradients", "dw4", "(a5-t) z4"),
    ("vanishing-gradients", "dw2", "(a5-t) w4 z4(1-z4) w3 z3(1-z3) z2"),
    ("relu-paths", "on-w3", "(a5-t) w4 z3"),
    ("initialisation", "formula", "1/sqrt(fan_in)"),
    ("debug-this-network", "neuron-right", "2(ŷ-y) v z(1-z)"),
    ("debug-this-network", "fork-right", "6x + 3x²"),
    ("debug-this-network", "classes-right", "p_1 − y_1"),
    ("debug-this-network", "matrices-x", "2(ŷ-t)(v_1 (1-z_1²) W_11 + v_2 (1-z_2²) W_21)"),
]


@cache
def opened(lesson: str) -> Session:
    return open_lesson(Request(lesson))


def verdict(lesson: str, question: str, answer: str) -> str:
    """What is made of an answer."""
    session = opened(lesson)
    step, asked = next((step, q) for step, q in session.questions() if q.id == question)
    return session.marked(answer, asked, step).verdict


@pytest.mark.parametrize(("lesson", "question", "answer"), RIGHT)
def test_a_right_answer_is_right_in_any_spelling(lesson: str, question: str, answer: str) -> None:
    assert verdict(lesson, question, answer) == "right"


def test_every_formula_has_a_right_answer_here() -> None:
    typed = ("formula", "derivation")
    assert {(a, q.id) for a in LESSONS for _, q in opened(a).questions() if q.kind in typed} == {
        (lesson, question) for lesson, question, _ in RIGHT if kind_of(lesson, question) in typed
    }


def kind_of(lesson: str, question: str) -> str:
    return next(q.kind for _, q in opened(lesson).questions() if q.id == question)


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
