"""What marking says about one answer."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from engine.numbers import show_value

Verdict = Literal["right", "wrong", "imprecise", "unreadable", "missing", "unscored"]


@dataclass(frozen=True)
class Diagnosis:
    """The mistake behind a wrong answer: a fault of the catalogue, the node, the factor, and what is said."""

    fault: str
    at: str | None = None
    factor: str | None = None
    says: str = ""

    def to_dict(self) -> dict[str, Any]:
        """As in the JSON of `tutor run --headless`."""
        return {"fault": self.fault, "at": self.at, "factor": self.factor, "says": self.says}


@dataclass(frozen=True)
class Witness:
    """A point at which the answer is wrong: the values there, the student's value and the right one.

    `by_row`: the student's value is one number for each row of the data, the right one is of all rows together.
    """

    at: Mapping[str, Any]
    given: Any
    right: Any
    by_row: bool = False

    def to_dict(self) -> dict[str, Any]:
        """As in the JSON of `tutor run --headless`."""
        said = {"at": dict(self.at), "given": self.given, "right": self.right}
        return {**said, "by_row": True} if self.by_row else said

    @property
    def says(self) -> str:
        """In one line."""
        where = ", ".join(_at(name, value) for name, value in self.at.items())
        start = f"at {where}: " if where else ""
        if self.by_row:
            given, right = f"{_shown(self.given)}, one for each row", f"{_shown(self.right)} for all rows together"
            return f"{start}your answer is {given}; the right one is {right}"
        return f"{start}your answer is {_shown(self.given)}, the right one is {_shown(self.right)}"


MOST_NUMBERS = 6
"""Of one value in the sentence of a witness: a line or two of an 80×24 screen belong to what is wrong."""


def _at(name: str, value: Any) -> str:
    """A name with its value; of a large matrix only the shape."""
    shape = list(_shape(value))
    if math.prod(shape) > MOST_NUMBERS:
        return f"{name} ({'×'.join(map(str, shape))})"
    return f"{name} = {_shown(value)}"


def _shape(value: Any) -> Iterator[int]:
    while isinstance(value, list):
        yield len(value)
        value = value[0] if value else None


def _shown(value: Any) -> str:
    if isinstance(value, list):
        return "[" + ", ".join(_shown(part) for part in value) + "]"
    return value if isinstance(value, str) else show_value(value)


@dataclass(frozen=True)
class Mark:
    """One answer marked. `given` is safe to show; `read_as` echoes how it was read; `caret` points at the place of
    what could not be read (two lines)."""

    given: str
    verdict: Verdict
    points: float
    of: float
    read_as: str | None = None
    witness: Witness | None = None
    diagnosis: Diagnosis | None = None
    note: str = ""
    caret: str = ""

    @property
    def is_free(self) -> bool:
        """Whether the answer costs no attempt."""
        return self.verdict in {"unreadable", "missing", "unscored"}

    @property
    def messages(self) -> tuple[str, ...]:
        """What is said to the student, in order."""
        return tuple(self._messages())

    def _messages(self) -> Iterator[str]:
        yield from self.note.splitlines()
        if self.caret:
            yield from self.caret.splitlines()
        if self.diagnosis is not None and self.diagnosis.says:
            yield self.diagnosis.says

    def to_dict(self) -> dict[str, Any]:
        """As in the JSON of `tutor run --headless`."""
        return {
            "given": self.given,
            "read_as": self.read_as,
            "verdict": self.verdict,
            "points": self.points,
            "of": self.of,
            "witness": None if self.witness is None else self.witness.to_dict(),
            "diagnosis": None if self.diagnosis is None else self.diagnosis.to_dict(),
            "note": self.note,
        }
