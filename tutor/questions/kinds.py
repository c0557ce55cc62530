"""The kinds of questions and what marks each.

To add one: its file here and its line in KINDS; its field in `Step` of tutor/lesson.py and its name in QUESTION_KINDS
there; what to type in tutor/tui/rows/echo.py and lesson_view.py (PROMPTS, TYPED); the engine's own answer to it, and
wrong ones, in tutor/proof/answers.py; and an example in the authors' guide, lessons/README.md. Tests name what is
missing.
"""

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
