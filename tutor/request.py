"""What a command line asks for, as plain data that every face can take."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self


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

    @classmethod
    def opening(cls, said: Mapping[str, Any]) -> Self:
        """From what one process says to another of the lesson to open: `lesson`, and maybe `settings`, `seed`,
        `variant`."""
        settings = tuple(map(str, said.get("settings", ())))
        return cls(str(said["lesson"]), settings=settings, seed=said.get("seed"), variant=said.get("variant"))
