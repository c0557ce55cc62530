"""The author's proof: plays a lesson without a screen and says everything that is wrong or weak about it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from engine.errors import EngineError
from tutor.course import find
from tutor.errors import Problem, ProblemsError
from tutor.messages import log_fault
from tutor.opening import checked, open_loaded
from tutor.parallel import in_order, workers_for
from tutor.proof.answers import own_answer
from tutor.proof.around import check_files, check_needs, check_place
from tutor.proof.findings import Findings
from tutor.proof.numbers import check_numbers
from tutor.proof.pages import check_pages
from tutor.proof.pictures import check_pictures
from tutor.proof.questions import check_question
from tutor.proof.settings import check_settings
from tutor.proof.training import check_data, check_runs
from tutor.proof.variants import check_variants
from tutor.proof.words import check_words
from tutor.request import Request
from tutor.session import Session

__all__ = ["Checked", "check_lesson", "check_lessons", "own_answer"]

LARGEST_ERROR = 1e-6


@dataclass(frozen=True)
class Checked:
    """What was found in one lesson: errors keep it from being taken, warnings are weak places."""

    path: str
    errors: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()
    fault: bool = False
    """Whether one of the errors is the program's own, and none of the lesson."""


def check_lessons(names: Sequence[str], jobs: int | None = None) -> Iterator[Checked]:
    """Each lesson checked, in the order given; several at once where there are several."""
    yield from in_order(check_lesson, names, workers_for(jobs, len(names)), _lost)


def _lost(name: str) -> Checked:
    problem = Problem(name, None, None, "checking it ended the process", "its runs may need more memory than there is")
    return Checked(name, (problem,))


def check_lesson(name: str) -> Checked:
    """One lesson file, folder or id; whatever goes wrong, those after it are checked."""
    found: Findings | None = None
    try:
        found = Findings(checked(find(name)))
        _check(found)
    except ProblemsError as error:
        return Checked(name, (*_errors(found), *error.problems))
    except EngineError as error:
        return Checked(name, (*_errors(found), Problem(name, None, None, error.message)))
    except Exception as error:  # one lesson must never cost the others their check
        return Checked(name, (*_errors(found), _own_fault(name, error)), fault=True)
    return Checked(name, tuple(found.errors), tuple(found.warnings))


def _errors(found: Findings | None) -> tuple[Problem, ...]:
    return () if found is None else tuple(found.errors)


def _own_fault(name: str, error: Exception) -> Problem:
    """An error of the program, which the log tells more about."""
    log = log_fault()
    kept = f"what happened is in {log}" if log is not None else None
    return Problem(name, None, None, f"not checked: an error of the program itself ({type(error).__name__})", kept)


def _check(found: Findings) -> None:
    session = open_loaded(found.loaded, Request(str(found.loaded.path)))
    _check_bugs(found, session)
    if found.errors:
        return
    _check_gradients(found, session)
    check_words(found, session)
    check_numbers(found, session)
    check_pages(found, session)
    check_settings(found)
    check_data(found)
    runs = {} if found.errors else check_runs(found, session)
    session = replace(session, runs=runs)
    for i, step in enumerate(session.steps):
        question = session.question(step)
        if question is not None and runs.keys() >= set(step.asked_runs):
            check_question(found, session, i, step, question)
    check_pictures(found, session)
    check_variants(found)
    check_needs(found)
    check_place(found)
    check_files(found)


def _check_bugs(found: Findings, session: Session) -> None:
    """The fault of every bug step can be put into its graph."""
    for i, step in enumerate(session.steps):
        if step.bug is not None:
            try:
                session.question(step)
            except EngineError as error:
                found.error(("step", i, "fault" if step.fault is not None else "bug"), error.message)


def _check_gradients(found: Findings, session: Session) -> None:
    """Backward passes against finite differences."""
    for name, shown in session.graphs.items():
        if not shown.trace.is_scalar:
            continue
        error = shown.gradient_check.max_relative_error
        if not error <= LARGEST_ERROR:
            what = f"the gradient check is off by {error:.1e} at {shown.gradient_check.worst}"
            found.warn(("graph", name), what, "values of very different size, or a point next to a kink?")
