"""What one entry of the table of operations holds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Value = Any
"""A float, or a float64 array."""
Maths = Any
"""`engine.scalar` or `numpy`: the same function names for numbers and for arrays."""
Shape = tuple[int, ...]


@dataclass(frozen=True)
class Rule:
    """One operation: its value, its local derivatives, and how both are said.

    For an elementwise operation `value(m, *x)` and `slopes[i](m, y, *x)` (∂y/∂x_i, from the output y and the inputs)
    are written against the namespace `m`. For an operation on whole arrays `value(m, *x, **options)` is given arrays,
    `shape(*shapes, **options)` says the result's shape or raises ValueError with what would fit, and
    `pull(m, g, y, *x, **options)` is the vector–Jacobian product: the share of each input from the upstream
    gradient g.
    """

    name: str
    takes: tuple[int, int]
    text: str
    """How it is written: "{0} + {1}"; calls are written name(…) where this is empty."""
    value: Callable[..., Value]
    slopes: tuple[Callable[..., Value], ...] = ()
    slope_text: tuple[str, ...] = ()
    """Each local derivative as a formula in {0}, {1}, …, the output {y}, and {a}: {0} without brackets."""
    says: str = ""
    """What the backward pass does here, in one sentence."""
    kink: str = ""
    """The convention where the derivative does not exist; "" if it exists everywhere."""
    side: Callable[..., Value] | None = None
    """Which side of its kink the input is on: side(m, *x) → a whole number (or an array of them)."""
    prime: str = ""
    """The derivative of a function of one number, as a formula in x: what f'(…) means."""
    shape: Callable[..., Shape] | None = None
    pull: Callable[..., tuple[Value | None, ...]] | None = None
    elementwise: bool = True
    spelled: tuple[str, ...] = ()
    """Further names under which a formula may call it."""
    called: bool = True
    """Whether a formula may call it by name; operators and brackets are not called."""
    diagonal: bool = False
    """Whether its Jacobian is diagonal (one entry of the output for each of the input)."""


Table = dict[str, Rule]


def table(*rules: Rule) -> Table:
    """The rules by name."""
    return {rule.name: rule for rule in rules}
