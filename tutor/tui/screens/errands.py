"""The part of the lesson screen that sends for what takes training: pictures of runs, and answers that runs decide."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from textual import work

from tutor.tui.children import ended, give_way, launched
from tutor.tui.screens.drawing import DrawingScreen
from tutor.tui.screens.marking import is_undecided

if TYPE_CHECKING:
    from tutor.request import Request
    from tutor.session import Session

MOST_REPLY = 16 << 20
WAIT = "A run decides this, and it is still training: your answer is marked when it is done."


class ErrandScreen(DrawingScreen):
    """Each step that needs it sends another process once; what comes back is kept as long as the screen."""

    request: Request

    def __init__(self) -> None:
        super().__init__()
        self.sent_for: set[int] = set()
        self.faults: dict[int, str] = {}
        self.waiting: dict[int, str] = {}
        """Answers, by step, that wait for a run."""

    def replace(self, session: Session) -> None:
        """Another session; its step's errand begins."""
        super().replace(session)
        if needs_errand(session) and session.place not in self.sent_for:
            self.sent_for.add(session.place)
            self.run_errand(session.place)

    def answer(self, text: str) -> None:
        """An answer that runs decide waits for them."""
        session = self.session
        question = session.question() if session is not None else None
        if session is not None and question is not None and is_undecided(session, session.step, question):
            fault = self.faults.get(session.place, "")
            if not fault:
                self.waiting[session.place] = text
            self.say(f"This question cannot be marked: {fault}" if fault else WAIT)
            return
        super().answer(text)

    @work
    async def run_errand(self, place: int) -> None:
        """Has a process make the picture, and takes what it says."""
        session = self.session
        if session is None:
            return
        reply = await fetched(
            {
                "lesson": str(session.loaded.path), "settings": list(self.request.settings), "seed": self.request.seed,
                "variant": self.request.variant, "place": place,
            }
        )  # fmt: skip
        self.take_reply(place, reply)

    def take_reply(self, place: int, reply: Mapping[str, Any]) -> None:
        """The picture into the panes, the answer into the session."""
        from tutor.figures.figure import Untold, from_dict

        if self.panes is None or self.session is None:
            return
        if "fault" in reply:
            self.faults[place] = str(reply["fault"])
            self.panes.figures[place] = Untold("", self.faults[place])
        if "figure" in reply:
            self.panes.figures[place] = from_dict(reply["figure"])
        if "settled" in reply:
            from tutor.tui.marking.verdicts import decided

            question = self.session.question(self.session.steps[place])
            assert question is not None
            known = {**self.session.decided, question.id: decided(question, reply["settled"])}
            self.session = replace(self.session, decided=MappingProxyType(known))
        waits = self.waiting.pop(place, None)
        if self.message == WAIT:
            self.message = ""
        if waits is not None and place == self.session.place:
            self.answer(waits)
        self.update()


def needs_errand(session: Session) -> bool:
    """Whether the present step shows or asks what takes training."""
    from tutor.figures.kinds import is_slow
    from tutor.run_questions import is_open

    step = session.step
    return is_open(step) or (step.picture is not None and is_slow(step.picture))


async def fetched(request: Mapping[str, Any]) -> Mapping[str, Any]:
    """What the other process replies; it is ended if the screen goes."""
    give_way()
    process = await launched("tutor.figures.errand", MOST_REPLY)
    try:
        out, _ = await process.communicate((json.dumps(request) + "\n").encode())
        found: Mapping[str, Any] = json.loads(out)
        return found
    except ValueError:
        return {"fault": "the process that trains has ended without a result"}
    finally:
        await ended(process)
