"""A number: the engine knows the answer, the student types digits or arithmetic."""

from __future__ import annotations

import numpy as np

from engine.errors import EngineError
from engine.expression import Derivative, Entry, Index, Name, names_in
from tutor.marking.context import Context, Target
from tutor.marking.number_diagnosis import diagnose_number
from tutor.marking.numbers import (
    RightValues,
    Typed,
    by_value,
    coarse_words,
    is_roughly,
    judge_number,
    paper_decimals,
    read_number,
    right_values,
    values_at_home,
)
from tutor.marking.reading import shown, unreadable
from tutor.marking.result import Diagnosis, Mark, Verdict, Witness
from tutor.questions.question import Question

_LONG = 300


def mark_number(question: Question, context: Context, answer: str) -> Mark:
    """Marks one number against the value of the question's target at the lesson's numbers."""
    context = context.to_numbers()
    target = context.target(question.target)
    try:
        typed = _read(answer, context)
        _refuse_another(answer, context, target)
    except EngineError as error:
        return unreadable(question, answer, error)
    right = right_values(target)
    verdict = judge_number(typed, right, question.digits, question.within)
    if verdict == "right":
        return Mark(shown(answer), "right", question.points, question.points, typed.read_as)
    decimals = paper_decimals(typed, target, right, question.digits)
    if verdict == "imprecise" or decimals is not None:
        return _imprecise(question, answer, typed, right, decimals, target)
    found = diagnose_number(typed, right, target)
    if found.fault == "unknown" and is_roughly(typed, right):
        return _imprecise(question, answer, typed, right, None, target)
    return _mark(question, answer, typed, right, "imprecise" if found.fault == "imprecise" else "wrong", target, found)


def _read(answer: str, context: Context) -> Typed:
    """After a last `=` or `≈` if there is one; a formula is asked to be worked out."""
    text = answer.replace("≈", "=").rpartition("=")[2]
    try:
        return read_number(text)
    except EngineError as error:
        try:
            has_names = bool(names_in(context.read(text)))
        except EngineError:
            raise error from None
        if not has_names:
            raise
        raise EngineError("a number is asked for: work the formula out") from None


def _refuse_another(answer: str, context: Context, target: Target) -> None:
    """`dL/dw1 = 0.5` where ∂L/∂w2 is asked for answers another question. Raises EngineError."""
    name, equals, _ = answer.replace("≈", "=").partition("=")
    try:
        said = Target(context, context.read(name)) if equals else None
    except EngineError:
        return
    if said is None or not isinstance(said.expr, Name | Entry | Index | Derivative):
        return
    own, asked = values_at_home(said), values_at_home(target)
    if own.shape == asked.shape and not np.allclose(own, asked, rtol=1e-9, atol=1e-12):
        raise EngineError(f"{name.strip()} is not what is asked for here; give the number alone")


def _imprecise(
    question: Question,
    answer: str,
    typed: Typed,
    right: RightValues,
    decimals: int | None,
    target: Target,
) -> Mark:
    says = coarse_words(typed, question.digits)
    if question.within is not None:
        wanted = f"within {question.within:g} of the exact value"
        says = f"Right as far as it goes, but rounded too coarsely: it is to be {wanted}."
    if decimals is not None:
        plural = "" if decimals == 1 else "s"
        says = f"You seem to have rounded on the way, to {decimals} decimal{plural}: carry more digits until the end."
    return _mark(question, answer, typed, right, "imprecise", target, Diagnosis("imprecise", says=says))


def _mark(
    question: Question,
    answer: str,
    typed: Typed,
    right: RightValues,
    verdict: Verdict,
    target: Target,
    diagnosis: Diagnosis | None,
) -> Mark:
    witness = Witness(by_value(target, target.context), typed.value, right.nearest(typed.value))
    return Mark(shown(answer), verdict, 0.0, question.points, typed.read_as, witness, diagnosis)
