"""The kinds of questions and what marks each. To add one: write its file, and its line in KINDS."""

from __future__ import annotations

from collections.abc import Callable

from tutor.marking.context import Context
from tutor.marking.result import Mark
from tutor.questions.array import mark_array
from tutor.questions.bug import mark_bug
from tutor.questions.choice import mark_choice
from tutor.questions.derivation import mark_derivation
from tutor.questions.essay import mark_essay
from tutor.questions.formula import mark_formula
from tutor.questions.number import mark_number
from tutor.questions.order import mark_order
from tutor.questions.question import Question
from tutor.questions.result import mark_result

KINDS: dict[str, Callable[[Question, Context, str], Mark]] = {
    "number": mark_number,
    "formula": mark_formula,
    "array": mark_array,
    "choice": mark_choice,
    "order": mark_order,
    "derivation": mark_derivation,
    "essay": mark_essay,
    "bug": mark_bug,
    "result": mark_result,
}
"""Kind → what marks an answer that is not empty."""
