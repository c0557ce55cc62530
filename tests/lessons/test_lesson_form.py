"""What every lesson of the course has: marked questions, hints, reasons, a transfer question, texts that fit."""

from __future__ import annotations

import textwrap
from typing import Any

import pytest

from tests.lessons.test_coverage import LESSONS, MARKED
from tutor.lesson_file import load
from tutor.lesson_run import trained_names

each_lesson = pytest.mark.parametrize("entry", LESSONS, ids=[entry.id for entry in LESSONS])


@each_lesson
def test_lesson_has_marked_questions(entry: Any) -> None:
    assert sum(s.question_kind in MARKED for s in load(entry.path).lesson.step) >= 5


@each_lesson
def test_lesson_ends_with_a_transfer_question(entry: Any) -> None:
    lesson = load(entry.path).lesson
    if entry.id == "debug-this-network":  # every network in it is one that was not seen before
        return
    about = [step.graph for step in lesson.step if step.question_kind is not None]
    assert about[-1] == "transfer" or "transfer" in about[-2:]
    assert any("What you can now do" in (step.say or "") for step in lesson.step[-4:])


@each_lesson
def test_lesson_fits_a_small_screen(entry: Any) -> None:
    """80×24: what is read in one step stays below 15 lines, a paragraph below 7."""
    for step in load(entry.path).lesson.step:
        lines = (step.say or "").strip().splitlines()
        assert len(lines) <= 14
        assert all(len(line) <= 76 for line in lines), [line for line in lines if len(line) > 76]
        for paragraph in (step.say or "").strip().split("\n\n"):
            assert len(paragraph.splitlines()) <= 6, paragraph
        for text in [*step.hints, *(option.because for option in step.choice or ())]:
            assert len(textwrap.wrap(text, 76)) <= 6, text


@each_lesson
def test_lesson_explains_every_option_and_hints_at_what_is_typed(entry: Any) -> None:
    for step in load(entry.path).lesson.step:
        for option in step.choice or ():
            assert option.because, option.text
        if step.question_kind in ("number", "formula", "array", "order", "derivation"):
            assert step.hints, step.id


@each_lesson
def test_runs_of_a_lesson_are_all_trained_by_a_step(entry: Any) -> None:
    lesson = load(entry.path).lesson
    assert set(lesson.run) <= set(trained_names(lesson)) | {run.like for run in lesson.run.values()}
