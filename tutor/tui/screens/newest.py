"""What came last beside a question: the hint just asked for, or the mark of an answer. That must be in sight."""

from __future__ import annotations

from dataclasses import dataclass

from tutor.tui.rows.lesson_view import LessonView


@dataclass
class Newest:
    """Remembers what was shown, to know what is new."""

    told: tuple[int, int, int] = (-1, 0, 0)
    """The place, and of its question the tries and the hints."""
    is_hint: bool = False

    def row(self, view: LessonView, width: int) -> int | None:
        """The row of the story that must be in sight with what stands below it; None before the first try or hint."""
        session = view.session
        question = session.question_id(session.step)
        tries, hints = len(session.attempts.get(question, ())), session.hints.get(question, 0)
        before, self.told = self.told, (session.place, tries, hints)
        if before[:2] != self.told[:2]:
            self.is_hint = False
        elif hints > before[2]:
            self.is_hint = True
        return len(view.story(width)) if self.is_hint else view.verdict_row(width)
