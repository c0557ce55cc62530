"""`tutor grade`: marks submissions in parallel; each is one row, a bad one a row with a reason."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from engine.errors import EngineError
from tutor.errors import ProblemsError
from tutor.marking import Mark
from tutor.opening import open_lesson, variant_numbers
from tutor.request import Request
from tutor.session import Session, set_values
from tutor.submissions import Submission, UnusableError, read_submission

CHUNK = 8
KEPT_VARIANTS = 64
KEPT_LESSONS = 64


@dataclass(frozen=True)
class Row:
    """One submission marked: points, verdicts and whole marks by question, or the reason why not."""

    file: str
    student: str = ""
    variant: str | None = None
    points: dict[str, float] = field(default_factory=dict)
    marks: dict[str, Mark] = field(default_factory=dict)
    total: float = 0.0
    of: float = 0.0
    problem: str = ""
    note: str = ""
    tries: dict[str, int] = field(default_factory=dict)
    hints: dict[str, int] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {
            "file": self.file,
            "student": self.student,
            "variant": self.variant,
            "total": self.total,
            "of": self.of,
            "answers": {key: mark.to_dict() for key, mark in self.marks.items()},
            "problem": self.problem or None,
            "note": self.note or None,
        }


def grade(lesson: str, submissions: Sequence[Submission], jobs: int | None = None) -> Iterator[Row]:
    """A row for each submission, in the order given; several processes where it pays."""
    workers = min(jobs or os.cpu_count() or 1, max(1, len(submissions) // CHUNK))
    work = [(lesson, submission) for submission in submissions]
    if workers <= 1:
        yield from map(mark_one, work)
        return
    with ProcessPoolExecutor(workers) as pool:
        yield from pool.map(mark_one, work, chunksize=CHUNK)


def question_ids(lesson: str) -> tuple[str, ...]:
    """The questions of a lesson, in order. Raises ProblemsError for a broken lesson."""
    return tuple(question.id for _, question in session_of(lesson, None).questions())


def mark_one(work: tuple[str, Submission]) -> Row:
    """A row for a submission to a lesson, whatever is wrong with it."""
    lesson, submission = work
    try:
        return mark_submission(lesson, submission)
    except UnusableError as error:
        return Row(submission.shown, Path(submission.path).stem, problem=str(error))
    except (EngineError, ProblemsError) as error:
        return Row(submission.shown, Path(submission.path).stem, problem=f"not marked: {error}")


def mark_submission(lesson: str, submission: Submission) -> Row:
    """Marks one submission from scratch. Raises UnusableError with the reason if it cannot be used."""
    plain = session_of(lesson, None)
    wanted = plain.loaded.lesson.id
    handed = read_submission(submission, wanted)
    answers = handed.answers
    if answers.lesson != wanted:
        raise UnusableError(f'answers to "{answers.lesson}", not to "{wanted}"')
    student = answers.student or Path(submission.path).stem
    variant = answers.variant or answers.student
    session = session_of(lesson, variant if plain.loaded.lesson.vary else None)
    known = {question.id for _, question in session.questions()}
    notes = []
    if unknown := [key for key in answers.answers if key not in known]:
        notes.append(f"answers to no question: {', '.join(unknown[:5])}")
    if handed.sha256 is not None and handed.sha256 != session.loaded.sha256:
        notes.append("the lesson was changed since")
    marks = {q.id: session.marked(answers.answers.get(q.id, ""), q, step) for step, q in session.questions()}
    return Row(
        submission.shown,
        student,
        variant,
        {key: mark.points for key, mark in marks.items()},
        marks,
        sum(mark.points for mark in marks.values()),
        session.possible_points,
        note="; ".join(notes),
        tries=handed.tries,
        hints=handed.hints,
    )


def session_of(lesson: str, variant: str | None) -> Session:
    """The lesson as a variant sees it; what marking works out about its questions is kept with it."""
    plain = _opened(lesson)
    if variant is None or not plain.loaded.lesson.vary:
        return plain
    numbers = variant_numbers(plain.loaded, plain.graphs, variant)
    return _with_numbers(lesson, tuple(sorted(numbers.items())))


@lru_cache(maxsize=KEPT_LESSONS)
def _opened(lesson: str) -> Session:
    return open_lesson(Request(lesson))


@lru_cache(maxsize=KEPT_VARIANTS)
def _with_numbers(lesson: str, numbers: tuple[tuple[str, float], ...]) -> Session:
    """Many variants draw the same numbers: what was worked out for one serves all of them."""
    plain = _opened(lesson)
    return replace(plain, graphs=set_values(plain.graphs, dict(numbers)))
