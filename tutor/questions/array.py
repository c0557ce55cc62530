"""A vector or matrix, entry by entry: numbers, or formulas of the graph's names."""

from __future__ import annotations

from engine.errors import EngineError
from engine.expression import names_in
from tutor.marking.arrays import judge_array, read_array
from tutor.marking.context import Context
from tutor.marking.reading import shown, unreadable
from tutor.marking.result import Mark
from tutor.questions.formula import mark_formula
from tutor.questions.question import Question


def mark_array(question: Question, context: Context, answer: str) -> Mark:
    """Marks an array: as formulas if it holds names, else number by number."""
    context = context.to_numbers()
    try:
        read = context.read(answer)
        if names_in(read):
            return mark_formula(question, context, answer)
        typed = read_array(answer, read)
    except EngineError as error:
        return unreadable(question, answer, error)
    target = context.target(question.target)
    found = judge_array(typed, target, question.digits, question.within)
    points = question.points if found.verdict == "right" else 0.0
    return Mark(
        shown(answer),
        found.verdict,
        points,
        question.points,
        typed.read_as,
        found.witness,
        found.diagnosis,
        found.note,
    )
