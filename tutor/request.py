"""What a command line asks for, as plain data that every face can take."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Request:
    """A lesson to open or run: a file or an id, and what to change about it."""

    lesson: str
    format: str = "text"
    settings: tuple[str, ...] = ()
    seed: int | None = None
    variant: str | None = None
    answers: str | None = None
    out: str | None = None
