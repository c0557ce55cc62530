"""The part of the lesson screen that asks the process beside it, which marks and draws what needs NumPy."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from textual import work

from tutor.tui.marking.client import GoneError, RefusedError, marking_of
from tutor.tui.screens.answering import AnsweringScreen

if TYPE_CHECKING:
    from tutor.request import Request
    from tutor.session import Session

    Found = TypeVar("Found")

MARKING = "Marking…"
GONE = "The process that marks has ended; this was done without it."
SHOWN_AFTER = 0.15
"""Seconds after which it is said that an answer is being marked."""
STARTED_AFTER = 0.2
"""Seconds after a step is painted in which the process is started that will mark its answer."""
NEAR = 3
BADLY_SAID = (ValueError, LookupError, TypeError, AttributeError)
"""What a reply that is none raises where it is read; then a thread of this process does the work."""


class BesideScreen(AnsweringScreen):
    """The process is started when it will be needed soon."""

    request: Request

    def __init__(self) -> None:
        super().__init__()
        self.started = False

    def replace(self, session: Session) -> None:
        """Another session; near a question, the process that marks is got ready."""
        super().replace(session)
        if is_near(session) and not self.started and not self.app.is_headless:
            self.started = True
            self.set_timer(STARTED_AFTER, self.start_marking)

    @work(group="starting")
    async def start_marking(self) -> None:
        """The process is ready before the first answer is."""
        if self.session is not None:
            await self.asked(self.session, {"do": "open"})

    async def asked(self, session: Session, request: Mapping[str, Any]) -> Mapping[str, Any]:
        """What the process that marks replies; empty if it cannot. Raises TimeoutError."""
        about = {
            "lesson": str(session.loaded.path), "sha256": session.loaded.sha256, "seed": self.request.seed,
            "settings": list(self.request.settings), "variant": session.variant,
        }  # fmt: skip
        from tutor.tui.marking.verdicts import numbers_of

        try:
            return await marking_of(self.app).ask({**request, "about": about, "numbers": numbers_of(session)})
        except RefusedError:
            return {}
        except GoneError:
            if request["do"] != "open":
                self.say(GONE)
            return {}

    async def said_if_late(self, found: Awaitable[Found]) -> Found:
        """Waits; after a moment it is said what for."""
        task = asyncio.ensure_future(found)
        try:
            _, late = await asyncio.wait((task,), timeout=SHOWN_AFTER)
            if late and not self.message:
                self.say(MARKING)
            return await task
        finally:
            task.cancel()
            if self.message == MARKING:
                self.message = ""


def is_near(session: Session) -> bool:
    """Whether the process that marks is needed here or soon."""
    coming = session.steps[session.place : session.place + NEAR]
    return any(step.ask or step.bug or step.predict or step.picture is not None for step in coming)
