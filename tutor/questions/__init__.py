"""Questions: one file a kind, a registry of them in kinds.py, and the light Question that every face shows."""

from __future__ import annotations

from tutor.questions.question import Choice, Question, question_of

__all__ = ["Choice", "Question", "question_of"]
