"""A formula: right when it equals the target as a function."""

from __future__ import annotations

from dataclasses import replace

from engine.errors import EngineError
from engine.expression import names_in
from engine.names import normalise
from tutor.marking.comparing import compared
from tutor.marking.context import Context, Target
from tutor.marking.diagnosis import diagnose_formula
from tutor.marking.equality import Comparison, is_chain, names_asked
from tutor.marking.reading import Reading, only_a_name, read, shown, unreadable
from tutor.marking.result import Diagnosis, Mark
from tutor.questions.question import Question

NAMED = "you named the derivative asked for; write it out"
CHAIN = "this is the chain rule in names; now write it out, factor by factor"


def mark_formula(question: Question, context: Context, answer: str) -> Mark:
    """Marks a formula (or an array of formulas) against the question's target."""
    context = context.to_numbers()
    target = context.target(question.target)
    try:
        asked = replace(read(_right_side(answer, context, target), context), given=shown(answer))
        reading, comparison = compared(asked, target, everywhere=question.everywhere)
    except EngineError as error:
        return unreadable(question, answer, error)
    if names_asked(reading.expr, target) and comparison.equal is not False:
        return _free(question, reading, CHAIN if is_chain(reading.expr, target) else NAMED)
    if comparison.equal is None:
        return Mark(reading.given, "unscored", 0.0, question.points, reading.read_as, note=comparison.note)
    if comparison.equal and only_a_name(reading, context):
        return _free(question, reading, "that is only its name; write out what it is made of")
    if comparison.equal:
        return _right(question, reading, comparison, context)
    return wrong(question, reading, comparison, target)


def _right_side(answer: str, context: Context, target: Target) -> str:
    """What stands to the right of `dL/dw =`, where that is what is asked for; any other answer as it is."""
    name, equals, rest = answer.partition("=")
    if not equals or "=" in rest:
        return answer
    try:
        return rest if not name.strip() or context.read(name) == target.expr else answer
    except EngineError:
        return answer


_OTHER_SIDES = Diagnosis("wrong-branch", says="This holds on this side of the kink; all sides are asked for.")


def _free(question: Question, reading: Reading, note: str) -> Mark:
    return Mark(reading.given, "unreadable", 0.0, question.points, reading.read_as, note=note)


def _right(question: Question, reading: Reading, comparison: Comparison, context: Context) -> Mark:
    if (note := other_names(question, reading, context)) is not None:
        return _free(question, reading, note)
    return Mark(reading.given, "right", question.points, question.points, reading.read_as, note=comparison.note)


def other_names(question: Question, reading: Reading, context: Context) -> str | None:
    """What is said about names that the answer may not use; None where there are none."""
    assert context.graph is not None
    if question.using is None:
        return None
    allowed = {key for name in question.using for key in names_in(context.read(name))}
    allowed |= {normalise(name) for name in question.using}
    other = [context.graph.names[key] for key in names_in(reading.expr) if key not in allowed]
    return f"use only {', '.join(question.using)}; you used {', '.join(other)}" if other else None


def wrong(question: Question, reading: Reading, comparison: Comparison, target: Target) -> Mark:
    """A wrong answer with its witness and what explains it."""
    return Mark(
        reading.given,
        "wrong",
        0.0,
        question.points,
        reading.read_as,
        comparison.witness,
        _OTHER_SIDES if comparison.only_here else diagnose_formula(reading, comparison, target),
        comparison.note,
    )
