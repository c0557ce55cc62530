"""The mistake behind a wrong answer."""

from __future__ import annotations

from tutor.marking.context import Target
from tutor.marking.equality import Comparison
from tutor.marking.numbers import RightValues, Typed
from tutor.marking.reading import Reading
from tutor.marking.result import Diagnosis


def diagnose_formula(reading: Reading, comparison: Comparison, target: Target) -> Diagnosis | None:
    """The simplest fault that explains a wrong formula at all points."""
    return None


def diagnose_number(typed: Typed, right: RightValues, target: Target) -> Diagnosis | None:
    """The fault behind a wrong number, where the faults' numbers are distinct."""
    return None
