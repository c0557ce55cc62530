"""`tutor grade`: marks submissions in parallel; each is one row, a bad one a row with a reason."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from engine.errors import EngineError
from engine.names import normalise
from engine.values import to_plain
from tutor.bug_lab import bug_question
from tutor.errors import ProblemsError, closest
from tutor.lesson_graph import entry_of
from tutor.marking import Mark
from tutor.marking.numbers import Typed, judge_number, right_values
from tutor.messages import log_fault
from tutor.opening import open_lesson, variant_numbers
from tutor.parallel import in_order, workers_for
from tutor.request import Request
from tutor.session import Session, set_values
from tutor.submissions import HandedIn, Submission, UnusableError, read_submission

if TYPE_CHECKING:
    from tutor.lesson import Step
    from tutor.questions import Question

CHUNK = 8
KEPT_VARIANTS = 64
KEPT_LESSONS = 64
PATIENCE = 60.0
"""Seconds after which the marking of one submission is given up; an honest one takes well under one."""


@dataclass(frozen=True)
class Row:
    """One submission marked: points, verdicts and whole marks by question, or the reason why not.

    `numbers` are the variant's own; `right_elsewhere` names questions that are right for the lesson's own numbers only;
    `named`: whether the submission itself says whose it is.
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
    named: bool = False

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
    return tuple(asked(lesson)[1])


def asked(lesson: str) -> tuple[str, dict[str, str]]:
    """A lesson's title, and what each of its questions asks. Raises ProblemsError for a broken lesson."""
    plain = session_of(lesson, None)
    return plain.loaded.lesson.title, {question.id: _asks(question) for _, question in plain.questions()}


def _asks(question: Question) -> str:
    """A question's text; of a bug's only what is the same for every variant."""
    text = question.ask.strip()
    return text.partition(" Answer as in")[0] if question.kind == "bug" else text


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
    marks = {q.id: session.marked(answers.to(q), q, step) for step, q in session.questions()}
    elsewhere = tuple(key for key, mark in marks.items() if session is not plain and _is_right_in(plain, key, mark))
    return Row(
        submission.shown,
        answers.student or submission.label,
        variant,
        {key: mark.points for key, mark in marks.items()},
        marks,
        sum(mark.points for mark in marks.values()),
        session.possible_points,
        note="; ".join(_notes(handed, session, plain, marks, elsewhere)),
        tries=handed.tries,
        hints=handed.hints,
        seconds=handed.seconds,
        numbers=_own_numbers(session),
        right_elsewhere=elsewhere,
        named=bool(answers.student),
    )


def _own_numbers(session: Session) -> dict[str, float]:
    """What the lesson varies, as this session has it."""
    values = {key: value for shown in session.graphs.values() for key, value in shown.values.items()}
    return {name: _number_at(values, name) for name in session.loaded.lesson.vary}


def _number_at(values: Mapping[str, Any], name: str) -> float:
    """The value of a name, or of an array's entry such as `v[0,1]`."""
    base, entry = entry_of(name)
    here = to_plain(values[normalise(base)])
    for place in entry or ():
        here = here[place]
    return float(here)


def _notes(
    handed: HandedIn, session: Session, plain: Session, marks: dict[str, Mark], elsewhere: tuple[str, ...]
) -> Iterator[str]:
    """What a marker should know: unknown questions, a changed lesson, another variant's numbers or bug."""
    answers = handed.answers
    if unknown := [key for key in answers.answers if key not in marks]:
        yield f"answers to no question: {', '.join(_maybe(key, marks) for key in unknown[:5])}"
    if handed.sha256 is not None and handed.sha256 != session.loaded.sha256:
        yield "the lesson was changed since"
    if handed.note:
        yield handed.note
    is_varied = bool(session.loaded.lesson.vary)
    if is_varied and answers.student and answers.variant and answers.student != answers.variant:
        yield f'marked with the numbers of variant "{answers.variant}"'
    if others := [key for key, mark in marks.items() if plain is not session and _finds_other_bug(plain, key, mark)]:
        yield f"the bug of the lesson without a variant, not of this one: {', '.join(others[:5])}"
    if elsewhere:
        yield f"right for the lesson's own numbers, not for this variant: {', '.join(elsewhere[:5])}"


def _maybe(key: str, known: Iterable[str]) -> str:
    """A mistyped question with the one that was probably meant."""
    near = closest(key, known)
    return key if near is None else f"{key} (is {near} meant?)"


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


def _finds_other_bug(plain: Session, key: str, mark: Mark) -> bool:
    """Whether a wrong answer names the bug that the lesson draws for nobody in particular."""
    step, question = next((s, q) for s, q in plain.questions() if q.id == key)
    drawn = question.kind == "bug" and mark.verdict == "wrong" and _draws(step)
    return drawn and plain.marked(mark.given, question, step).verdict == "right"


def session_of(lesson: str, variant: str | None) -> Session:
    """The lesson as a variant sees it; what marking works out about its questions is kept with it."""
    plain = _opened(lesson)
    varies, draws = bool(plain.loaded.lesson.vary), any(_draws(step) for step in plain.steps)
    if variant is None or not (varies or draws):
        return plain
    numbers = variant_numbers(plain.loaded, plain.graphs, variant) if varies else {}
    return _of_variant(lesson, tuple(sorted(numbers.items())), variant if draws else None)


def _draws(step: Step) -> bool:
    """Whether each variant has its own bug here."""
    return step.bug is not None and (step.fault is None or step.at is None)


@lru_cache(maxsize=KEPT_LESSONS)
def _opened(lesson: str) -> Session:
    return open_lesson(Request(lesson))


@lru_cache(maxsize=KEPT_VARIANTS)
def _of_variant(lesson: str, numbers: tuple[tuple[str, float], ...], bugs_of: str | None) -> Session:
    """Many variants draw the same numbers: what was worked out for one serves all of them.

    Bugs are drawn here and not by the session, which keeps them with the graph: a class would fill the memory.
    """
    plain = _opened(lesson)
    session = replace(plain, graphs=set_values(plain.graphs, dict(numbers)))
    if bugs_of is None:
        return session
    bugs = {}
    for step in session.steps:
        shown, name = session.graph_of(step), session.question_id(step)
        if _draws(step) and shown is not None:
            bugs[name] = bug_question(shown, step, name, session.loaded.lesson.id, bugs_of)
    return replace(session, decided=bugs)
