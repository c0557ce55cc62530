"""The steps of the compiled tape: the elementwise operations of the table, and a few of its own.

What a step computes is the rule's: the kernel is made from these entries, so that an edit in the table of operations
reaches the compiled code, and a new operation has a step as soon as its rule is written (in functions that
lane_maths.py has too; otherwise NumPy runs the graphs that use it).
"""

from __future__ import annotations

from types import CodeType, FunctionType
from typing import Any

from engine.ops import ELEMENTWISE
from engine.rule import Maths, Rule, Table, Value, table

COMPILED_MATHS = frozenset(
    "absolute cos cosh divide exp log log1p maximum minimum power rint sign sin sinh sqrt tanh where".split()
)
"""The functions of `m` that compiled code has."""


def _weighed(m: Maths, t: Value, x: Value) -> Value:
    """t·x, and 0 where t is 0 (a term with weight 0 does not count, even if x is infinite)."""
    return m.where(t == 0, 0.0, t * x)


OWN = table(
    Rule("square", (1, 1), "{0}^2", lambda m, x: x * x, (lambda m, y, x: x + x,)),
    Rule(
        "length",
        (1, 1),
        "sqrt({0})",
        lambda m, x: m.sqrt(x),
        (lambda m, y, x: m.where(y == 0, 0.0, m.divide(0.5, y)),),
        kink="at 0 the slope is taken as 0, as norm has it",
    ),
    Rule(
        "bce",
        (2, 2),
        "",
        lambda m, p, t: -(_weighed(m, t, m.log(p)) + _weighed(m, 1.0 - t, m.log1p(-p))),
        (
            lambda m, y, p, t: _weighed(m, 1.0 - t, m.divide(1.0, 1.0 - p)) - _weighed(m, t, m.divide(1.0, p)),
            lambda m, y, p, t: m.log1p(-p) - m.log(p),
        ),
    ),
    Rule(
        "cross_entropy",
        (2, 2),
        "",
        lambda m, p, t: -_weighed(m, t, m.log(p)),
        (lambda m, y, p, t: -_weighed(m, t, m.divide(1.0, p)), lambda m, y, p, t: t * 0.0 - m.log(p)),
    ),
)
"""x², the root inside a length, and the losses of one entry."""


def _functions(function: Any) -> list[FunctionType]:
    """A function and the plain functions of its module that it calls."""
    found: list[FunctionType] = []
    waiting = [function]
    while waiting:
        here = waiting.pop()
        if isinstance(here, FunctionType) and here not in found:
            found.append(here)
            waiting += [here.__globals__.get(name) for name in here.__code__.co_names]
    return found


def is_compilable(rule: Rule) -> bool:
    """Whether every function of `m` that the rule uses exists in compiled code, too."""
    from engine import scalar

    codes: list[CodeType] = [f.__code__ for part in (rule.value, *rule.slopes) for f in _functions(part)]
    used = {name for code in codes for name in code.co_names if hasattr(scalar, name)}
    return used <= COMPILED_MATHS and len(rule.slopes) in (1, 2)


STEPS: Table = {name: rule for name, rule in {**ELEMENTWISE, **OWN}.items() if name != "copy" and is_compilable(rule)}
CODES: dict[str, int] = {name: code for code, name in enumerate(STEPS)}
"""Operation → its number in a step."""
