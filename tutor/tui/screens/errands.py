"""The part of the lesson screen that sends for what takes training: pictures of runs, and answers that runs decide."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from textual import work

import tutor
from tutor.tui.screens.answering import AnsweringScreen

if TYPE_CHECKING:
    from tutor.questions import Question
    from tutor.request import Request
    from tutor.session import Session

MOST_REPLY = 16 << 20
WAIT = "A run decides this, and it is still training: send it again in a moment."


class ErrandScreen(AnsweringScreen):
    """Each step that needs it sends another process once; what comes back is kept as long as the screen."""

    request: Request

    def __init__(self) -> None:
        super().__init__()
        self.sent_for: set[int] = set()
        self.faults: dict[int, str] = {}

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
        if session is not None and question is not None and is_undecided(session, question):
            fault = self.faults.get(session.place, "")
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
            question = self.session.question(self.session.steps[place])
            assert question is not None
            known = {**self.session.decided, question.id: decided(question, reply["settled"])}
            self.session = replace(self.session, decided=MappingProxyType(known))
        self.update()


def needs_errand(session: Session) -> bool:
    """Whether the present step shows or asks what takes training."""
    from tutor.figures.kinds import is_slow
    from tutor.run_questions import is_open

    step = session.step
    return is_open(step) or (step.picture is not None and is_slow(step.picture))


def is_undecided(session: Session, question: Question) -> bool:
    """Whether runs decide the present question, and have not yet."""
    from tutor.run_questions import is_open

    return is_open(session.step) and question.id not in session.decided


def decided(question: Question, said: Mapping[str, Any]) -> Question:
    """The question with what the other process found."""
    choices = tuple(replace(one, right=right) for one, right in zip(question.choices, said["rights"], strict=True))
    others = tuple((str(name), float(value)) for name, value in said["others"])
    return replace(question, target=str(said["target"]), others=others, choices=choices)


async def fetched(request: Mapping[str, Any]) -> Mapping[str, Any]:
    """What the other process replies; it is ended if the screen goes."""
    home = str(Path(tutor.__file__).resolve().parents[1])
    # -P: nothing is imported from the folder one happens to be in
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-P", "-m", "tutor.figures.errand",
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": home}, limit=MOST_REPLY,
    )  # fmt: skip
    try:
        out, _ = await process.communicate((json.dumps(request) + "\n").encode())
        found: Mapping[str, Any] = json.loads(out)
        return found
    except ValueError:
        return {"fault": "the process that trains has ended without a result"}
    finally:
        if process.returncode is None:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()
