"""The mistake behind a single number, where the mistakes' numbers are distinct."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from engine.faults import Candidate, cost
from tutor.marking.context import Target
from tutor.marking.diagnosis import NICE
from tutor.marking.feedback import AMBIGUOUS, UNKNOWN_NUMBER
from tutor.marking.last_digits import rounded_on_the_way, slip
from tutor.marking.numbers import RightValues, Typed
from tutor.marking.result import Diagnosis
from tutor.marking.telling import told
from tutor.marking.updates import MOST_ENTRIES, ascents

NUMBER_TIE = 0.25
"""The same for a single number, which many explanations give."""

MOST_TIES = 3

MOST_NUMBER = 1.75
"""A number is not explained by mistakes more surprising than this: too many would fit by chance."""


ENOUGH_DIGITS = 3
MOST_OTHER = 2.0
"""The same where the number is looked for among other names' derivatives and values, in ENOUGH_DIGITS digits."""

CARRIED = 2e-5
"""How far a number with many digits may be off that was worked out from others, shown with five digits."""


def diagnose_number(typed: Typed, right: RightValues, target: Target) -> Diagnosis:
    """The fault behind a wrong number, where the faults' numbers are distinct."""
    found = [c for c in _numbers(typed, target) if c.cost <= MOST_NUMBER]
    found += [*_number_factor(typed, right), *_ascent(typed, right, target)]
    best = min((c.cost for c in found), default=0.0)
    close = {(c.fault, c.at) for c in found if c.cost <= best + NUMBER_TIE}
    if found and len(close) <= MOST_TIES:
        return told(found, target.points.graph, NUMBER_TIE, target.is_value)
    if (near := near_miss(typed, right, target)) is not None:
        return near
    if not found and (others := _other_names(typed, target)):
        return told(others, target.points.graph, NUMBER_TIE, target.is_value)
    return Diagnosis("unknown", says=UNKNOWN_NUMBER if not found else AMBIGUOUS)


def near_miss(typed: Typed, right: RightValues, target: Target) -> Diagnosis | None:
    """What explains the digits of a number that is nearly right; `imprecise` where nothing but rounding was amiss."""
    return rounded_on_the_way(typed, right, target) or slip(typed, right, target)


def shows(typed: Typed, value: float) -> bool:
    """Whether this is that value, in the digits that were typed."""
    return abs(value - typed.value) <= _slack(typed, value)


def _slack(typed: Typed, value: float) -> float:
    """How far a number may be from a mistake's and still show it: half its last digit."""
    exact = CARRIED * abs(value)
    if typed.unit is None or typed.significant < 2:
        return exact
    return max(exact, 0.5 * typed.unit * (1 + 1e-9))


def _numbers(typed: Typed, target: Target) -> Iterator[Candidate]:
    """The catalogue's mistakes whose number this is."""
    mistakes = target.mistakes_here
    for candidate, value in zip(mistakes.candidates, mistakes.values, strict=True):
        number = float(value.flat[0])
        if (number == 0 and typed.value == 0) or (np.isfinite(number) and number != 0 and shows(typed, number)):
            yield candidate


def _other_names(typed: Typed, target: Target) -> list[Candidate]:
    """What else is exactly this number, in so many digits that it is no chance: another derivative or value."""
    if typed.significant < ENOUGH_DIGITS:
        return []
    found = [c for c in _numbers(typed, target) if c.fault in ("wrong-name", "wrong-index") and c.cost <= MOST_OTHER]
    return found if len({(c.fault, c.at) for c in found}) == 1 else []


def _number_factor(typed: Typed, right: RightValues) -> Iterator[Candidate]:
    """A sign or a usual constant factor on the right number."""
    value = right.nearest(typed.value)
    if value == 0 or not np.isfinite(value):
        return
    nothing = np.zeros((1, 1, 1))
    if typed.value == 0:
        yield Candidate("claimed-zero", None, nothing, 0.5)
        return
    for nice in NICE:
        if abs(typed.value - nice * value) <= _slack(typed, nice * value):
            if nice == -1.0:
                yield Candidate("sign", None, nothing, cost("sign"))
            else:
                yield Candidate("constant-factor", None, nothing, cost("constant-factor", 0.4), f"{nice:.6g}")
            return


def _ascent(typed: Typed, right: RightValues, target: Target) -> Iterator[Candidate]:
    """The weight moved as far as it should be, but the other way."""
    value = right.nearest(typed.value)
    for key in target.home.graph.weights:
        for own in target.home.at(key)[0, 0].ravel()[:MOST_ENTRIES].tolist():
            mirrored = 2 * own - value
            if own and mirrored != value and shows(typed, mirrored):
                yield from ascents(np.array([[mirrored]]), np.array([[value]]), target.home, target)
                return
