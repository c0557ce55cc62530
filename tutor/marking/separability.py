"""Which mistakes a question's numbers hide: x = 1 hides a lost factor x.

A number is asked at the lesson's values only. A mistake that changes the formula but not the number cannot be seen
there (hidden); two mistakes that give one number cannot be told apart (confusable).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import combinations, islice
from typing import TYPE_CHECKING

import numpy as np

from engine.faults import Candidate
from tutor.marking.context import Context, Target
from tutor.marking.mistakes import Mistakes
from tutor.marking.numbers import RightValues, Typed, judge_number

if TYPE_CHECKING:
    from tutor.questions.question import Question

CLASSIC = 1.45
"""Mistakes up to this cost are common enough that a question's numbers should show them."""


@dataclass(frozen=True)
class Hidden:
    """A mistake that gives the right number. `at` is the spelling of the place."""

    fault: str
    at: str | None
    about: str = ""


@dataclass(frozen=True)
class Separability:
    """What a question's numbers cannot show: mistakes that look right, and pairs that look alike."""

    hidden: tuple[Hidden, ...] = ()
    seen: Mapping[Hidden, float] = field(default_factory=dict)
    question: Question | None = None

    @cached_property
    def confusable(self) -> tuple[tuple[Hidden, Hidden], ...]:
        """The first fifty pairs of visible mistakes at different places that give one number."""
        asked = self.question
        if asked is None:
            return ()
        pairs = (
            (a, b)
            for (a, x), (b, y) in combinations(self.seen.items(), 2)
            if (a.fault, a.at) != (b.fault, b.at) and _looks(x, y, asked)
        )
        return tuple(islice(pairs, 50))

    @property
    def is_good(self) -> bool:
        """Whether every classic mistake gives a wrong number."""
        return not self.hidden


def separability(question: Question, context: Context) -> Separability:
    """What the numbers of a question hide; nothing for questions that are not about one number."""
    if question.kind != "number" or context.graph is None:
        return Separability()
    target = context.target(question.target)
    right = float(target.value_at(target.home).value.flat[0])
    numbers = _numbers(target)
    names = context.graph.names
    hidden: dict[Hidden, None] = {}
    seen: dict[Hidden, float] = {}
    for candidate, number in numbers:
        label = Hidden(candidate.fault, names.get(candidate.at or ""), candidate.about)
        if _looks(number, right, question):
            hidden[label] = None
        else:
            seen.setdefault(label, number)
    return Separability(tuple(hidden), seen, question)


def _looks(number: float, right: float, question: Question) -> bool:
    if not np.isfinite(number):
        return False
    return judge_number(Typed(number, None, ""), RightValues(right), question.digits, question.within) == "right"


def _numbers(target: Target) -> list[tuple[Candidate, float]]:
    """The classic mistakes that change the formula, each with the number it gives at the lesson's values."""
    here = _by_label(target.all_mistakes_here)
    found = []
    for label, (candidate, _) in _by_label(target.mistakes).items():
        if candidate.cost <= CLASSIC and label in here:
            found.append((candidate, here[label][1]))
    return found


def _by_label(mistakes: Mistakes) -> dict[tuple[object, ...], tuple[Candidate, float]]:
    found: dict[tuple[object, ...], tuple[Candidate, float]] = {}
    for candidate, value in zip(mistakes.candidates, mistakes.values, strict=True):
        label = (candidate.fault, candidate.at, candidate.about, candidate.slot, candidate.argument, candidate.factor)
        found.setdefault(label, (candidate, float(value.flat[0])))
    return found
