"""Every question of every lesson, answered rightly and wrongly; every option's reason and every hint shown."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache

import numpy as np
import pytest

from engine.faults import FAULTS
from tests.lessons.test_answers_units_1_4 import RIGHT as RIGHT_1_4
from tests.lessons.test_answers_units_5_9 import RIGHT as RIGHT_5_9
from tutor.course import course
from tutor.lesson import Step
from tutor.marking import Mark
from tutor.opening import open_lesson
from tutor.questions import Question
from tutor.questions.kinds import KINDS
from tutor.request import Request
from tutor.session import Session

LESSONS = {entry.id: entry.path for unit in course().units for entry in unit.lessons}
# Lesson and question → a right formula; the engine works out every other answer.
FORMULAS = {place: texts[0].replace(" = ", "\n") for place, texts in RIGHT_1_4.items()} | {
    (lesson, question): answer for lesson, question, answer in RIGHT_5_9
}


@cache
def opened(lesson: str) -> Session:
    """Opened once: what a run of it decides is trained once."""
    return open_lesson(Request(str(LESSONS[lesson])))


def settled(session: Session) -> list[tuple[Step, Question]]:
    """The questions, with what runs decide about them."""
    return [(step, session.settled(question, step)) for step, question in session.questions()]


@pytest.mark.parametrize("lesson", LESSONS)
def test_right_answers_are_right_and_wrong_ones_get_words(lesson: str) -> None:
    session = opened(lesson)
    for step, question in settled(session):
        if question.kind == "essay":
            assert session.marked("My own words.", question, step).verdict == "unscored"
            continue
        right = right_answer(session, step, question)
        found = session.marked(right, question, step)
        assert (found.verdict, found.points) == ("right", question.points), (question.id, right, found)
        for wrong in wrong_answers(question, right):
            found = session.marked(wrong, question, step)
            assert (found.verdict, found.points) == ("wrong", 0), (question.id, wrong, found)
            assert has_words(found), (question.id, wrong)


def right_answer(session: Session, step: Step, question: Question) -> str:
    """What the engine would answer; of a formula, what a student may write."""
    if question.kind == "choice":
        return ", ".join(str(i) for i, option in enumerate(question.choices, start=1) if option.right)
    if question.kind in {"bug", "result"}:
        return question.target
    if question.kind == "order":
        graph = session.graph_of(step)
        assert graph is not None
        nodes = [graph.graph.names[key] for key in graph.graph.nodes]
        return " ".join(reversed(nodes) if question.target == "backward" else nodes)
    if question.kind in {"formula", "derivation"}:
        return FORMULAS[session.loaded.lesson.id, question.id]
    return json.dumps(home(session, step, question).tolist())


def home(session: Session, step: Step, question: Question) -> np.ndarray:
    """The right number or array at the lesson's own values."""
    target = session.context(step).to_numbers().target(question.target)
    found = target.value_at(target.home)
    return np.asarray(found.value[0, 0].reshape(found.shape))


def wrong_answers(question: Question, right: str) -> Iterator[str]:
    """Answers of the right kind that are wrong for certain."""
    if question.kind == "choice":
        yield from (str(i) for i, option in enumerate(question.choices, start=1) if not option.right)
    elif question.kind == "bug":
        fault, _, node = right.partition(" at ")
        yield f"{next(name for name in FAULTS if name != fault and FAULTS[name].in_backward)} at {node}"
    elif question.kind == "order":
        yield " ".join(reversed(right.split()))
    elif question.kind in {"number", "result"}:
        yield from (f"{float(right) * 3 + 1.25!r}", "0" if abs(float(right)) > 1e-9 else "1")
    elif question.kind == "array":
        yield from (json.dumps((np.array(json.loads(right)) * 3 + 1.25).tolist()), "[[[7]]]")
    else:
        last = right.splitlines()[-1].strip(" =")
        yield f"({last})*2 + 1"


def has_words(found: Mark) -> bool:
    return bool(found.messages) and all(message.strip() for message in found.messages)


@pytest.mark.parametrize("lesson", LESSONS)
def test_every_reason_and_every_hint_is_reached(lesson: str) -> None:
    session = opened(lesson)
    for place, step in enumerate(session.steps):
        session = session.go(place)
        question = session.question()
        if question is None:
            continue
        for i, option in enumerate(question.choices, start=1):
            assert option.because.strip(), (question.id, option.text)
            assert option.because.strip() in session.marked(str(i), question, step).note
        for shown in range(1, len(question.hints) + 1):
            session = session.hint()
            assert session.hints[question.id] == shown
            assert question.hints[shown - 1].strip()
        assert session.hint().hints.get(question.id, 0) == len(question.hints)


def test_there_are_questions_of_every_kind() -> None:
    assert {q.kind for lesson in LESSONS for _, q in opened(lesson).questions()} == set(KINDS)
