"""Questions whose answer is the same whatever the numbers are, though it is written as if it were not."""

from __future__ import annotations

import numpy as np

from engine.expression import Derivative, Entry, Expr, Index, Name, names_in
from engine.numbers import show_number
from tutor.lesson import FORMULA_KINDS
from tutor.marking.context import Context, Target
from tutor.proof.findings import Findings
from tutor.questions import Question

NOISE = 1e-12


def check_constant(found: Findings, i: int, question: Question, context: Context) -> None:
    """A value that no name has any say in, on whatever side of a kink.

    A node, an entry or a derivative that is constant is worth asking for: why it is so is a question.
    """
    target = context.target(question.target)
    if question.kind not in FORMULA_KINDS or not names_in(target.expr) or _is_one_thing(target.expr):
        return
    value = _constant(target)
    if value is None:
        return
    same = "always 0" if (np.abs(value) <= NOISE).all() else _said(value)
    cure = "ask for what depends on the numbers, or say accept_hidden = true" if question.kind == "number" else None
    found.warn(("step", i, question.kind), f"{question.target} is {same}, whatever the numbers are", cure)


def _is_one_thing(expr: Expr) -> bool:
    """Whether it names one node, entry or derivative, other than that of a thing by itself."""
    if isinstance(expr, Derivative):
        return expr.of != expr.by
    return isinstance(expr, Name) or (isinstance(expr, Index | Entry) and _is_one_thing(expr.parts[0]))


def _constant(target: Target) -> np.ndarray | None:
    """The value that is the same at every point; None where it differs, or is no finite number."""
    values = []
    for points in (target.home, target.points, target.beyond):
        if points is not None:
            found = target.value_at(points).value
            values.append(found.reshape(-1, *found.shape[2:]))
    every = np.concatenate([np.broadcast_to(v, (len(v), *values[0].shape[1:])) for v in values])
    if not np.isfinite(every).all():
        return None
    spread = np.abs(every - every[0]).max()
    return every[0] if spread <= NOISE * max(1.0, float(np.abs(every[0]).max())) else None


def _said(value: np.ndarray) -> str:
    return f"always {show_number(float(value.flat[0]), 3)}" if value.size == 1 else "always the same"
