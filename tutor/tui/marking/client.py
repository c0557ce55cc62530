"""The app's end of the process that marks: starts it on first need, asks it, and starts it once more if it died."""

from __future__ import annotations

import asyncio
from asyncio.subprocess import Process
from collections.abc import Mapping
from contextlib import suppress
from typing import Any
from weakref import WeakKeyDictionary

from tutor.tui.children import ended, launched, messages
from tutor.tui.training.lines import encoded

MODULE = "tutor.tui.marking.marker"
MOST_LINE = 8 << 20
PATIENCE = 30.0
"""Seconds that a reply may take."""
TRIES = 2


class GoneError(Exception):
    """There is no process to mark, though it was started again."""


class RefusedError(Exception):
    """The process cannot do what was asked of it; says why."""


class MarkingProcess:
    """One process for the whole life of an app. Requests are served in the order in which they are asked."""

    def __init__(self) -> None:
        self._serving: asyncio.Task[None] | None = None
        self._process: Process | None = None
        self._unsent: list[bytes] = []
        self._open: dict[int, asyncio.Future[Mapping[str, Any]]] = {}
        self._count = 0

    async def ask(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        """The reply to a request.

        Raises RefusedError if it holds a fault, GoneError if the process died over it twice, and TimeoutError where
        it takes too long.
        """
        for _ in range(TRIES):
            reply = await self._asked(request)
            if "fault" in reply:
                raise RefusedError(str(reply["fault"]))
            if reply:
                return reply
        raise GoneError

    async def _asked(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        """The reply; empty if the process has ended instead."""
        self._count += 1
        number = self._count
        reply = self._open[number] = asyncio.get_running_loop().create_future()
        self._send(encoded({**request, "n": number}))
        try:
            async with asyncio.timeout(PATIENCE):
                found: Mapping[str, Any] = await reply
                return found
        except TimeoutError:
            self._kill()
            raise
        finally:
            self._open.pop(number, None)

    def _send(self, line: bytes) -> None:
        if self._process is not None and self._process.stdin is not None:
            with suppress(OSError, RuntimeError):  # it ends: `_serve` tells all who wait
                self._process.stdin.write(line)
            return
        self._unsent.append(line)
        if self._serving is None or self._serving.done():
            self._serving = asyncio.create_task(self._serve())

    def _kill(self) -> None:
        if self._process is not None:
            with suppress(ProcessLookupError):
                self._process.kill()

    async def _serve(self) -> None:
        """Starts the process and hands on its replies; in the end nobody waits any more."""
        try:
            process = self._process = await launched(MODULE, MOST_LINE)
            try:
                for line in self._unsent:
                    self._send(line)
                self._unsent.clear()
                await self._listen(process)
            finally:  # also when the app ends, which cancels this
                self._process = None
                await ended(process)
        except OSError:  # the machine allows no further process
            pass
        finally:
            self._unsent.clear()
            for reply in self._open.values():
                if not reply.done():
                    reply.set_result({})

    async def _listen(self, process: Process) -> None:
        async for message in messages(process):
            reply = self._open.get(message["n"]) if type(message.get("n")) is int else None
            if reply is not None and not reply.done():
                reply.set_result(message)


_OF_APPS: WeakKeyDictionary[Any, MarkingProcess] = WeakKeyDictionary()


def marking_of(app: Any) -> MarkingProcess:
    """The one of an app. It ends with the app: its task is cancelled, or its input ends."""
    return _OF_APPS.setdefault(app, MarkingProcess())
