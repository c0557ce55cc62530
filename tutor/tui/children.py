"""Processes of this program beside the screen: how one is begun, and how it is ended for certain."""

from __future__ import annotations

import asyncio
import os
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import tutor
from tutor.tui.training.lines import decoded

GIVING_WAY: set[Process] = set()
"""Processes that work ahead, and end at once when the processor is needed."""


async def launched(module: str, most_line: int) -> Process:
    """A module of this program as a process that is talked to line by line; lines from it have at most so many bytes.

    Raises OSError where the machine allows no further process.
    """
    home = str(Path(tutor.__file__).resolve().parents[1])
    # -P: nothing is imported from the folder one happens to be in; a session of its own: no key of the terminal ends it
    return await asyncio.create_subprocess_exec(
        sys.executable, "-P", "-m", module, stdin=PIPE, stdout=PIPE, stderr=DEVNULL,
        env={**os.environ, "PYTHONPATH": home}, limit=most_line, start_new_session=True,
    )  # fmt: skip


async def messages(process: Process) -> AsyncIterator[dict[str, Any]]:
    """What a process says, line by line, until it ends, or says a line that is longer than it may be."""
    assert process.stdout is not None
    with suppress(ValueError):
        while line := await process.stdout.readline():
            yield decoded(line)


def give_way() -> None:
    """Training begins: whatever only works ahead is killed."""
    for process in GIVING_WAY:
        with suppress(ProcessLookupError):
            process.kill()


async def ended(process: Process, grace: float = 0.0) -> None:
    """Ends a process: its input ends, then, after so many seconds, it is killed."""
    if process.returncode is None:
        if process.stdin is not None:
            process.stdin.close()
        if grace:
            with suppress(TimeoutError):
                await asyncio.wait_for(process.wait(), grace)
    if process.returncode is None:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()
    process._transport.close()  # type: ignore[attr-defined]
