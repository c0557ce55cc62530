"""The app's end of the training process: starts it on first need, sends commands, hands on what it reports.

One process serves the whole life of the app: a training screen attaches to it and leaves it again. Runs that were left
stay in it, at rest.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any
from weakref import WeakKeyDictionary

from tutor.tui.children import ended, give_way, launched, messages
from tutor.tui.training.lines import encoded
from tutor.tui.training.looking import Looking

MOST_LINE = 8 << 20
GRACE = 1.0
"""Seconds that the process has, once its input has ended, to keep where its runs are."""

Heard = Callable[[Mapping[str, Any]], None]


class TrainingProcess:
    """While a screen is attached, `heard` is called with every message, and `ended` once when the process is gone
    without being asked."""

    def __init__(self) -> None:
        self._heard: Heard | None = None
        self._ended: Callable[[], None] | None = None
        self._process: asyncio.subprocess.Process | None = None
        self._listening: asyncio.Task[None] | None = None
        self._waiting: list[Mapping[str, Any]] = []
        self.looks: dict[str, Looking] = {}
        """How runs were looked at that were begun and left, by what they were opened with."""

    def attach(self, heard: Heard, ended: Callable[[], None], opening: Mapping[str, Any]) -> None:
        """From now on a screen hears; the process is started if need be, with its first command."""
        self._heard, self._ended = heard, ended
        give_way()
        if self._listening is None or self._listening.done():
            self._waiting = [opening]
            self._listening = asyncio.create_task(self._serve())
            self._listening.add_done_callback(_told_if_broken)
        else:
            self.send(opening)

    def detach(self, heard: Heard) -> None:
        """The screen has gone: nothing trains unseen."""
        if self._heard == heard:
            self._heard = self._ended = None
            self.send({"do": "leave"})

    async def _serve(self) -> None:
        try:
            self._process = await launched("tutor.tui.training.workshop", MOST_LINE)
        except OSError:  # the machine allows no further process
            if self._ended is not None:
                self._ended()
            return
        waiting, self._waiting = self._waiting, []
        for command in waiting:
            self.send(command)
        try:
            await self._listen(self._process)
        finally:  # also when the app ends, which cancels this
            await ended(self._process, GRACE)
            self._process = None
        if self._ended is not None:
            self._ended()

    async def _listen(self, process: asyncio.subprocess.Process) -> None:
        async for message in messages(process):
            if self._heard is not None:
                self._heard(message)

    @property
    def alive(self) -> bool:
        """Whether there is a process to talk to."""
        return self._process is not None and self._process.returncode is None

    def send(self, command: Mapping[str, Any]) -> None:
        """A command; it waits for a process that is being started, and is lost if the process is gone, which `ended`
        tells."""
        process = self._process
        if process is None and self._listening is not None and not self._listening.done():
            self._waiting.append(command)
        elif process is not None and process.stdin is not None and process.returncode is None:
            with suppress(OSError, RuntimeError):
                process.stdin.write(encoded(command))

    async def end(self) -> None:
        """Ends the process and waits until it is gone."""
        self._heard = self._ended = None
        listening, self._listening = self._listening, None
        if listening is not None:
            listening.cancel()
            with suppress(asyncio.CancelledError):
                await listening


_OF_APPS: WeakKeyDictionary[Any, TrainingProcess] = WeakKeyDictionary()


def process_of(app: Any) -> TrainingProcess:
    """The one of an app. It ends with the app: its task is cancelled, or its input ends."""
    return _OF_APPS.setdefault(app, TrainingProcess())


def _told_if_broken(listening: asyncio.Task[None]) -> None:
    """Raises what broke it, for the app, which tells it: nobody waits for this task."""
    if not listening.cancelled():
        listening.result()
