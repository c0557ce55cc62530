"""An essay: the model answer is shown afterwards, the student judges; never scored."""

from __future__ import annotations

from tutor.marking.context import Context
from tutor.marking.reading import shown
from tutor.marking.result import Mark
from tutor.questions.question import Question


def mark_essay(question: Question, context: Context, answer: str) -> Mark:
    """The answer beside the model answer."""
    return Mark(shown(answer), "unscored", 0.0, 0.0, note=f"compare with: {question.target.strip()}")
