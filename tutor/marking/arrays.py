"""Arrays of numbers: each entry judged by itself; shape and transposition said apart from values."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from engine.errors import FormulaError
from engine.evaluate import evaluate
from engine.expression import ArrayOf, Expr, Index
from engine.printing import show
from engine.sampling import Situation
from tutor.marking.context import Target
from tutor.marking.feedback import UNKNOWN_NUMBERS
from tutor.marking.number_diagnosis import NUMBER_TIE, diagnose_number, shows
from tutor.marking.numbers import (
    _ALONE,
    RightValues,
    Typed,
    coarse_words,
    is_roughly,
    judge_number,
    read_number,
    rounded_to,
    unit_of,
    values_at_home,
)
from tutor.marking.result import Diagnosis, Verdict, Witness
from tutor.marking.shapes import EXCHANGED, shape_mistake
from tutor.marking.subgradients import are_subgradients
from tutor.marking.telling import told

_ENTRY = re.compile(r"[^\[\],;\s][^\[\],;]*")
ANY_SIDE = "at the kink any slope between those of its two sides is right"
FACTORS = (2.0, 0.5, 3.0, 1 / 3, 4.0, 0.25)
"""The plain factors that are looked for in a whole array."""


@dataclass(frozen=True)
class TypedArray:
    """An array as typed: its values, entry by entry as numbers with their digits, and the echo."""

    values: np.ndarray
    entries: tuple[Typed, ...]
    read_as: str


@dataclass(frozen=True)
class ArrayVerdict:
    """What is said about an array."""

    verdict: Verdict
    note: str = ""
    witness: Witness | None = None
    diagnosis: Diagnosis | None = None


def read_array(answer: str, expr: Expr) -> TypedArray:
    """An array of numbers (a single number is an array without axes). Raises FormulaError."""
    found = evaluate(expr, Situation(_ALONE, {}).here())
    values = found.value.reshape(found.shape)
    if not np.isfinite(values).all():
        raise FormulaError("this array holds an entry that is no finite number", text=answer, at=0)
    texts = _ENTRY.findall(answer) if "(" not in answer and "@" not in answer else []
    flat = [float(v) for v in values.ravel()]
    entries: list[Typed] = [Typed(v, None, "") for v in flat]
    if len(texts) == len(flat):
        typed = [_typed(text) for text in texts]
        if all(t is not None and t.value == v for t, v in zip(typed, flat, strict=True)):
            entries = [t for t in typed if t is not None]
    return TypedArray(values, tuple(entries), show(expr))


def _typed(text: str) -> Typed | None:
    try:
        return read_number(text)
    except FormulaError:
        return None


def judge_array(typed: TypedArray, target: Target, digits: int, within: float | None) -> ArrayVerdict:
    """Entry by entry against the target's value at the lesson's numbers."""
    right = values_at_home(target)
    turned = typed.values.ndim == right.ndim == 2 and typed.values.shape != right.shape
    if turned or _squeezed(typed.values.shape) != _squeezed(right.shape):
        found = shape_mistake(typed.values[None], right[None], lambda a, b: _agrees(a, b, digits), target.is_value)
        return ArrayVerdict("wrong", "", Witness({}, typed.values.tolist(), right.tolist()), found)
    verdicts = [
        judge_number(entry, RightValues(value, other), digits, within)
        for entry, value, other in zip(typed.entries, right.ravel().tolist(), _papers(target), strict=True)
    ]
    if any(verdict != "right" for verdict in verdicts) and target.tied:
        values = np.array([entry.value for entry in typed.entries])
        slack = np.array([_slack(entry, digits, within) for entry in typed.entries])
        if are_subgradients(values, slack, target):
            return ArrayVerdict("right", note=ANY_SIDE)
    return _summed_up(typed, right, verdicts, digits, target)


def _slack(entry: Typed, digits: int, within: float | None) -> float:
    """How far an entry may be from a right value and still be right."""
    if within is not None:
        return within
    return 0.5 * unit_of(entry.value, digits) if entry.value else 1e-12


def _papers(target: Target) -> list[tuple[float, ...]]:
    count = values_at_home(target).size
    decimals = target.context.decimals
    if decimals is None:
        return [()] * count
    found = evaluate(target.expr, target.situation.on_paper(decimals)).value[0, 0].ravel()
    return [(float(v),) for v in found]


def _squeezed(shape: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(n for n in shape if n != 1)


def _agrees(values: np.ndarray, right: np.ndarray, digits: int) -> bool:
    scale = max(float(np.abs(right).max()), 1e-300)
    if not np.isfinite(scale):
        return bool(np.array_equal(values, right, equal_nan=True))
    return bool(np.allclose(values, right, rtol=0, atol=0.5 * 10.0 ** (1 - digits) * scale))


def _summed_up(typed: TypedArray, right: np.ndarray, verdicts: list[str], digits: int, target: Target) -> ArrayVerdict:
    if all(verdict == "right" for verdict in verdicts):
        return ArrayVerdict("right")
    first = next(i for i, verdict in enumerate(verdicts) if verdict != "right")
    at_first = _place(first, right)
    place = ",".join(map(str, at_first))
    mine, wanted = typed.entries[first].value, float(right.ravel()[first])
    at: dict[str, Any] = {"entry": place} if place else {}
    count = sum(verdict != "right" for verdict in verdicts)
    note = f"{count} of {len(verdicts)} entries differ; the first is {_named(at_first)}" if right.ndim else ""
    if all(verdict != "wrong" for verdict in verdicts):
        says = coarse_words(typed.entries[first], digits)
        return ArrayVerdict("imprecise", note, Witness(at, mine, wanted), Diagnosis("imprecise", says=says))
    found = _whole_mistake(typed.values, right, digits, target.is_value)
    if found is None or (found.fault == "constant-factor" and not _shown_factor(typed, right)):
        found = _by_the_catalogue(typed, target, digits) or found
    last = _place_by_place(typed, right, verdicts, digits, target.is_value)
    found = found or last
    if isinstance(target.expr, ArrayOf) and last.fault in ("unknown", "wrong-index", "arithmetic-slip"):
        own = _one_by_one(typed, target, right, [i for i, judged in enumerate(verdicts) if judged == "wrong"])
        if own is not None and (own.fault == "imprecise" or found is last):
            found = own
    if found.fault == "unknown" and _are_rough(typed, right, verdicts):
        found = Diagnosis("imprecise", says=coarse_words(typed.entries[first], digits))
    verdict: Verdict = "imprecise" if found.fault == "imprecise" else "wrong"
    return ArrayVerdict(verdict, note, Witness(at, mine, wanted), found)


def _are_rough(typed: TypedArray, right: np.ndarray, verdicts: list[str]) -> bool:
    """Whether every entry is right as far as it goes, however coarse."""
    entries = zip(typed.entries, right.ravel().tolist(), verdicts, strict=True)
    return all(verdict != "wrong" or is_roughly(entry, RightValues(value)) for entry, value, verdict in entries)


def _whole_mistake(values: np.ndarray, right: np.ndarray, digits: int, of_value: bool) -> Diagnosis | None:
    """What one fault does to every entry at once."""
    values = values.reshape(right.shape)
    square = right.ndim == 2 and right.shape[0] == right.shape[1]
    if square and not _agrees(right.T, right, digits) and _agrees(values.T, right, digits):
        return Diagnosis("transposed", says=EXCHANGED)
    if _agrees(-values, right, digits):
        return Diagnosis("sign", says="Every sign is the wrong way round.")
    if right.ndim == 2 and _agrees(
        values, np.diag(np.diag(right)) if right.shape[0] == right.shape[1] else values + 1, digits
    ):
        return Diagnosis(
            "diagonal-only",
            says="The diagonal is right; off it the entries are not zero: every input moves every output.",
        )
    if not values.any():
        why = "put the numbers in once more." if of_value else "something between the two does depend on it."
        return Diagnosis("claimed-zero", says=f"Not every entry is zero: {why}")
    for factor in FACTORS:
        if _agrees(values / factor, right, digits):
            return Diagnosis(
                "constant-factor", factor=f"{factor:.3g}", says=f"Every entry is {factor:.3g} times what it should be."
            )
    return None


def _shown_factor(typed: TypedArray, right: np.ndarray) -> bool:
    """Whether one of the factors gives the entries in all the digits that were typed; a sigmoid's slope is nearly ¼."""
    pairs = list(zip(typed.entries, right.ravel(), strict=True))
    return any(all(shows(entry, factor * float(number)) for entry, number in pairs) for factor in FACTORS)


def _by_the_catalogue(typed: TypedArray, target: Target, digits: int) -> Diagnosis | None:
    """The common mistakes whose array this is, in all the digits that were typed."""
    mistakes, values = target.mistakes_here, typed.values.ravel()
    found = [
        candidate
        for candidate, value in zip(mistakes.candidates, mistakes.values, strict=True)
        if value.size == values.size and value.any() and _agrees(values, value.ravel(), digits)
        if all(shows(entry, float(number)) for entry, number in zip(typed.entries, value.ravel(), strict=True))
    ]
    return told(found, target.points.graph, NUMBER_TIE, target.is_value) if found else None


def _place_by_place(
    typed: TypedArray, right: np.ndarray, verdicts: list[str], digits: int, of_value: bool
) -> Diagnosis:
    """Where only some entries are wrong: a sign or a zero among them, or digits."""
    wrong = [i for i, verdict in enumerate(verdicts) if verdict == "wrong"]
    mine, true = typed.values.ravel()[wrong], right.ravel()[wrong]
    if len(wrong) < len(verdicts) and _agrees(-mine, true, digits):
        return Diagnosis("sign", says="Some signs are the wrong way round; the numbers are right.")
    if len(wrong) < len(verdicts) and not mine.any():
        why = "put the numbers in there." if of_value else "something does get through there."
        return Diagnosis("claimed-zero", says=f"Some of your zeros are none: {why}")
    near = np.abs(mine - true) <= 0.01 * np.abs(true)
    if near.all() and np.isfinite(true).all():
        says = "Right in the first digits, then they differ: was something rounded on the way?"
        return Diagnosis("arithmetic-slip", says=says)
    if sorted(_rounded(typed.values, digits)) == sorted(_rounded(right, digits)):
        return Diagnosis("wrong-index", says="The numbers are right, but they stand at other places.")
    return Diagnosis("unknown", says=UNKNOWN_NUMBERS)


def _one_by_one(typed: TypedArray, target: Target, right: np.ndarray, wrong: list[int]) -> Diagnosis | None:
    """The mistake behind the first wrong entry; `imprecise` where nothing but rounding on the way was amiss in any."""
    found = [_alone(typed.entries[i], target, right, i) for i in wrong]
    mistakes = [diagnosis for diagnosis in found if diagnosis.fault != "imprecise"]
    told = (mistakes or found)[0]
    return None if told.fault == "unknown" else told


def _alone(entry: Typed, target: Target, right: np.ndarray, i: int) -> Diagnosis:
    """The mistake behind one wrong entry, asked for by itself: entries may go wrong in different ways."""
    place = _place(i, right)
    expr = target.expr
    for k in place:
        expr = expr.items[k] if isinstance(expr, ArrayOf) else Index(expr, (k,))
    found = diagnose_number(entry, RightValues(float(right.ravel()[i])), Target(target.context, expr))
    return replace(found, says=f"{_named(place).capitalize()}: {found.says}")


def _place(i: int, array: np.ndarray) -> tuple[int, ...]:
    """The indices of an array's i-th entry."""
    return tuple(int(k) for k in np.unravel_index(i, array.shape))


def _named(place: tuple[int, ...]) -> str:
    """A place in an array, counted from 1 as people count."""
    if len(place) == 1:
        return f"number {place[0] + 1}"
    if len(place) == 2:
        return f"row {place[0] + 1}, column {place[1] + 1}"
    return "the one with the indices " + ", ".join(str(k + 1) for k in place)


def _rounded(values: np.ndarray, digits: int) -> list[float]:
    return [rounded_to(float(x), digits) for x in values.ravel()]
