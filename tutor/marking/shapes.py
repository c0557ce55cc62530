"""Answers of another shape than the right one: what was added up, picked out, left out or exchanged."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from engine.array_maths import show_shape
from engine.lead import Array
from tutor.marking.feedback import claimed_zero
from tutor.marking.result import Diagnosis

Close = Callable[[Array, Array], bool]
"""Whether two values of one shape are the same, point by point."""
_NOTHING = 1e-9
"""What is below is left over from rounding: a zero then has the wrong shape only."""
_MOST = 200
"""Of a longer array no single entry is looked for."""
EXCHANGED = "Rows and columns are exchanged: which index belongs to the output and which to the input?"


def shape_mistake(given: Array, right: Array, close: Close, of_value: bool = False) -> Diagnosis:
    """What explains an answer of another shape; both values have the points as their first axis.

    `of_value`: asked for is not a derivative.
    """
    if not given.any() and np.abs(right).max(initial=0.0) > _NOTHING:
        return Diagnosis("claimed-zero", says=claimed_zero(of_value))
    mine, asked = given.shape[1:], right.shape[1:]
    if len(mine) == 2 and mine == asked[::-1] and close(given.swapaxes(1, 2), right):
        return Diagnosis("transposed", says=EXCHANGED)
    if len(asked) == 2 and asked[0] == asked[1] and _close_to_diagonal(given, right, close):
        if close(right * np.eye(asked[0]), right):
            return Diagnosis("wrong-shape", says="This is the diagonal: write the whole matrix, with its zeros.")
        says = "This is the diagonal alone: every input moves every output, so there is a whole matrix of slopes."
        return Diagnosis("diagonal-only", says=says)
    start = f"The answer is {_article(asked)}, yours {_article(mine)}: "
    return Diagnosis(
        "wrong-shape", says=start + (_too_few(given, right, close) or _too_many(given, right, close, of_value))
    )


def _article(shape: tuple[int, ...]) -> str:
    said = show_shape(shape)
    return f"a {said}" if said[0].isdigit() else said


def _close_to_diagonal(given: Array, right: Array, close: Close) -> bool:
    diagonal = np.diagonal(right, axis1=1, axis2=2)
    return given.shape == diagonal.shape and close(given, diagonal)


def _too_few(given: Array, right: Array, close: Close) -> str:
    """What is said about one number in place of an array; "" for any other answer."""
    if given.shape[1:] not in ((), (1,)):
        return ""
    flat, one = right.reshape(len(right), -1), given.reshape(len(given))
    if close(one, flat.sum(axis=1)):
        return "you added its entries up; keep them apart."
    if any(close(one, flat[:, j]) for j in range(min(flat.shape[1], _MOST))):
        return "this is one of its entries; give them all."
    return "give one number for each entry."


def _too_many(given: Array, right: Array, close: Close, of_value: bool) -> str:
    if right.shape[1:] not in ((), (1,)):
        if of_value:
            return "count its entries once more."
        return "count the entries of what is differentiated, and of what it is differentiated by."
    flat, one = given.reshape(len(given), -1), right.reshape(len(right))
    if close(flat.sum(axis=1), one):
        return "add the entries up."
    if any(close(flat[:, j], one) for j in range(min(flat.shape[1], _MOST))):
        return "one entry is asked for. Which?"
    return "one number is asked for."
