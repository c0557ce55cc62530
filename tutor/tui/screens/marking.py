"""The part of the lesson screen that has answers and predictions marked by the process beside it.

Keys never wait for that. Should the process be gone for good, a thread of this one does its work, and that is said.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

from textual import work

from tutor.tui.marking.bugs import with_bugs_shown
from tutor.tui.rows.draft import Draft
from tutor.tui.screens.beside import BADLY_SAID, MARKING, BesideScreen

if TYPE_CHECKING:
    from tutor.lesson import Step
    from tutor.marking import Mark
    from tutor.questions import Question
    from tutor.session import Attempt, Session

TOO_LONG = "Marking this takes too long; it was stopped. Is there a simpler way to write it?"

NUMBERS = frozenset(("number", "result"))
"""Kinds of question whose wrong answer is written anew; longer ones are mended."""


class MarkingScreen(BesideScreen):
    """Attempts come into the session when they have been marked."""

    def __init__(self) -> None:
        super().__init__()
        self.being_marked: set[tuple[str, str]] = set()
        self.recalling = False

    def replace(self, session: Session) -> None:
        """Another session; answers that the journal brought are marked again."""
        super().replace(session)
        if not self.recalling and self.first_remembered() is not None:
            self.mark_again()

    # -- answers

    def answer(self, text: str) -> None:
        """Has an answer marked; the same one is not sent twice."""
        question = self.session.question() if self.session is not None else None
        if self.session is None or question is None:
            return
        if (question.id, text) in self.being_marked:
            self.say(MARKING)
            return
        self.being_marked.add((question.id, text))
        self.note_sent()
        self.mark_answer(self.session, question, text)

    @work(group="marking")
    async def mark_answer(self, session: Session, question: Question, text: str) -> None:
        """Waits for the mark of an answer and shows it."""
        from tutor.session import Attempt

        try:
            mark = await self.said_if_late(self.marked(session, session.step, question, text))
        except TimeoutError:
            self.say(TOO_LONG)
        else:
            self.answered(session.place, question, Attempt(text, mark))
        finally:
            self.being_marked.discard((question.id, text))

    async def marked(self, session: Session, step: Step, question: Question, text: str) -> Mark:
        """The mark of an answer to the question of a step. Raises TimeoutError."""
        from tutor.tui.marking.verdicts import mark_of, said_of_question

        if not text.strip():
            return session.marked(text, question, step)
        known = session.decided.get(question.id) if question.kind != "bug" else None
        request = {
            "do": "mark", "place": place_of(session, step), "text": text,
            "decided": None if known is None else said_of_question(known),
        }  # fmt: skip
        reply = await self.asked(session, request)
        try:
            return mark_of(reply["mark"])
        except BADLY_SAID:
            return await asyncio.to_thread(marked_here, session, step, text)

    def answered(self, place: int, question: Question, attempt: Attempt) -> None:
        """Keeps an answer with its mark; a right one empties the line, unless something else stands there by now."""
        if self.session is None:
            return
        session = self.session.with_attempt(question.id, attempt)
        here = session.place == place
        if here:
            self.replace(session)
        else:
            self.session = session
            self.remember(session)
        best, draft = session.best(question.id), self.drafts.get(question.id, Draft())
        unchanged = draft.is_empty or draft.answer(question.kind) == attempt.answer
        if best is not None and best.mark.verdict in {"right", "unscored"} and unchanged:
            self.drafts[question.id] = Draft(cursor=draft.cursor, picked=draft.picked)
            if here:
                self.keep(self.drafts[question.id])
                self.stage.focused_name = "story"
        elif here and unchanged and question.kind in NUMBERS and attempt.mark.verdict in {"wrong", "imprecise"}:
            self.entry.choose()
        if not draft.unsent.is_empty and draft.answer(question.kind) != attempt.answer:
            self.noted.pop(question.id, None)  # the answer took the place of what was typed since
            self.note()
        self.update()

    # -- answers of earlier sessions

    @work(group="marking")
    async def mark_again(self) -> None:
        """What the journal has of earlier answers is their verdicts; here the rest of their marks is found again."""
        self.recalling = True
        try:
            while (found := self.first_remembered()) is not None:
                session, step, question, i = found
                mark = await self.marked(session, step, question, session.attempts[question.id][i].answer)
                self.learn(question.id, i, mark)
        except TimeoutError:
            return  # the journal's verdicts stay; nothing is asked again on this screen
        self.recalling = False
        self.update()

    def first_remembered(self) -> tuple[Session, Step, Question, int] | None:
        """The next attempt to mark again: session, step, question, number. None if that is all that can be marked."""
        if self.session is None or not any(a.remembered for tried in self.session.attempts.values() for a in tried):
            return None
        for step, question in self.session.questions():
            for i, attempt in enumerate(self.session.attempts.get(question.id, ())):
                if attempt.remembered and not is_undecided(self.session, step, question):
                    return self.session, step, question, i
        return None

    def learn(self, question_id: str, i: int, mark: Mark) -> None:
        """The mark of an attempt that was remembered."""
        if self.session is None:
            return
        tried = list(self.session.attempts[question_id])
        tried[i] = replace(tried[i], mark=mark, remembered=False)
        self.session = self.session.with_attempts(question_id, tuple(tried))

    # -- predictions

    @work(group="marking")
    async def predict(self, session: Session, text: str) -> None:
        """Has a prediction marked and shows what came of it; a wrong one leaves the line empty for the next."""
        from tutor.predictions import predicted, spot
        from tutor.tui.marking.verdicts import mark_of

        at = {"place": session.place, "row": session.row, "cursor": session.cursor}
        self.note_sent()
        try:
            reply = await self.said_if_late(self.asked(session, {"do": "predict", "text": text, **at}))
        except TimeoutError:
            self.say(TOO_LONG)
            return
        try:
            mark = mark_of(reply["mark"])
        except BADLY_SAID:
            mark = await asyncio.to_thread(predicted, session, text)
        if self.panes is not None and self.session is not None:
            self.panes.take_prediction(spot(session), mark)
            if spot(self.session) == spot(session):
                still = self.panes.predicting(self.session)
                mended = mark.verdict == "unreadable" or self.draft.text != text
                self.keep(replace(self.draft, text=self.draft.text if still and mended else ""))
                self.stage.focused_name = "entry" if still else "step"
            self.update()


def is_undecided(session: Session, step: Step, question: Question) -> bool:
    """Whether runs decide a question, and have not yet."""
    from tutor.run_questions import is_open

    return is_open(step) and question.id not in session.decided


def place_of(session: Session, step: Step) -> int:
    """Which step of the lesson it is, from 0."""
    return next(i for i, other in enumerate(session.steps) if other is step)


def marked_here(session: Session, step: Step, text: str) -> Mark:
    """The mark of an answer without the other process."""
    session = with_bugs_shown(session)
    question = session.question(step)
    assert question is not None
    return session.marked(text, question, step)
