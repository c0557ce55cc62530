"""Arrays of numbers: each entry judged by itself; shape and transposition said apart from values."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.array_maths import show_shape
from engine.errors import FormulaError
from engine.evaluate import evaluate
from engine.expression import Expr
from engine.printing import show
from engine.sampling import Situation
from tutor.marking.context import Target
from tutor.marking.numbers import _ALONE, RightValues, Typed, judge_number, read_number
from tutor.marking.result import Diagnosis, Verdict, Witness

_ENTRY = re.compile(r"[^\[\],;\s][^\[\],;]*")


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
    right = _home(target)
    if _squeezed(typed.values.shape) != _squeezed(right.shape):
        if typed.values.ndim == 2 and typed.values.shape == right.shape[::-1]:
            return _shape_mistake(typed, right, _agrees(typed.values.T, right, digits))
        note = f"the answer is {show_shape(right.shape)}; yours is {show_shape(typed.values.shape)}"
        return ArrayVerdict("wrong", note, Witness({}, typed.values.tolist(), right.tolist()))
    verdicts = [
        judge_number(entry, RightValues(value, other), digits, within)
        for entry, value, other in zip(typed.entries, right.ravel().tolist(), _papers(target), strict=True)
    ]
    return _summed_up(typed, right, verdicts, digits)


def _home(target: Target) -> np.ndarray:
    found = evaluate(target.expr, target.home)
    return np.asarray(found.value[0, 0].reshape(found.shape))


def _papers(target: Target) -> list[tuple[float, ...]]:
    count = _home(target).size
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


def _shape_mistake(typed: TypedArray, right: np.ndarray, transposed: bool) -> ArrayVerdict:
    note = f"the answer is {show_shape(right.shape)}; yours is {show_shape(typed.values.shape)}"
    says = "Rows and columns are exchanged: row i belongs to entry i of what is differentiated."
    found = Diagnosis("transposed", says=says) if transposed else None
    return ArrayVerdict("wrong", note, Witness({}, typed.values.tolist(), right.tolist()), found)


def _summed_up(typed: TypedArray, right: np.ndarray, verdicts: list[str], digits: int) -> ArrayVerdict:
    if all(verdict == "right" for verdict in verdicts):
        return ArrayVerdict("right")
    first = next(i for i, verdict in enumerate(verdicts) if verdict != "right")
    place = ",".join(str(i) for i in np.unravel_index(first, right.shape)) if right.ndim else ""
    mine, wanted = typed.entries[first].value, float(right.ravel()[first])
    at: dict[str, Any] = {"entry": place} if place else {}
    count = sum(verdict != "right" for verdict in verdicts)
    note = f"{count} of {len(verdicts)} entries differ; the first is entry [{place}]" if right.ndim else ""
    if all(verdict != "wrong" for verdict in verdicts):
        says = f"Right as far as it goes, but rounded too coarsely: {digits} significant digits are asked for."
        return ArrayVerdict("imprecise", note, Witness(at, mine, wanted), Diagnosis("imprecise", says=says))
    return ArrayVerdict("wrong", note, Witness(at, mine, wanted), _whole_mistake(typed.values, right, digits))


def _whole_mistake(values: np.ndarray, right: np.ndarray, digits: int) -> Diagnosis | None:
    """What one fault does to every entry at once."""
    values = values.reshape(right.shape)
    if right.ndim == 2 and right.shape[0] == right.shape[1] and _agrees(values.T, right, digits):
        return Diagnosis(
            "transposed", says="Rows and columns are exchanged: row i belongs to entry i of what is differentiated."
        )
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
        return Diagnosis("claimed-zero", says="Not every entry is zero: something between the two does depend on it.")
    for factor in (2.0, 0.5, 3.0, 1 / 3, 4.0, 0.25):
        if _agrees(values / factor, right, digits):
            return Diagnosis(
                "constant-factor", factor=f"{factor:.3g}", says=f"Every entry is {factor:.3g} times what it should be."
            )
    return None
