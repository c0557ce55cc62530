"""One compiled kernel that runs any tape of scalar operations over many rows, forward and backward.

A tape comes as numbers: each step an operation, the slot it writes and the slots it reads. Rows go through in blocks
that stay in the first-level cache; inside an operation a loop over the block's rows works on whole vector registers
(simd.py), so that what an operation costs beyond its arithmetic is shared by a hundred rows. Nothing is compiled for a
new graph.

Values and gradients of a block lie in two buffers, slot after slot. A step adds u·slope to the gradient that is
there already, `base`, and writes it to `to`; for the first to write, `base` is a slot of zeros, so that gradients need
no clearing; what nobody asked for goes to a slot that is never read. The order of the additions is the plain path's.

exp, log, tanh and their family are vector_math's (at most 4 units in the last place); sin, cos, sinh, cosh and general
powers are the C library's, one row at a time.
"""

# mypy: disallow-untyped-calls=False, disallow-untyped-decorators=False

from __future__ import annotations

from typing import Any

from engine.jit import intrinsic, kernel, merged, part, types
from engine.simd import fill, total
from engine.tape_loops import WIDTH, backward_step, forward_step
from engine.vector_memory import get, load, put, store

Pointer = Any
Array = Any

STEP = 9
"""Numbers of a step: code, slot written, two slots read, base and goal of each gradient, whether to go back."""


@intrinsic
def doubles_at(typingctx: Any, place: Any) -> Any:
    """The pointer to the doubles at an address."""
    goal = types.CPointer(types.float64)

    def lower(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return builder.inttoptr(args[0], context.get_value_type(goal))

    return goal(types.int64), lower


@merged
def _forward_block(steps: Array, at: Array, m: int) -> None:
    for k in range(steps.shape[0]):
        y, a, b = doubles_at(at[steps[k, 1]]), doubles_at(at[steps[k, 2]]), doubles_at(at[steps[k, 3]])
        forward_step(steps[k, 0], y, a, b, m)


@merged
def _backward_block(steps: Array, at: Array, back: Array, m: int) -> None:
    for k in range(steps.shape[0] - 1, -1, -1):
        if steps[k, 8]:
            u = doubles_at(back[steps[k, 1]])
            y, a, b = doubles_at(at[steps[k, 1]]), doubles_at(at[steps[k, 2]]), doubles_at(at[steps[k, 3]])
            p, d = doubles_at(back[steps[k, 4]]), doubles_at(back[steps[k, 5]])
            q, e = doubles_at(back[steps[k, 6]]), doubles_at(back[steps[k, 7]])
            backward_step(steps[k, 0], u, y, a, b, p, d, q, e, m)


@part
def _copy(goal: Pointer, source: Pointer, m: int) -> None:
    whole = m - m % WIDTH
    for r in range(0, whole, WIDTH):
        store(goal, r, load(source, r))
    for r in range(whole, m):
        put(goal, r, get(source, r))


@part
def _sum(source: Pointer, m: int) -> float:
    whole = m - m % WIDTH
    found = fill(source, 0.0)
    for r in range(0, whole, WIDTH):
        found = found + load(source, r)
    result = total(found)
    for r in range(whole, m):
        result += get(source, r)
    return float(result)


@merged
def _place_inputs(at: Array, own: Array, inputs: Array, sources: Array, start: int, m: int, block: int) -> None:
    """A whole block is read where the rows lie; the last one is copied, and filled up with its own last row."""
    for j in range(inputs.size):
        slot, place = inputs[j], sources[j] + 8 * start
        at[slot] = place if m == block else own[slot]
        if m < block:
            _copy(doubles_at(own[slot]), doubles_at(place), m)
            last = get(doubles_at(place), m - 1)
            for r in range(m, m + (-m) % WIDTH):
                put(doubles_at(own[slot]), r, last)


@kernel
def run_tape(  # noqa: PLR0913 (a kernel's arguments are arrays and sizes)
    steps: Array,
    own: Array,
    back: Array,
    inputs: Array,
    sources: Array,
    outputs: Array,
    goals: Array,
    wanted: Array,
    shares: Array,
    totals: Array,
    rows: int,
    block: int,
    cancelled: Array,
) -> int:
    """Runs all rows, and returns how many were done (fewer once cancelled[0] is not 0).

    `steps` (k, STEP); `own` and `back` the addresses of every slot's value and gradient in a block; slot `inputs[j]`
    has its rows at the address `sources[j]`; the values of slot `outputs[j]` go to `goals[j]`; the gradient of slot
    `wanted[j]` goes to `shares[j]` row by row, or, where that is 0, is added to `totals[j]`. `block` is a multiple of
    WIDTH. Without `wanted` only the forward pass runs.
    """
    at = own.copy()
    start = 0
    while start < rows and not cancelled[0]:
        m = min(block, rows - start)
        _place_inputs(at, own, inputs, sources, start, m, block)
        padded = m + (-m) % WIDTH
        _forward_block(steps, at, padded)
        for j in range(outputs.size):
            _copy(doubles_at(goals[j] + 8 * start), doubles_at(at[outputs[j]]), m)
        if wanted.size:
            _backward_block(steps, at, back, padded)
        for j in range(wanted.size):
            if shares[j]:
                _copy(doubles_at(shares[j] + 8 * start), doubles_at(back[wanted[j]]), m)
            else:
                totals[j] += _sum(doubles_at(back[wanted[j]]), m)
        start += m
    return start
