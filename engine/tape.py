"""Forward and backward pass over the tape of a graph: one row, in plain Python for scalars, in NumPy for arrays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

from engine import scalar
from engine.array_maths import unbroadcast
from engine.lowering import Slot
from engine.ops import OPS
from engine.rule import Value
from engine.values import rounded

Values = list[Any]


def _numpy() -> Any:
    import numpy

    return numpy


def quiet(slots: Sequence[Slot]) -> Any:
    """A context in which overflow and 0/0 give inf and nan without a warning."""
    return _numpy().errstate(all="ignore") if uses_arrays(slots) else nullcontext()


def uses_arrays(slots: Sequence[Slot]) -> bool:
    """Whether any slot needs NumPy."""
    return any(slot.shape or (slot.op in OPS and not OPS[slot.op].elementwise) for slot in slots)


def forward(slots: Sequence[Slot], inputs: Mapping[int, Value], decimals: int | None = None) -> Values:
    """The value of every slot. `inputs` maps input slots to values; with `decimals` named nodes are rounded."""
    values: Values = []
    with quiet(slots):
        for i, slot in enumerate(slots):
            if slot.op == "input":
                values.append(inputs[i])
            elif slot.op == "const":
                values.append(slot.const)
            else:
                value = compute(slots, slot, values)
                if decimals is not None and slot.name is not None:
                    value = rounded(value, decimals)
                values.append(value)
    return values


def compute(slots: Sequence[Slot], slot: Slot, values: Values) -> Value:
    """The value of one operation from the values of its arguments."""
    rule = OPS[slot.op]
    args = [values[arg] for arg in slot.args]
    if rule.elementwise and not slot.shape:
        return float(rule.value(scalar, *args))
    numpy = _numpy()
    result = rule.value(numpy, *_as_arrays(numpy, args), **dict(slot.options))
    return numpy.asarray(result, dtype=float) if slot.shape else float(result)


def _as_arrays(numpy: Any, args: list[Any]) -> list[Any]:
    return [numpy.asarray(arg, dtype=float) for arg in args]


def slopes(slots: Sequence[Slot], i: int, values: Values) -> tuple[Value, ...]:
    """The local derivatives of an elementwise operation by each argument, entry by entry."""
    slot = slots[i]
    rule = OPS[slot.op]
    m = _numpy() if slot.shape else scalar
    args = [values[arg] for arg in slot.args]
    return tuple(slope(m, values[i], *args) for slope in rule.slopes)


def shares(slots: Sequence[Slot], i: int, values: Values, upstream: Value) -> tuple[Value | None, ...]:
    """What operation `i` hands back to each argument for the gradient `upstream` of its output."""
    slot = slots[i]
    rule = OPS[slot.op]
    args = [values[arg] for arg in slot.args]
    if rule.elementwise and not slot.shape:
        return tuple(
            None if slots[arg].op == "const" else upstream * slope(scalar, values[i], *args)
            for arg, slope in zip(slot.args, rule.slopes, strict=True)
        )
    m = _numpy()
    arrays = _as_arrays(m, args)
    if rule.elementwise:
        return tuple(
            None
            if slots[arg].op == "const"
            else _shaped(unbroadcast(m, m.asarray(upstream * slope(m, values[i], *arrays)), slots[arg].shape))
            for arg, slope in zip(slot.args, rule.slopes, strict=True)
        )
    assert rule.pull is not None
    pulled = rule.pull(m, m.asarray(upstream), m.asarray(values[i]), *arrays, **dict(slot.options))
    return tuple(None if p is None else _shaped(p) for p in pulled)


def _shaped(value: Any) -> Value:
    """A float for a scalar, else the array."""
    return value if getattr(value, "ndim", 0) else float(value)


@dataclass(frozen=True)
class Backward:
    """What one backward pass found. None stands for "nothing came back here" (a gradient of 0).

    `gradients[i]` belongs to slot i; `shares[i][k]` is what slot i handed to its k-th argument.
    """

    gradients: list[Value | None]
    shares: dict[int, tuple[Value | None, ...]]


def backward(slots: Sequence[Slot], values: Values, seeds: Mapping[int, Value], stop: int = 0) -> Backward:
    """Reverse pass from the seeded slots down to slot `stop`: every gradient is the sum of the shares it receives."""
    gradients: list[Value | None] = [None] * len(slots)
    handed: dict[int, tuple[Value | None, ...]] = {}
    for i, seed in seeds.items():
        gradients[i] = seed
    with quiet(slots):
        for i in range(max(seeds, default=-1), stop - 1, -1):
            upstream = gradients[i]
            if upstream is None or not slots[i].args:
                continue
            handed[i] = shares(slots, i, values, upstream)
            for arg, share in zip(slots[i].args, handed[i], strict=True):
                if share is not None:
                    before = gradients[arg]
                    gradients[arg] = share if before is None else before + share
    return Backward(gradients, handed)


def zeros(slot: Slot) -> Value:
    """Nothing, in the shape of a slot."""
    return _numpy().zeros(slot.shape) if slot.shape else 0.0


def unit(slot: Slot, entry: int) -> Value:
    """1 at one (flat) entry of a slot, 0 elsewhere."""
    if not slot.shape:
        return 1.0
    seed = zeros(slot)
    seed.flat[entry] = 1.0
    return seed


def sides(slots: Sequence[Slot], values: Values) -> list[Any]:
    """For every operation with a kink: which side of it the value is on (its branch)."""
    found: list[Any] = []
    with quiet(slots):
        for slot in slots:
            rule = OPS.get(slot.op)
            if rule is not None and rule.side is not None:
                args = [values[arg] for arg in slot.args]
                arrays = bool(slot.shape) or not rule.elementwise
                m = _numpy() if arrays else scalar
                side = rule.side(m, *(_as_arrays(m, args) if arrays else args))
                found.append(side.tolist() if hasattr(side, "tolist") else side)
    return found
