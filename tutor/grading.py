"""`tutor grade`: marks submissions in parallel; each is one row, a bad one a row with a reason."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

from engine.errors import EngineError
from engine.names import normalise
from tutor.errors import ProblemsError
from tutor.marking import Mark
from tutor.marking.numbers import Typed, judge_number, right_values
from tutor.messages import log_fault
from tutor.opening import open_lesson, variant_numbers
from tutor.parallel import in_order, workers_for
from tutor.request import Request
from tutor.session import Session, set_values
from tutor.submissions import HandedIn, Submission, UnusableError, read_submission

CHUNK = 8
KEPT_VARIANTS = 64
KEPT_LESSONS = 64
PATIENCE = 60.0
"""Seconds after which the marking of one submission is given up; an honest one takes well under one."""


@dataclass(frozen=True)
class Row:
    """One submission marked: points, verdicts and whole marks by question, or the reason why not.

    `numbers` are the variant's own; `right_elsewhere` names questions that are right for the lesson's own numbers only.
    """

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
    seconds: dict[str, float] = field(default_factory=dict)
    numbers: dict[str, float] = field(default_factory=dict)
    right_elsewhere: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {
            "file": self.file,
            "student": self.student,
            "variant": self.variant,
            "numbers": self.numbers,
            "total": self.total,
            "of": self.of,
            "answers": {key: mark.to_dict() for key, mark in self.marks.items()},
            "problem": self.problem or None,
            "note": self.note or None,
        }


def grade(lesson: str, submissions: Sequence[Submission], jobs: int | None = None) -> Iterator[Row]:
    """A row for each submission, in the order given; several processes where it pays, a bounded number of rows kept."""
    work = ((lesson, submission) for submission in submissions)
    yield from in_order(mark_one, work, workers_for(jobs, len(submissions) // CHUNK), lost_row, CHUNK)


def question_ids(lesson: str) -> tuple[str, ...]:
    """The questions of a lesson, in order. Raises ProblemsError for a broken lesson."""
    return tuple(question.id for _, question in session_of(lesson, None).questions())


def mark_one(work: tuple[str, Submission]) -> Row:
    """A row for a submission to a lesson, whatever is wrong with it."""
    lesson, submission = work
    try:
        with _patience(PATIENCE):
            return mark_submission(lesson, submission)
    except UnusableError as error:
        return _unmarked(submission, str(error))
    except (EngineError, ProblemsError) as error:
        return _unmarked(submission, f"not marked: {error}")
    except _TooLongError:
        return _unmarked(submission, f"not marked: it takes more than {PATIENCE:g} s")
    except Exception as error:  # one submission must never cost the others their marks
        with suppress(OSError):
            log_fault()
        return _unmarked(submission, f"not marked: an error of the program itself ({type(error).__name__})")


def lost_row(work: tuple[str, Submission]) -> Row:
    """The row of a submission whose marking ended its process."""
    return _unmarked(work[1], "not marked: its marking ended the process (out of memory?)")


def _unmarked(submission: Submission, problem: str) -> Row:
    return Row(submission.shown, submission.label, problem=problem)


class _TooLongError(BaseException):
    """Marking takes too long; no handler between may take it for an error of its own."""


@contextmanager
def _patience(seconds: float) -> Iterator[None]:
    """Ends what takes longer. Only a process's main thread can be interrupted; elsewhere nothing is limited."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def give_up(*_: object) -> None:
        raise _TooLongError

    before = signal.signal(signal.SIGALRM, give_up)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def mark_submission(lesson: str, submission: Submission) -> Row:
    """Marks one submission from scratch. Raises UnusableError with the reason if it cannot be used."""
    plain = session_of(lesson, None)
    wanted = plain.loaded.lesson.id
    handed = read_submission(submission, wanted)
    answers = handed.answers
    if answers.lesson != wanted:
        raise UnusableError(f'answers to "{answers.lesson}", not to "{wanted}"')
    variant = answers.variant or answers.student
    session = session_of(lesson, variant)
    marks = {q.id: session.marked(answers.answers.get(q.id, ""), q, step) for step, q in session.questions()}
    elsewhere = tuple(key for key, mark in marks.items() if session is not plain and _is_right_in(plain, key, mark))
    return Row(
        submission.shown,
        answers.student or submission.label,
        variant,
        {key: mark.points for key, mark in marks.items()},
        marks,
        sum(mark.points for mark in marks.values()),
        session.possible_points,
        note="; ".join(_notes(handed, session, marks, elsewhere)),
        tries=handed.tries,
        hints=handed.hints,
        seconds=handed.seconds,
        numbers=_own_numbers(session),
        right_elsewhere=elsewhere,
    )


def _own_numbers(session: Session) -> dict[str, float]:
    """What the lesson varies, as this session has it."""
    names = session.loaded.lesson.vary
    values = {key: value for shown in session.graphs.values() for key, value in shown.values.items()}
    return {name: float(values[normalise(name)]) for name in names}


def _notes(handed: HandedIn, session: Session, marks: dict[str, Mark], elsewhere: tuple[str, ...]) -> Iterator[str]:
    """What a marker should know: unknown questions, a changed lesson, another variant's numbers."""
    answers = handed.answers
    if unknown := [key for key in answers.answers if key not in marks]:
        yield f"answers to no question: {', '.join(unknown[:5])}"
    if handed.sha256 is not None and handed.sha256 != session.loaded.sha256:
        yield "the lesson was changed since"
    if handed.note:
        yield handed.note
    is_varied = bool(session.loaded.lesson.vary)
    if is_varied and answers.student and answers.variant and answers.student != answers.variant:
        yield f'marked with the numbers of variant "{answers.variant}"'
    if elsewhere:
        yield f"right for the lesson's own numbers, not for this variant: {', '.join(elsewhere[:5])}"


def _is_right_in(plain: Session, key: str, mark: Mark) -> bool:
    """Whether a wrong number is the right one where nobody's own numbers are put in."""
    step, question = next((s, q) for s, q in plain.questions() if q.id == key)
    if question.kind != "number" or mark.verdict not in ("wrong", "imprecise") or mark.witness is None:
        return False
    given = mark.witness.given
    if not isinstance(given, int | float):
        return False
    right = right_values(plain.context(step).to_numbers().target(question.target))
    return judge_number(Typed(float(given), None, ""), right, question.digits, question.within) == "right"


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
