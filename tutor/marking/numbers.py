"""Numbers: right, right but too coarse, or wrong."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal

import numpy as np

from engine.errors import EngineError, FormulaError
from engine.evaluate import evaluate
from engine.expression import Derivative, Expr, walk
from engine.formula import parse
from engine.graph import Graph
from engine.printing import show
from engine.rounding import EPS
from engine.sampling import Situation, near
from engine.scan import MINUS
from engine.scope import Scope
from tutor.marking.context import Context, Target

_PLAIN = re.compile(r"[+\-−]?\s*(?P<whole>[0-9]*)(?:\.(?P<part>[0-9]*))?(?:[eE](?P<power>[+\-−–]?[0-9]+))?")
_POWER_OF_TEN = re.compile(r"^([+\-−]?[0-9]+(?:\.[0-9]*)?)\s*[*·×⋅]\s*10\s*(?:\^|\*\*)\s*([+\-−]?[0-9]{1,3})$")
_ZEROS = re.compile(r"[+\-−]?\s*[1-9][0-9]*?(0+)")
_NEAR = 0.1
"""A rounded answer is "imprecise" only if it is within a tenth of the right value; a coarser one is wrong."""
_NEAR_ENOUGH = 0.5
"""The same where nothing else explains the answer: 100 for 123.456, 3 for 2.5."""
_NEAR_PAPER = 0.3
_BOUNDARY = 0.1
"""Two numbers this close, in units of the last digit asked for, agree on either side of a rounding boundary."""
ROUNDINGS = 8.0
"""How many roundings of its largest terms a value may be that counts as 0."""
_SHARE = 1e-6


@dataclass(frozen=True)
class Typed:
    """A number as typed: its value, and the value of its last digit (None for arithmetic)."""

    value: float
    unit: float | None
    read_as: str

    @property
    def significant(self) -> int:
        """How many significant digits it shows."""
        if self.unit is None:
            return 99
        if self.value == 0:
            return 0
        return math.floor(math.log10(abs(self.value)) + 1e-12) - round(math.log10(self.unit)) + 1


def read_number(answer: str) -> Typed:
    """A number or arithmetic such as `2*0.9*0.1`. Raises FormulaError."""
    text = _POWER_OF_TEN.sub(r"\1e\2", answer.strip().lstrip("≈~").strip())
    if len(text) < 100 and (match := _PLAIN.fullmatch(text)) and (match["whole"] or match["part"]):
        value = float(text.translate(MINUS).replace(" ", ""))
        if math.isfinite(value):
            power = max(-400, min(300, int((match["power"] or "0").translate(MINUS)))) - len(match["part"] or "")
            return Typed(value, 10.0**power if power > -320 else 5e-324, text)
    expr = parse(answer, Scope())
    value = float(_bare(expr))
    if not math.isfinite(value):
        raise FormulaError(f"this is {value}, no finite number", text=answer, at=0, end=len(answer))
    return Typed(value, None, show(expr))


def _bare(expr: Expr) -> float:
    if any(isinstance(here, Derivative) for here in walk(expr)):
        raise FormulaError("give a number")
    point = Situation(_ALONE, {}).here()
    found = evaluate(expr, point)
    if found.shape:
        raise FormulaError("give one number, not an array")
    return float(found.value.ravel()[0])


_ALONE = Graph.parse("answer = 0")


# -- the right values


@dataclass(frozen=True)
class RightValues:
    """The exact value, further values that are right too (paper arithmetic), and an interval of subgradients."""

    exact: float
    others: tuple[float, ...] = ()
    low: float = math.nan
    high: float = math.nan

    def nearest(self, x: float) -> float:
        """The right value that is nearest to x."""
        options = [self.exact, *self.others]
        if self.low <= self.high:
            options.append(min(max(x, self.low), self.high))
        return min(options, key=lambda value: abs(value - x))


def right_values(target: Target) -> RightValues:
    """What counts as right. Raises EngineError if the target is no single number."""
    if target.value_at(target.home).shape:
        raise EngineError("the question asks for an array, not a number")
    exact = float(values_at_home(target).ravel()[0])
    decimals = target.context.decimals
    others = (paper_value(target, decimals),) if decimals is not None else ()
    low, high = _subgradients(target) if target.tied else (math.nan, math.nan)
    return RightValues(exact, others, low, high)


def values_at_home(target: Target) -> np.ndarray:
    """The target's value at the lesson's numbers, in its own shape; 0 where there is nothing but rounding.

    0.2·1.5 − 0.6·0.5 comes out as 5.6e-17 in doubles: the right answer is 0.
    """
    found = target.value_at(target.home)
    value = found.value[0, 0]
    noise = ROUNDINGS * (EPS * _swing(target) + found.error[0, 0])
    return np.asarray(np.where(np.abs(value) <= noise, 0.0, value).reshape(found.shape))


def _swing(target: Target) -> np.ndarray:
    """How far the value goes, for each share that the lesson's numbers are moved by."""
    moved = target.value_at(near(target.situation, 32, 11, _SHARE, least=0.0)).value[:, 0]
    with np.errstate(invalid="ignore", over="ignore"):
        off = np.abs(moved - target.value_at(target.home).value[0, 0]) / _SHARE
    return np.asarray(np.nan_to_num(off, nan=0.0, posinf=0.0).max(axis=0))


def _first(value: np.ndarray) -> float:
    return float(value[0, 0].ravel()[0])


def paper_value(target: Target, decimals: int) -> float:
    """The target's value with every node rounded to so many decimals."""
    points = target.situation.on_paper(decimals)
    return _first(evaluate(target.expr, points).value)


def _subgradients(target: Target) -> tuple[float, float]:
    """The smallest and largest value on the sides of the kinks that the lesson's values lie on."""
    points = near(target.situation, 64, 5)
    values = evaluate(target.expr, points).value[:, 0].ravel()
    values = values[np.isfinite(values)]
    return (float(values.min()), float(values.max())) if values.size else (math.nan, math.nan)


# -- verdicts


def judge_number(x: Typed, right: RightValues, digits: int, within: float | None) -> str:
    """ "right", "imprecise" or "wrong"."""
    value = right.nearest(x.value)
    if _is_right(x, value, digits, within):
        return "right"
    return "imprecise" if _is_coarse(x, value, _NEAR) else "wrong"


def is_roughly(x: Typed, right: RightValues) -> bool:
    """Whether a number is right as far as it goes, however coarse."""
    return _is_coarse(x, right.nearest(x.value), _NEAR_ENOUGH)


def _is_right(x: Typed, value: float, digits: int, within: float | None) -> bool:
    off = abs(x.value - value)
    if within is not None:
        return off <= within * (1 + 1e-9) + 1e-15 * abs(value)
    if value == 0 or not math.isfinite(value):
        return off <= 1e-12
    if rounded_to(x.value, digits) == rounded_to(value, digits):
        return True
    own = x.unit is not None and x.significant >= digits and off <= 0.5 * x.unit * (1 + 1e-9)
    return own or off <= _BOUNDARY * unit_of(value, digits)


def _is_coarse(x: Typed, value: float, share: float) -> bool:
    """Rounded or cut off at a digit before the last one asked for, but right as far as it goes, to that share."""
    if x.unit is None or x.value == 0 or not math.isfinite(value):
        return False
    off = abs(x.value - value)
    unit = _last_digit(x)
    cut = abs(x.value) <= abs(value) and off < unit * (1 - 1e-9)
    return (off <= 0.5 * unit * (1 + 1e-9) or cut) and off <= share * abs(value)


def _last_digit(x: Typed) -> float:
    """The value of the last digit that tells something: of 1200 perhaps the second one."""
    assert x.unit is not None
    zeros = _ZEROS.fullmatch(x.read_as)
    return float(x.unit * 10 ** len(zeros[1])) if zeros else x.unit


def coarse_words(x: Typed, digits: int) -> str:
    """What is said of a number that is right as far as it goes."""
    if x.unit is None or replace(x, unit=_last_digit(x)).significant >= digits:
        return "Your last digit is cut off, not rounded: the digit after it decides."
    return f"Right as far as it goes, but rounded too coarsely: {digits} significant digits are asked for."


def paper_decimals(x: Typed, target: Target, right: RightValues, digits: int) -> int | None:
    """The number of decimals to which intermediate values were rounded, if that explains the answer."""
    if abs(x.value - right.exact) > _NEAR_PAPER * abs(right.exact):
        return None
    slack = 0.5 * x.unit if x.unit is not None else 1e-9 * abs(right.exact)
    if abs(x.value - right.exact) <= slack * (1 + 1e-9):
        return None  # in so few digits the exact value is the same: nothing tells of rounding on the way
    for decimals in range(1, digits + 2):
        value = paper_value(target, decimals)
        if math.isfinite(value) and value != 0 and abs(value - x.value) <= slack * (1 + 1e-9):
            return decimals
    return None


def unit_of(value: float, digits: int) -> float:
    """The value of the last of so many significant digits."""
    return float(10.0 ** (math.floor(math.log10(abs(value))) - digits + 1))


def rounded_to(value: float, digits: int) -> float:
    """`value` to so many significant digits, 5 away from zero."""
    if value == 0 or not math.isfinite(value):
        return value
    exact = Decimal(repr(value))
    place = Decimal(1).scaleb(exact.adjusted() - digits + 1)
    return float(exact.quantize(place, rounding=ROUND_HALF_UP))


def by_value(target: Target, context: Context) -> dict[str, float]:
    """What a witness shows of the lesson's numbers: the scalars that the question names."""
    graph = context.graph
    assert graph is not None
    found: dict[str, float] = {}
    for key in sorted(target.shown_names):
        if not graph.shape(key) and key in (*graph.given, *graph.weights):
            found[graph.names[key]] = _first(target.home.at(key))
    return found
