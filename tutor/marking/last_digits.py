"""Numbers that are nearly right: values rounded or cut off on the way, and slips in the digits.

The forward walk is done again with each habit of rounding; the habit that gives the student's number is named, with
the node if rounding that one alone is enough.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal

import numpy as np

from engine.evaluate import evaluate
from engine.expression import Name
from engine.lead import Array
from engine.printing import show
from tutor.marking.context import Target
from tutor.marking.numbers import RightValues, Typed, rounded_to
from tutor.marking.result import Diagnosis

_NEAR = 0.05
"""A number further off than this share of the right value was not just rounded on the way."""
_FEW = 0.01
"""A number nearer than this has only its last digits wrong."""
_MOST_DIGITS = 7
_LARGE = 2000
"""Graphs with more entries are not walked by hand."""


@dataclass(frozen=True)
class Habit:
    """How somebody keeps the values on the way: to so many significant digits (or decimals), rounded or cut off."""

    count: int
    decimals: bool = False
    cut: bool = False

    def __call__(self, value: Array) -> Array:
        """The values that are kept."""
        return np.array([self._one(float(x)) for x in value.ravel()]).reshape(value.shape)

    def _one(self, x: float) -> float:
        if x == 0 or not abs(x) < 2.0**53:
            return x
        exact = Decimal(f"{x:.12g}")  # what exact decimal arithmetic gives: 0.015675, not 0.01567499…
        place = -self.count if self.decimals else exact.adjusted() - self.count + 1
        return float(exact.quantize(Decimal(1).scaleb(place), ROUND_DOWN if self.cut else ROUND_HALF_UP))

    @property
    def says(self) -> str:
        """In words, with a place for what is kept: "cut off {what} after 4 significant digits"."""
        unit = "decimal" if self.decimals else "significant digit"
        plural = "" if self.count == 1 else "s"
        return f"{'cut off {what} after' if self.cut else 'rounded {what} to'} {self.count} {unit}{plural}"


HABITS = tuple(
    Habit(count, decimals, cut)
    for count in range(_MOST_DIGITS, 1, -1)
    for cut in (False, True)
    for decimals in (False, True)
)
"""The habits that are tried, the most careful first."""


def rounded_on_the_way(typed: Typed, right: RightValues, target: Target) -> Diagnosis | None:
    """The habit of rounding that gives this number, if one does."""
    if typed.unit is None or not _is_near(typed, right, _NEAR) or _entries(target) > _LARGE:
        return None
    for habit in HABITS:
        nodes = _nodes(target)
        if _gives(habit, frozenset(nodes), typed, target):
            alone = [key for key in nodes if _gives(habit, frozenset((key,)), typed, target)]
            return _told(habit, alone[-1] if alone else None, target)
    return None


def slip(typed: Typed, right: RightValues, target: Target) -> Diagnosis | None:
    """A slip of the pen or of the calculator: last digits, two digits exchanged, the point at another place."""
    value = right.nearest(typed.value)
    if value == 0 or typed.value == 0 or not math.isfinite(value):
        return None
    text = next(_slips(typed, value), None)
    if text is None:
        return None
    at = _own_node(target)
    again = _again(target, at)
    return Diagnosis("arithmetic-slip", None if at is None else _spelled(target, at), says=f"{text} {again}")


def _is_near(typed: Typed, right: RightValues, share: float) -> bool:
    value = right.nearest(typed.value)
    return value != 0 and math.isfinite(value) and abs(typed.value - value) <= share * abs(value)


def _entries(target: Target) -> int:
    situation = target.situation
    return sum(int(np.prod(slot.shape, dtype=int)) for slot in situation.graph.slots) * max(1, len(situation.rows))


def _own_node(target: Target) -> str | None:
    """The node whose value is asked for; None where something else is."""
    graph = target.situation.graph
    return target.expr.key if isinstance(target.expr, Name) and target.expr.key in graph.nodes else None


def _nodes(target: Target) -> list[str]:
    """The nodes that may have been rounded: all but the one that is asked for."""
    return [key for key in target.situation.graph.nodes if key != _own_node(target)]


def _gives(habit: Habit, nodes: frozenset[str], typed: Typed, target: Target) -> bool:
    """Whether rounding these nodes so gives this number, in the digits that were typed."""
    points = target.situation.by_hand(lambda key, value: habit(value) if key in nodes else value)
    value = float(evaluate(target.expr, points).value[0, 0].ravel()[0])
    if not math.isfinite(value) or value == 0:
        return False
    assert typed.unit is not None
    off = abs(value) - abs(typed.value)
    same = value * typed.value > 0 and abs(off) <= 0.5 * typed.unit * (1 + 1e-9)
    return same or (habit.cut and value * typed.value > 0 and -1e-9 * typed.unit <= off < typed.unit * (1 - 1e-9))


def _told(habit: Habit, at: str | None, target: Target) -> Diagnosis:
    what = "the values on the way" if at is None else _spelled(target, at)
    says = (
        "Your steps are right; only the last digits differ. "
        f"You seem to have {habit.says.format(what=what)}: carry more digits, and round at the end."
    )
    return Diagnosis("imprecise", None if at is None else _spelled(target, at), says=says)


def _spelled(target: Target, key: str) -> str:
    return target.situation.graph.names[key]


def _slips(typed: Typed, value: float) -> Iterator[str]:
    """What may have happened to the digits, the likeliest first."""
    if typed.value * value < 0 or not 2 <= typed.significant <= 12:
        return
    same = _same_digits(typed.value, value)
    if same and abs(typed.value - value) <= _FEW * abs(value):
        yield f"The first {same} digits are right, then they differ." if same > 1 else "Only the first digit is right."
    elif _moved(typed, value):
        yield "The digits are right, the decimal point is not."
    elif typed.significant > 2 and _exchanged(typed, value):
        yield "Two digits seem to be exchanged."


def _moved(typed: Typed, value: float) -> bool:
    ratio = typed.value / value
    if not 0 < ratio < math.inf:
        return False
    power = round(math.log10(ratio))
    moved = typed.value / 10.0**power
    return 1 <= abs(power) <= 6 and rounded_to(moved, typed.significant) == rounded_to(value, typed.significant)


def _exchanged(typed: Typed, value: float) -> bool:
    """Whether two neighbouring digits changed places."""
    mine, true = _digits(typed.value, typed.significant), _digits(value, typed.significant)
    places = [i for i in range(len(mine)) if mine[i] != true[i]]
    if len(places) != 2 or places[1] - places[0] != 1 or _exponent(typed.value) != _exponent(value):
        return False
    return mine[places[0]] == true[places[1]] and mine[places[1]] == true[places[0]]


def _digits(x: float, count: int) -> str:
    return f"{abs(rounded_to(x, count)):.{count - 1}e}".partition("e")[0].replace(".", "")


def _exponent(x: float) -> int:
    return math.floor(math.log10(abs(x)))


def _same_digits(a: float, b: float) -> int:
    """How many leading digits two numbers share."""
    one, two = _digits(a, 15), _digits(b, 15)
    return next((i for i in range(15) if one[i] != two[i]), 15)


def _again(target: Target, at: str | None) -> str:
    """Where to look: the step that makes the value."""
    graph = target.situation.graph
    if at is None:
        return "Check the numbers you went on with, then work this step out again."
    node = graph.nodes[at]
    formula = show(node.expr, graph.names)
    before = [graph.names[key] for key in node.parents if key in graph.nodes]
    if not before or len(formula) > 80:
        return "Work the last step out again."
    return f"Work {formula} out again, with all digits of {' and '.join(before)}."
