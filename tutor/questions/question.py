"""A question as marking sees it, whatever file or screen it came from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Choice:
    """One option of a choice: what the student reads, whether it is right, and why."""

    text: str
    right: bool = False
    because: str = ""
    run: str | None = None


@dataclass(frozen=True)
class Question:
    """One question. `target` is the formula that the engine computes the answer by (or the model answer of an essay,
    or the direction of an order). `feedback` is what the author says about a fault, or about a fault at a node."""

    id: str
    kind: str
    ask: str = ""
    target: str = ""
    within: float | None = None
    digits: int = 3
    using: tuple[str, ...] | None = None
    everywhere: bool = False
    choices: tuple[Choice, ...] = ()
    hints: tuple[str, ...] = ()
    feedback: tuple[tuple[str, str], ...] = ()
    points: float = 1.0
    others: tuple[tuple[str, float], ...] = ()
    """result: what else the run gave, each with its name: an answer may be that instead."""

    @property
    def options(self) -> tuple[str, ...]:
        """What the student chooses from."""
        return tuple(choice.text for choice in self.choices)


def question_of(step: Any, name: str) -> Question:
    """The question of a lesson's step (any object with the fields of `[[step]]`)."""
    kind = step.question_kind
    said = getattr(step, kind)
    choices: tuple[Choice, ...] = ()
    if kind == "choice":
        choices = tuple(
            Choice(option.text, option.right, option.because, getattr(option, "run", None)) for option in said
        )
    return Question(
        id=name,
        kind=kind,
        ask=step.ask or "",
        target="" if choices else str(said),
        within=step.within,
        digits=step.digits if step.digits is not None else 3,
        using=None if step.using is None else tuple(step.using),
        everywhere=step.everywhere,
        choices=choices,
        hints=tuple(step.hints),
        feedback=tuple((getattr(step, "feedback", None) or {}).items()),
        points=float(step.points),
    )
