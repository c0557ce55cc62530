"""Compiles a user's kernels while nothing else happens, so that the first training need not wait for it.

Nothing of this is on the screen's thread but a look at the clock. The process gives way at once to a training.
"""

from __future__ import annotations

import asyncio
import math
import os
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING

from tutor.tui.children import GIVING_WAY, ended, launched

if TYPE_CHECKING:
    from textual.app import App

MODULE = "tutor.kernel_warmer"
LOOK = 2.0
"""Seconds between looks."""
IDLE = 5.0
"""Seconds without a key after which nothing seems to happen."""
AGAIN = 20.0
"""Seconds after which it is tried again where another session compiles, or where this one gave way."""
OVER = frozenset({0, 1})
"""Exit statuses after which nothing is left to do."""


def wanted(environ: Mapping[str, str], setting: str) -> str:
    """What TUTOR_WARM says, else the setting: on, off, or now, which waits neither for idleness nor for a processor."""
    said = environ.get("TUTOR_WARM", "").lower()
    return {"0": "off", "false": "off", "off": "off", "now": "now"}.get(said, "on" if said else setting)


def load() -> float:
    """How many processes wanted a processor in the last minute; inf where the machine does not tell."""
    try:
        return os.getloadavg()[0]
    except OSError:
        return math.inf


def is_crowded() -> bool:
    """Whether more wants to run on this machine than it has processors, or may."""
    return load() > (os.cpu_count() or 1)


class Warming:
    """Of one app: `look` is called again and again, `step` is what comes of it."""

    def __init__(self, app: App[None]) -> None:
        self.app = app
        self.heard = time.monotonic()
        self.not_before = 0.0
        self.is_over = False
        self.task: asyncio.Task[None] | None = None

    def look(self, setting: str) -> None:
        """Begins if this is the moment, and ends where it is no longer wanted."""
        how, now = wanted(os.environ, setting), time.monotonic()
        if how == "off":
            self.end()
        elif self.task is None and not self.is_over and now >= self.not_before and not self.is_training():
            is_quiet = now - self.heard >= IDLE and not is_crowded()
            self.task = asyncio.create_task(self.warm()) if how == "now" or is_quiet else None

    def is_training(self) -> bool:
        """Whether a screen is open on which one trains."""
        return any(getattr(screen, "trains", False) for screen in self.app.screen_stack)

    def end(self) -> None:
        """The process with it."""
        if self.task is not None:
            self.task.cancel()

    async def warm(self) -> None:
        """One process, to its end; not where everything is compiled."""
        try:
            status = 0 if await asyncio.to_thread(_is_warm) else await self.run()
            self.is_over = status in OVER
        except OSError:  # no further process, or files that cannot be looked at
            self.is_over = True
        finally:
            self.not_before = time.monotonic() + AGAIN
            self.task = None

    async def run(self) -> int:
        """The exit status of the process."""
        process = await launched(MODULE, 1 << 16)
        GIVING_WAY.add(process)
        try:
            return await process.wait()
        finally:  # also when the app ends, which cancels this
            GIVING_WAY.discard(process)
            await ended(process)


def _is_warm() -> bool:
    from engine.warmth import is_warm

    return is_warm()
