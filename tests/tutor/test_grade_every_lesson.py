"""`tutor grade` and every lesson of the course: an empty answers file, and one with an answer to every question."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tutor import sample_lessons as lessons
from tutor.course import course
from tutor.grading import Row, grade
from tutor.lesson_check import own_answer
from tutor.opening import open_lesson
from tutor.request import Request
from tutor.session import Session
from tutor.submissions import collect
from tutor.vary import possible

SHIPPED = [entry.id for unit in course().units for entry in unit.lessons]
KNOWN = ("number", "array", "choice", "order", "bug", "result")
"""The kinds of question to which the engine writes the answer itself."""
STUDENT = "ada"


def full(session: Session) -> dict[str, str]:
    """An answer to every question: the engine's own where it has one."""
    return {q.id: own_answer(session, step, q) or "1" for step, q in session.questions()}


def graded(folder: Path, lesson: str, texts: dict[str, str]) -> Row:
    path = lessons.answers(folder, texts, lesson, student=STUDENT)
    (row,) = grade(lesson, list(collect([path])), 1)
    return row


@pytest.mark.parametrize("lesson", SHIPPED)
def test_an_empty_file_is_marked(lesson: str, tmp_path: Path) -> None:
    row = graded(tmp_path, lesson, {})
    assert (row.problem, row.total) == ("", 0)
    assert {mark.verdict for mark in row.marks.values()} == {"missing"}
    vary = open_lesson(Request(lesson)).loaded.lesson.vary
    assert {name: number in possible(vary[name]) for name, number in row.numbers.items()} == dict.fromkeys(vary, True)


@pytest.mark.parametrize("lesson", SHIPPED)
def test_a_full_file_is_marked(lesson: str, tmp_path: Path) -> None:
    session = open_lesson(Request(lesson, variant=STUDENT))
    row = graded(tmp_path, lesson, full(session))
    assert row.problem == ""
    kinds = {question.id: question.kind for _, question in session.questions()}
    known = {row.marks[key].verdict for key, kind in kinds.items() if kind in KNOWN}
    assert known <= {"right"}
    assert "missing" not in {mark.verdict for mark in row.marks.values()}


def test_each_variants_own_bug_is_marked(tmp_path: Path) -> None:
    """Where a lesson leaves fault or place to be drawn, `run --variant` and `grade` draw the same."""
    lesson = "debug-this-network"
    targets = set()
    for name in ("ada", "emmy", "grace", "sofia"):
        session = open_lesson(Request(lesson, variant=name))
        bugs = {question.id: question.target for _, question in session.questions() if question.kind == "bug"}
        path = lessons.answers(tmp_path, bugs, lesson, student=name)
        (row,) = grade(lesson, list(collect([path])), 1)
        assert {row.marks[key].verdict for key in bugs} == {"right"}
        targets.add(tuple(bugs.values()))
    assert len(targets) > 1


def test_the_lessons_own_bug_in_the_place_of_the_variants_is_told(tmp_path: Path) -> None:
    lesson = "debug-this-network"
    plain = {q.id: q.target for _, q in open_lesson(Request(lesson)).questions() if q.kind == "bug"}
    for name in ("ada", "emmy", "grace", "sofia"):
        (row,) = grade(lesson, list(collect([lessons.answers(tmp_path, plain, lesson, student=name)])), 1)
        other = [key for key in plain if row.marks[key].verdict == "wrong"]
        said = f"the bug of the lesson without a variant, not of this one: {', '.join(other[:5])}"
        assert (said in row.note) == bool(other)
    assert other
