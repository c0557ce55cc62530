"""Every sentence that a lesson has for a mistake is said for some answer: no student waits for one in vain."""

from __future__ import annotations

import json
from collections.abc import Iterator

import numpy as np
import pytest

from engine.faults import Candidate
from engine.lead import Array
from engine.names import normalise
from tests.lessons.test_every_question import LESSONS, home, opened, settled
from tutor.lesson import Step
from tutor.marking.context import Target
from tutor.marking.diagnosis import Search
from tutor.marking.mark import key_of
from tutor.marking.mistakes import Mistakes
from tutor.marking.result import Diagnosis
from tutor.marking.telling import told
from tutor.questions import Question
from tutor.session import Session

Key = tuple[str, str]

TYPED: dict[tuple[str, str], tuple[str, ...]] = {
    ("momentum", "scatter"): ("sqrt(s/B)",),
    ("log-sum-exp", "lse"): ("z + log(total)",),
    ("shapes-of-derivatives", "chain-number"): ("2*u*x",),
    ("softmax-slopes", "diagonal"): ("-s_1^2",),
    ("softmax-slopes", "off-diagonal"): ("s_1*(1 - s_2)",),
    ("decision-regions", "outward"): ("[0.00552, 0.497, 0.497]",),
    ("decision-regions", "backward"): ("[0.978, 0.0109, 0.0109]",),
    ("decision-regions", "four-times"): ("[0.5, 0.5, 1.52e-8]",),
    ("delta-notation", "delta4"): ("(a_4 - t)*h'(a_4)",),
    ("delta-notation", "dw12-3"): ("δ_2^(3)*z_2^(3)",),
    ("initialisation", "variance"): ("10",),
    ("one-neuron", "slope-by-weight"): ("-1",),
    ("one-neuron", "augmented"): ("[0.5, -1, 1]",),
    ("all-examples", "theta-new-formula"): ("theta_1 - eta*sum((h-y)*X[:,1])", "theta_1 - eta*(h-y)*X[:,0]"),
    ("chains-and-forks", "slope"): ("1/4",),
    ("chains-and-forks", "inner-slope"): ("4*x",),
    ("three-hidden-units", "r3-a"): ("0.02*h1",),
    ("three-hidden-units", "r3-b-product"): ("0.525*v2",),
    ("log-odds", "ds-dx"): ("(1+exp(-x)-x)/(1+exp(-x))^2",),
    ("log-odds", "dls-dx"): ("(1+exp(-x)-x)/(1+exp(-x))",),
    ("likelihood", "label-zero"): ("1-h",),
    ("likelihood", "transfer-slope"): ("p2/(1-p2)",),
}
"""Answers that reach what the catalogue of mistakes does not hold, by lesson and question."""

MOST_ARRAYS = 60
"""Of another fault than the one that is looked for, so many arrays are marked."""


@pytest.mark.parametrize("lesson", LESSONS)
def test_every_sentence_about_a_mistake_is_reached(lesson: str) -> None:
    session = opened(lesson)
    missing = {
        (question.id, " at ".join(filter(None, key)))
        for step, question in settled(session)
        for key in sentences(question)
        if not any(found == key for found in reached(session, step, question, key))
    }
    assert missing == set()


def sentences(question: Question) -> set[Key]:
    """The faults that the lesson has words for; `unknown` is what is left for all others."""
    return {key_of(key) for key, _ in question.feedback} - {("unknown", "")}


def reached(session: Session, step: Step, question: Question, wanted: Key) -> Iterator[Key | None]:
    """Which sentence each wrong answer gets; those that should get the wanted one come first."""
    for text in TYPED.get((session.loaded.lesson.id, question.id), ()):
        yield key_for(question, session.marked(text, question, step).diagnosis)
    if question.kind in ("formula", "derivation"):
        yield key_for(question, session.marked("0", question, step).diagnosis)
        yield from by_values(question, session.context(step).target(question.target), wanted)
        return
    right = home(session, step, question)
    target = session.context(step).to_numbers().target(question.target)
    for value in [*slips(right), *by_numbers(target.mistakes_here, wanted, right)]:
        text = json.dumps(value.tolist())
        yield key_for(question, session.marked(text, question, step).diagnosis)


def by_values(question: Question, target: Target, wanted: Key) -> Iterator[Key | None]:
    """What is said about formulas with the values that each common mistake has at every point."""
    for value in in_order(target.mistakes, wanted):
        search = Search(target, value)
        yield key_for(question, told(search.explanations(), target.points.graph, of_value=target.is_value))


def by_numbers(mistakes: Mistakes, wanted: Key, right: Array) -> list[Array]:
    """The finite wrong values at the lesson's own numbers, in the right one's shape."""
    values = [value.reshape(-1) for value in in_order(mistakes, wanted)]
    fitting = [value.reshape(right.shape) for value in values if value.size == right.size and np.isfinite(value).all()]
    return fitting if right.size == 1 else fitting[: MOST_ARRAYS + number_of(mistakes, wanted)]


def in_order(mistakes: Mistakes, wanted: Key) -> list[Array]:
    """The catalogue's values, those of the wanted fault first, and of them those at the wanted node."""
    places = sorted(range(len(mistakes.candidates)), key=lambda i: distance(mistakes.candidates[i], wanted))
    return [mistakes.values[i] for i in places]


def distance(candidate: Candidate, wanted: Key) -> int:
    """0 for the wanted fault at the wanted node, 1 elsewhere, 2 for another fault."""
    fault, at = wanted
    return 2 if candidate.fault != fault else int(normalise(candidate.at or "") != at)


def number_of(mistakes: Mistakes, wanted: Key) -> int:
    """How many candidates are of the wanted fault."""
    return sum(candidate.fault == wanted[0] for candidate in mistakes.candidates)


def slips(right: Array) -> Iterator[Array]:
    """Factors, zeros, other shapes, last digits that are wrong in one entry."""
    yield from (right * factor for factor in (-1.0, 2.0, 0.5, 3.0, 1 / 3, 4.0, 0.25, 0.0))
    if right.ndim:
        yield from (right.T, right.ravel(), right[..., None], right.sum(), right[0], right[::-1])
    for digit in (2, 3):
        yield np.vectorize(lambda x, digit=digit: float(f"{x:.{digit}g}"))(right)
    for factor in (1.004, 1.02, 0.998):
        bent = right.copy()
        bent.reshape(-1)[-1] = float(f"{bent.reshape(-1)[-1] * factor:.4g}")
        yield np.vectorize(lambda x: float(f"{x:.4g}"))(bent)


def key_for(question: Question, diagnosis: Diagnosis | None) -> Key | None:
    """The entry of the question's feedback that a diagnosis is answered with."""
    if diagnosis is None:
        return None
    known = {key_of(key) for key, _ in question.feedback}
    exact = (diagnosis.fault, normalise(diagnosis.at or ""))
    return exact if exact in known else (diagnosis.fault, "")
