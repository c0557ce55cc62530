"""The operations of the compiled tape over the rows of a block, made from the rules of tape_steps.py.

Forward, `y` is the output and `a`, `b` the inputs. Backward, `u` is the upstream gradient; `p` and `q` are the
gradients of the inputs before this operation, `d` and `e` where they go after it (which may be the same place, and for
x·x all four are one: they are written one after the other).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import FunctionType
from typing import Any

import numpy as np

from engine import lane_maths
from engine.jit import merged, part
from engine.rule import Rule
from engine.simd import fma
from engine.tape_steps import STEPS
from engine.vector_memory import lanes, load, store

WIDTH = lanes(np.float64)
Pointer = Any
Loop = Any
"""A function for kernels: forward (y, a, b, rows), backward (u, y, a, b, p, d, q, e, rows)."""


def for_kernels(function: Callable[..., Any]) -> Any:
    """A rule's function, and the plain functions it calls, as kernels can take them."""
    if not isinstance(function, FunctionType):
        return function
    world = dict(function.__globals__)
    for name in function.__code__.co_names:
        if isinstance(world.get(name), FunctionType):
            world[name] = for_kernels(world[name])
    return merged(FunctionType(function.__code__, world, function.__name__, None, function.__closure__))


def forward_loop(rule: Rule) -> Loop:
    """The values of an operation."""
    value = for_kernels(rule.value)

    @merged
    def one(code: int, y: Pointer, a: Pointer, b: Pointer, m: int) -> None:
        for r in range(0, m, WIDTH):
            store(y, r, value(lane_maths, load(a, r)))

    @merged
    def two(code: int, y: Pointer, a: Pointer, b: Pointer, m: int) -> None:
        for r in range(0, m, WIDTH):
            store(y, r, value(lane_maths, load(a, r), load(b, r)))

    return one if len(rule.slopes) == 1 else two


def backward_loop(rule: Rule) -> Loop:
    """What an operation hands back, added to the gradients of its inputs."""
    slope, other = for_kernels(rule.slopes[0]), for_kernels(rule.slopes[-1])

    @merged
    def one(  # noqa: PLR0913 (all loops take the same)
        code: int, u: Pointer, y: Pointer, a: Pointer, b: Pointer, p: Pointer, d: Pointer, q: Pointer, e: Pointer,
        m: int,
    ) -> None:  # fmt: skip
        for r in range(0, m, WIDTH):
            store(d, r, fma(load(u, r), slope(lane_maths, load(y, r), load(a, r)), load(p, r)))

    @merged
    def two(  # noqa: PLR0913
        code: int, u: Pointer, y: Pointer, a: Pointer, b: Pointer, p: Pointer, d: Pointer, q: Pointer, e: Pointer,
        m: int,
    ) -> None:  # fmt: skip
        for r in range(0, m, WIDTH):
            g, out, left, right = load(u, r), load(y, r), load(a, r), load(b, r)
            store(d, r, fma(g, slope(lane_maths, out, left, right), load(p, r)))
            store(e, r, fma(g, other(lane_maths, out, left, right), load(q, r)))

    return one if len(rule.slopes) == 1 else two


FAN = 6
"""Ways of one choice. Deeper trees of fewer ways take longer to compile: each level takes in all below it anew."""


def _padded(loops: Sequence[Loop]) -> list[Loop]:
    return [*loops, *[loops[-1]] * (FAN - len(loops))]


def chosen_forward(loops: Sequence[Loop], first: int = 0, each: int = 1) -> Loop:
    """One function (code, y, a, b, rows) out of FAN at most, for `each` codes on from `first`."""
    l0, l1, l2, l3, l4, l5 = _padded(loops)
    c1, c2, c3, c4, c5 = (first + k * each for k in range(1, FAN))

    @part
    def choose(code: int, y: Pointer, a: Pointer, b: Pointer, m: int) -> None:
        if code < c1:
            l0(code, y, a, b, m)
        elif code < c2:
            l1(code, y, a, b, m)
        elif code < c3:
            l2(code, y, a, b, m)
        elif code < c4:
            l3(code, y, a, b, m)
        elif code < c5:
            l4(code, y, a, b, m)
        else:
            l5(code, y, a, b, m)

    return choose


def chosen_backward(loops: Sequence[Loop], first: int = 0, each: int = 1) -> Loop:
    """The same for the backward pass."""
    l0, l1, l2, l3, l4, l5 = _padded(loops)
    c1, c2, c3, c4, c5 = (first + k * each for k in range(1, FAN))

    @part
    def choose(  # noqa: PLR0913
        code: int, u: Pointer, y: Pointer, a: Pointer, b: Pointer, p: Pointer, d: Pointer, q: Pointer, e: Pointer,
        m: int,
    ) -> None:  # fmt: skip
        if code < c1:
            l0(code, u, y, a, b, p, d, q, e, m)
        elif code < c2:
            l1(code, u, y, a, b, p, d, q, e, m)
        elif code < c3:
            l2(code, u, y, a, b, p, d, q, e, m)
        elif code < c4:
            l3(code, u, y, a, b, p, d, q, e, m)
        elif code < c5:
            l4(code, u, y, a, b, p, d, q, e, m)
        else:
            l5(code, u, y, a, b, p, d, q, e, m)

    return choose


def tree(choose: Callable[..., Loop], loops: Sequence[Loop]) -> Loop:
    """One function out of any number of loops; loop i is chosen by code i."""
    each = 1
    while len(loops) > 1:
        groups = [loops[i : i + FAN] for i in range(0, len(loops), FAN)]
        loops = [choose(group, i * FAN * each, each) for i, group in enumerate(groups)]
        each *= FAN
    return loops[0]


forward_step = tree(chosen_forward, [forward_loop(rule) for rule in STEPS.values()])
backward_step = tree(chosen_backward, [backward_loop(rule) for rule in STEPS.values()])
