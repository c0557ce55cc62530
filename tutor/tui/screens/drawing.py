"""The part of the lesson screen that shows what another process draws: pictures of graphs, and bugs of bug steps."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from textual import work

from tutor.tui.marking.bugs import is_hidden, with_bugs_shown
from tutor.tui.screens.beside import BADLY_SAID
from tutor.tui.screens.marking import MarkingScreen

if TYPE_CHECKING:
    from tutor.figures.figure import Figure
    from tutor.questions import Question
    from tutor.session import Session


class DrawingScreen(MarkingScreen):
    """A picture follows the numbers as fast as it can be drawn; keys never wait for it."""

    def __init__(self) -> None:
        super().__init__()
        self.drawing = False
        self.drawn: Session | None = None
        self.bugs_sought: set[str] = set()

    def replace(self, session: Session) -> None:
        """Another session; its picture, or its bug, is sent for."""
        super().replace(session)
        if not self.drawing and is_undrawn(session, self.drawn):
            self.draw_picture()
        question = session.question()
        if question is not None and is_hidden(question) and question.id not in self.bugs_sought:
            self.bugs_sought.add(question.id)
            self.fetch_bug(session, question)

    # -- pictures

    @work(group="picture")
    async def draw_picture(self) -> None:
        """The picture of the present step, until it is the one of the present numbers: what changes fast is skipped."""
        self.drawing = True
        try:
            while (session := self.session) is not None and is_undrawn(session, self.drawn):
                self.drawn = session
                figure = await self.picture(session)
                if self.panes is not None:
                    self.panes.figures[session.place] = figure
                    self.update()
        except TimeoutError:
            self.say("This picture takes too long.")
        finally:
            self.drawing = False

    async def picture(self, session: Session) -> Figure:
        """The picture of a session's step. Raises TimeoutError."""
        from tutor.figures.figure import from_dict
        from tutor.figures.kinds import figure_or_reason

        reply = await self.asked(session, {"do": "draw", "place": session.place, "row": session.row})
        try:
            return from_dict(reply["figure"])
        except BADLY_SAID:
            return await asyncio.to_thread(figure_or_reason, session, session.step)

    # -- bugs

    @work(group="marking")
    async def fetch_bug(self, session: Session, question: Question) -> None:
        """What is broken at a bug step."""
        from engine.errors import EngineError
        from tutor.tui.marking.verdicts import decided

        try:
            reply = await self.asked(session, {"do": "bug", "place": session.place})
            found = decided(question, reply["question"])
        except (*BADLY_SAID, TimeoutError):
            try:
                shown = with_bugs_shown(session)
                made: Question | None = await asyncio.to_thread(lambda: shown.question())
                found = made or question
            except EngineError as error:
                found = replace(question, ask=f"This question cannot be asked: {error}")
        if self.session is not None:
            known = MappingProxyType({**self.session.decided, question.id: found})
            self.session = replace(self.session, decided=known)
            self.update()


def is_undrawn(session: Session, drawn: Session | None) -> bool:
    """Whether the present step has a picture of a graph, and the last one drawn is of another place or number."""
    from tutor.figures.kinds import is_slow

    picture = session.step.picture
    if picture is None or is_slow(picture):
        return False
    at = session.place, session.row
    return drawn is None or drawn.graphs is not session.graphs or (drawn.place, drawn.row) != at
