"""What goes wrong in words: a place, what was found there, and what would be right. And the exit statuses."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum

from engine.errors import closest as nearest
from tutor.text import quoted, safe

_LONG_WORD = re.compile(r"(\S{60})\S+")
"""A name of hundreds of letters helps nobody to find it."""


class ExitCode(IntEnum):
    """The exit statuses, which scripts may rely on."""

    done = 0
    failed = 1  # done, but an answer was wrong, a check failed or a run diverged
    usage = 2  # bad input or usage
    interrupted = 130


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong with one file.

    `line` and `column` count from 1, columns in characters; None where the whole file is meant. All text becomes safe.
    """

    file: str
    line: int | None
    column: int | None
    what: str
    cure: str | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "file", safe(self.file, 500))
        object.__setattr__(self, "what", safe(_LONG_WORD.sub(r"\1…", self.what), 400))
        object.__setattr__(self, "cure", safe(self.cure, 300) if self.cure else None)

    def __str__(self) -> str:
        place = ":".join(str(part) for part in (self.file, self.line, self.column) if part is not None)
        return f"{place}: {self.what}; {self.cure}" if self.cure else f"{place}: {self.what}"

    @property
    def place(self) -> tuple[str, int, int]:
        """For sorting: as the file is read."""
        return self.file, self.line or 0, self.column or 0


class ProblemsError(Exception):
    """Everything that is wrong with the given files, in reading order; one line each as text."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(dict.fromkeys(problems), key=lambda problem: problem.place))
        super().__init__("\n".join(map(str, self.problems)))


def wrong(place: str, what: str, cure: str | None = None) -> ProblemsError:
    """One thing that is wrong with a whole file, or with an option or argument of a command."""
    return ProblemsError((Problem(place, None, None, what, cure),))


def unknown_format(name: str, known: Iterable[str]) -> ProblemsError:
    """`--format` names none of the formats that a command has."""
    return wrong("--format", f"unknown format {quoted(name)}", did_you_mean(name, known))


def closest(word: str, options: Iterable[str]) -> str | None:
    """The option that a mistyped word probably meant; None for no or for a hopeless one. Bounded work."""
    short = word[:64]
    choices = sorted({option for option in options if len(option) <= 64})[:500]
    if short.lower() in choices:
        return short.lower()
    return nearest(short, choices)


def did_you_mean(word: str, options: Iterable[str]) -> str | None:
    """The cure for an unknown word: the near one, else all of them (if they are few), else None."""
    choices = list(dict.fromkeys(options))
    near = closest(word, choices)
    if near is not None:
        return f"did you mean {quoted(near)}?"
    if 0 < len(choices) <= 12:
        return "known: " + ", ".join(safe(choice, 40) for choice in choices)
    return None
