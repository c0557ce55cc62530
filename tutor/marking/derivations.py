"""Derivations: line by line, each compared with the target; the first line that no longer equals it is named."""

from __future__ import annotations

import re
from dataclasses import dataclass

from engine.errors import EngineError
from tutor.marking.comparing import compared
from tutor.marking.context import Context, Target
from tutor.marking.equality import Comparison, names_asked
from tutor.marking.reading import Reading, only_a_name, read

MAX_LINES = 60
_PARTS = re.compile(r"(?<![=<>!])=(?!=)|⇒|=>")


@dataclass(frozen=True)
class Line:
    """One line (or one side of an `=`): where it stands, how it was read, and whether it equals the target."""

    number: int
    text: str
    reading: Reading | None = None
    comparison: Comparison | None = None
    error: EngineError | None = None
    only_named: bool = False


def judge_derivation(answer: str, context: Context, target: Target) -> list[Line]:
    """Every line, judged up to the first that cannot be read or does not equal the target."""
    found: list[Line] = []
    for number, text in _lines(answer):
        try:
            reading, comparison = compared(read(text, context), target)
        except EngineError as error:
            found.append(Line(number, text, error=error))
            break
        named = names_asked(reading.expr, target) or only_a_name(reading, context)
        found.append(Line(number, text, reading, comparison, only_named=named))
        if comparison.equal is False:
            break
    return found


def _lines(answer: str) -> list[tuple[int, str]]:
    """The formulas in order, each with the number of its line; both sides of `=` count."""
    return [
        (number, part.strip())
        for number, line in enumerate(answer.splitlines()[:MAX_LINES], start=1)
        for part in _PARTS.split(line[:4000])[:20]
        if part.strip()
    ]
