"""Whether two formulas are equal as functions, under the graph's own definitions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.branches import left_branch
from engine.evaluate import Evaluated, evaluate
from engine.expression import Derivative, Expr, Number, fold, walk
from engine.lead import Array
from engine.ops import OPS
from engine.points import Points
from engine.printing import show
from engine.rounding import EPS
from engine.sampling import drawn
from engine.trace import to_reference
from tutor.marking.context import POINTS, SEED, Target
from tutor.marking.result import Witness
from tutor.marking.subgradients import is_subgradient
from tutor.marking.witnesses import witness

RELATIVE = 1e-9
"""Largest relative difference that counts as rounding; 1e-6 must be seen."""
SAFETY = 40.0
"""How many times the first-order bound of the rounding error two equal values may differ."""
WORST = 1e-7
"""A point at which rounding could hide this relative difference is not used."""
CLEARLY = 0.01
"""A witness shows values that differ by this share, if there are any."""
ENOUGH = 3
"""With fewer usable points nothing is said."""


@dataclass(frozen=True)
class Comparison:
    """`equal` is None where it cannot be told. `given` holds the answer's values at the target's points."""

    equal: bool | None
    note: str = ""
    witness: Witness | None = None
    given: Evaluated | None = None
    usable: Array | None = None
    shape_differs: bool = False
    only_here: bool = False
    """Right on the lesson's branch, where every side was asked for."""


@dataclass(frozen=True)
class Verdicts:
    """Point by point: which points can be used, and at which of them the two values agree."""

    usable: Array
    equal: Array


def judge(given: Evaluated, right: Evaluated, count: int, scale: float | None = None) -> Verdicts:
    """Compares two values of one shape at every point."""
    a, b = _flat(given.value, count, right.value), _flat(right.value, count, given.value)
    off = _flat(given.error, count, right.value) + _flat(right.error, count, given.value)
    with np.errstate(all="ignore"):
        finite = np.isfinite(a) & np.isfinite(b) & np.isfinite(off)
        size = np.abs(b)
        typical = float(np.median(size[finite])) if scale is None and finite.any() else scale or 0.0
        allowed = RELATIVE * size + SAFETY * off + 1e-14 * typical
        close = np.abs(a - b) <= allowed
        clear = (SAFETY * off <= WORST * np.maximum(size, np.abs(a))) | (np.abs(a - b) > 10 * allowed) | (size == 0)
        clear |= SAFETY * off <= WORST * 1e-3 * typical
    return Verdicts((finite & clear).all(axis=1), close.all(axis=1))


def _flat(x: Array, count: int, other: Array) -> Array:
    """Points × everything else, with rows repeated where the other value has rows."""
    rows = max(x.shape[1], other.shape[1])
    wide = np.broadcast_to(x, (count, rows, *x.shape[2:]))
    return wide.reshape(count, -1)


def same_shape(given: Evaluated, right: Evaluated) -> bool:
    """Whether shapes agree; axes of length 1 do not count."""
    return tuple(n for n in given.shape if n != 1) == tuple(n for n in right.shape if n != 1)


def compare(expr: Expr, target: Target, *, everywhere: bool = False) -> Comparison:
    """Whether an answer equals the target on the lesson's branch (with `everywhere`: on all sides of every kink).

    Raises ShapeError where the answer's parts do not fit together.
    """
    given = evaluate(expr, target.points)
    if not same_shape(given, target.right):
        return Comparison(False, witness=witness(expr, target, target.examples, 0), given=given, shape_differs=True)
    found = _on_branch(expr, target, given)
    if found.equal and target.beyond is not None:
        note, elsewhere = _beyond(expr, target)
        if note and everywhere:
            return Comparison(False, note, elsewhere, given, found.usable, only_here=True)
        return Comparison(True, note, None, given, found.usable)
    return found


def _on_branch(expr: Expr, target: Target, given: Evaluated) -> Comparison:
    points, right = target.points, target.right
    verdicts = judge(given, right, points.count)
    usable = verdicts.usable
    if usable.sum() < ENOUGH:
        return _few_points(expr, target, given, usable, verdicts)
    wrong = usable & ~verdicts.equal
    if not wrong.any() or (target.tied and (_one_side(target, verdicts) or is_subgradient(expr, target))):
        return Comparison(True, given=given, usable=usable)
    return Comparison(False, witness=first_witness(expr, target, int(wrong.argmax())), given=given, usable=usable)


def _few_points(expr: Expr, target: Target, given: Evaluated, usable: Array, verdicts: Verdicts) -> Comparison:
    """Draws other points; says "cannot tell" where those do not help either."""
    more = drawn(target.situation, 4 * POINTS, SEED + 7, reach=0.5)
    if more.count:
        again = judge(evaluate(expr, more), target.value_at(more), more.count)
        if again.usable.sum() >= ENOUGH:
            wrong = again.usable & ~again.equal
            if not wrong.any():
                return Comparison(True, given=given, usable=usable)
            return Comparison(
                False, witness=witness(expr, target, more, int(wrong.argmax())), given=given, usable=usable
            )
    here = evaluate(expr, target.home)
    if (usable & ~verdicts.equal).any() or not np.isfinite(here.value).all():
        note = "" if np.isfinite(here.value).all() else "your answer has no value at the lesson's numbers"
        return Comparison(False, note, witness(expr, target, target.home, 0), given, usable)
    return Comparison(None, "cannot tell: too few points can be used to compare your answer", given=given)


def _one_side(target: Target, verdicts: Verdicts) -> bool:
    """At a kink any subgradient will do: whether the answer is right on one side of a kink, or of all together."""
    left = left_branch(target.home, target.points)
    columns = [left[slot] for slot in target.tied if slot in left]
    groups = [here for column in columns for here in (column, ~column)]
    together = np.array(columns).T
    groups += [(together == side).all(axis=1) for side in np.unique(together, axis=0)]
    usable = [group & verdicts.usable for group in groups]
    return any(here.sum() >= ENOUGH and verdicts.equal[here].all() for here in usable)


def is_of_one_row(comparison: Comparison, target: Target) -> bool:
    """In a lesson with rows: whether an answer without a sum is each row's own derivative."""
    points, given = target.points, comparison.given
    if not points.rows or given is None or not target.is_derivative or given.value.shape[1] == 1:
        return False
    derivative = target.derivatives[0]
    of, by = to_reference(points.graph, derivative.of), to_reference(points.graph, derivative.by)
    if of is None or by is None or not points.is_total(of, by):
        return False
    own = points.derivative(of, by)
    if given.value.shape[2:] != own.shape[2:]:
        return False
    right = Evaluated(own, 16 * EPS * np.abs(own), given.shape)
    verdicts = judge(given, right, points.count)
    return bool(verdicts.usable.sum() >= ENOUGH and verdicts.equal[verdicts.usable].all())


# -- beyond the branch


def _beyond(expr: Expr, target: Target) -> tuple[str, Witness | None]:
    """Where an answer that is right on the branch stops being right; "" if nowhere."""
    points = target.beyond
    assert points is not None
    if points.count < ENOUGH:
        return "", None
    verdicts = judge(evaluate(expr, points), target.value_at(points), points.count)
    wrong = verdicts.usable & ~verdicts.equal
    if not wrong.any():
        return "", None
    fine = verdicts.usable & verdicts.equal
    where = _condition(target, points, wrong, fine)
    return f"right here, though not {where}", witness(expr, target, points, int(wrong.argmax()))


def _condition(target: Target, points: Points, wrong: Array, fine: Array) -> str:
    """In words: the kink whose other side makes the answer wrong."""
    best, score = None, 0.0
    for kink, left in left_branch(target.home, points).items():
        hits = (left & wrong).sum() / max(1, wrong.sum()) - (left & fine).sum() / max(1, fine.sum())
        if hits > score:
            best, score = kink, hits
    if best is None:
        return "on the other sides of the kinks"
    slots, names = points.graph.slots, points.graph.names
    slot = slots[best]
    said = [
        show(slots[arg].expr, names) if slots[arg].name is None else names[str(slots[arg].name)] for arg in slot.args
    ]
    home = [target.home.values[arg] for arg in slot.args]
    if len(said) == 2:
        larger = bool((home[0] > home[1]).all())
        return f"where {said[0]} {'<' if larger else '>'} {said[1]}"
    if not OPS[slot.op].elementwise or slot.op == "round":
        return f"where {slot.op}({said[0]}) picks another entry"
    return f"where {said[0]} {'≤' if bool((home[0] > 0).all()) else '>'} 0"


# -- witnesses


def first_witness(expr: Expr, target: Target, point: int) -> Witness:
    """At short numbers, if the answer is wrong at some (clearly, if it can be had), else at the given point."""
    examples = target.examples
    given, right = evaluate(expr, examples), target.value_at(examples)
    verdicts = judge(given, right, examples.count)
    wrong = verdicts.usable & ~verdicts.equal
    clearly = wrong & _apart(given, right, examples.count, CLEARLY)
    if wrong.any():
        return witness(expr, target, examples, int((clearly if clearly.any() else wrong).argmax()))
    return witness(expr, target, target.points, point)


def _apart(given: Evaluated, right: Evaluated, count: int, share: float) -> Array:
    """At which points two values differ by at least a share of the larger one, in some entry."""
    a, b = _flat(given.value, count, right.value), _flat(right.value, count, given.value)
    with np.errstate(invalid="ignore"):
        return (np.abs(a - b) >= share * np.maximum(np.abs(a), np.abs(b))).any(axis=1)


# -- forms


def names_asked(expr: Expr, target: Target) -> bool:
    """Whether an answer only names the derivative that is asked for, or a chain of derivatives."""
    return is_chain(expr, target) or _names_it(expr, target)


def is_chain(expr: Expr, target: Target) -> bool:
    """Whether an answer is the chain rule in names: derivatives only, two at least, and not the one asked for."""
    found = {(here.of, here.by) for here in walk(expr) if isinstance(here, Derivative)}
    return len(found) > 1 and _bare(expr) and not _names_it(expr, target)


def _names_it(expr: Expr, target: Target) -> bool:
    """Whether the derivative asked for stands in an answer, or one derivative is all of it."""
    found = {(here.of, here.by) for here in walk(expr) if isinstance(here, Derivative)}
    asked = {(d.of, d.by) for d in target.derivatives}
    return bool(found & asked) or (len(found) == 1 and _bare(expr))


def _bare(expr: Expr) -> bool:
    """Whether nothing is written out: only derivatives and numbers stand in it."""

    def combine(here: Expr, below: list[bool]) -> bool:
        if isinstance(here, Derivative | Number):
            return True
        return bool(below) and all(below)

    return fold(expr, combine)
