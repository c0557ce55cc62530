"""The part of the lesson screen that goes on: where one stopped, to open questions, to another lesson."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from textual import work

from tutor.text import safe
from tutor.tui.rows.catalogue_rows import following
from tutor.tui.screens.sorting import SortingScreen

if TYPE_CHECKING:
    from tutor.course import Course, Entry
    from tutor.session import Session
    from tutor.tui.desk import Desk

MOST_NAMED = 3


class GoingOnScreen(SortingScreen):
    """Knows what earlier sessions did. `go_on`: begins where they stopped; `wanted`: at the question of that id."""

    go_on = False
    wanted = ""
    asked_to_leave = False
    """Whether the last key was one that leaves, and it was asked whether that is meant."""

    def __init__(self) -> None:
        super().__init__()
        self.earlier: Session | None = None
        """Where an earlier session stopped, as long as one can go on there."""

    @property
    def desk(self) -> Desk:
        """The app."""
        return self.app  # type: ignore[return-value]

    # -- where an earlier session stopped

    def begun(self, session: Session) -> Session:
        """The session as it begins: with the answers of earlier ones, which count from its first step on."""
        earlier = self.earlier
        if earlier is not None:
            there = self.go_on or bool(self.wanted)
            session = earlier if there else earlier.go(0)
            if there or is_past(session, earlier):
                self.earlier = None
            memory = getattr(self.app, "memory", None)
            if memory is not None:
                memory.adopt(session)
        at = [session.steps.index(step) for step, question in session.questions() if question.id == self.wanted]
        return session.go(at[0]) if at else session

    def replace(self, session: Session) -> None:
        """Another session; one that has come as far as the earlier one goes on from itself."""
        if self.earlier is not None and is_past(session, self.earlier):
            self.earlier = None
        super().replace(session)

    def action_original(self) -> None:
        """The lesson's own numbers; before anything was changed, to where an earlier session stopped."""
        changed = self.panes is not None and self.panes.play.history
        if self.earlier is not None and not changed:
            stop = self.earlier
            self.move(lambda session: session.go(stop.place).go_in_walk(stop.cursor))
        else:
            super().action_original()

    # -- open questions

    def action_open_question(self) -> None:
        """To the next question that is still open; after the last of them to the first."""
        session = self.session
        if session is None:
            return
        places = [place for place, _ in open_questions(session)]
        if places:
            later = (place for place in places if place > session.place)
            self.replace(session.go(next(later, places[0])))
        else:
            self.say("Every question is answered." if session.questions() else "This lesson asks no questions.")

    # -- the next lesson

    @property
    def next_lesson(self) -> Entry | None:
        """The one after this in the course, as far as that is known."""
        course = self.desk.course
        return following(course, self.session.loaded.lesson.id) if course and self.session else None

    def action_next_lesson(self) -> None:
        """To the next lesson of the course."""
        if self.session is None:
            return
        if self.desk.course is None:
            self.look_for_lessons()
        else:
            self.follow_course()

    @work
    async def look_for_lessons(self) -> None:
        """Reads the catalogue, off the screen's thread, before the next lesson is gone to."""
        from tutor.course import course

        found: Course = await asyncio.to_thread(course)
        self.desk.course = found
        self.follow_course()

    def follow_course(self) -> None:
        """The next lesson in place of this one; that there is none is said."""
        entry = self.next_lesson
        if entry is None:
            self.say("No lesson of the course comes after this one.")
        elif self.may_leave() and self.is_at_end():
            if len(self.app.screen_stack) > 1:
                self.dismiss()
            self.app.call_later(self.desk.visit, entry)

    def is_at_end(self) -> bool:
        """Whether the lesson ends here, or it was asked before whether it is to be left on the way."""
        if self.asked_to_leave or self.session is None or self.session.place == len(self.session.steps) - 1:
            return True
        self.asked_to_leave = True
        self.say("This lesson goes on. l again opens the next one, any other key stays.")
        return False

    def may_leave(self) -> bool:
        """Whether nothing would be lost, or it was asked before."""
        raise NotImplementedError

    def ended(self, session: Session) -> str:
        """What is said after the last step."""
        entry = self.next_lesson
        return ended(session, entry.title if entry else "")


def is_past(session: Session, stop: Session) -> bool:
    """Whether a session has come as far as another one."""
    return (session.place, session.cursor) >= (stop.place, stop.cursor)


def open_questions(session: Session) -> list[tuple[int, str]]:
    """The steps and ids of the questions that are not answered, or not with all points."""
    found = []
    for step, question in session.questions():
        best = session.best(question.id)
        if best is None or (question.kind != "essay" and best.mark.points < question.points):
            found.append((session.steps.index(step), question.id))
    return found


def ended(session: Session, following: str = "") -> str:
    """What is said after the last step: points, what is still open, and where one can go."""
    still = open_questions(session)
    points = f": {session.points:g} of {session.possible_points:g} points" if session.possible_points else ""
    named = [f"step {place + 1} ({safe(name, 30)})" for place, name in still[:MOST_NAMED]]
    named += [f"{len(still) - MOST_NAMED} more"] if len(still) > MOST_NAMED else []
    left = f" Still open: {', '.join(named)}; f goes there." if named else ""
    after = f" l: the next lesson, {safe(following, 60)}." if following else ""
    return f"The lesson ends here{points}.{left}{after} q leaves."
