"""The screen's end of the training process: starts it on first need, sends commands, hands on what it reports."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import tutor
from tutor.tui.training.snapshot import decoded, encoded

MOST_LINE = 8 << 20


class TrainingProcess:
    """`heard` is called with every message; `ended` once, when the process is gone without being asked."""

    def __init__(self, heard: Callable[[Mapping[str, Any]], None], ended: Callable[[], None]) -> None:
        self.heard = heard
        self.ended = ended
        self._process: asyncio.subprocess.Process | None = None
        self._asked_to_end = False

    async def serve(self, opening: Mapping[str, Any]) -> None:
        """Starts the process with its first command, and listens until it ends."""
        home = str(Path(tutor.__file__).resolve().parents[1])
        # -P: nothing is imported from the folder one happens to be in
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, "-P", "-m", "tutor.tui.training.workshop",
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": home}, limit=MOST_LINE,
        )  # fmt: skip
        self.send(opening)
        await self._listen()

    async def _listen(self) -> None:
        assert self._process is not None and self._process.stdout is not None
        reports = self._process.stdout
        while line := await reports.readline():
            self.heard(decoded(line))
        if not self._asked_to_end:
            self.ended()

    @property
    def alive(self) -> bool:
        """Whether there is a process to talk to."""
        return self._process is not None and self._process.returncode is None

    def send(self, command: Mapping[str, Any]) -> None:
        """A command; lost if the process is gone, which `ended` tells."""
        process = self._process
        if process is not None and process.stdin is not None and process.returncode is None:
            with suppress(OSError, RuntimeError):
                process.stdin.write(encoded(command))

    async def end(self) -> None:
        """Ends the process and waits until it is gone."""
        self._asked_to_end = True
        process, self._process = self._process, None
        if process is None:
            return
        with suppress(ProcessLookupError):
            process.kill()
        if process.stdin is not None:
            process.stdin.close()
        await process.wait()
        process._transport.close()  # type: ignore[attr-defined]
