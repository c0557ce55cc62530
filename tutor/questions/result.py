"""What a training run gave: the number is known once the run was trained; what else it gave explains a slip."""

from __future__ import annotations

from dataclasses import replace

from engine.errors import EngineError
from tutor.marking.context import Context
from tutor.marking.numbers import judge_number, read_number, right_values
from tutor.marking.result import Mark
from tutor.questions.number import mark_number
from tutor.questions.question import Question

OTHER = "The run gave another number: look at its curve once more, and at what is asked for."


def mark_result(question: Question, context: Context, answer: str) -> Mark:
    """Marks a number against the question's target, which is the run's own number, already worked out."""
    context = Context.empty().to_numbers()
    mark = mark_number(replace(question, kind="number"), context, answer)
    if mark.verdict != "wrong":
        return mark
    named = _named(question, answer)
    says = f"That is {named}, not what is asked for." if named else OTHER
    return replace(mark, witness=None, diagnosis=None, note=says)


def _named(question: Question, answer: str) -> str:
    """The other number of the run that was given, if it is one."""
    context = Context.empty().to_numbers()
    try:
        typed = read_number(answer.replace("≈", "=").rpartition("=")[2])
    except EngineError:
        return ""
    for name, value in question.others:
        right = right_values(context.target(repr(value)))
        if judge_number(typed, right, question.digits, None) == "right":  # `within` is about what is asked for
            return name
    return ""
