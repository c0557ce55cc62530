"""Numbers in memory as kernels see them: typed addresses, and whole registers moved to and fro.

    row = pointer(array)                 a typed address; `row + 3` is three elements further on
    x = load(row, i)                     LANES numbers from element i on; `store(row, i, x)` puts them back
    w = broadcast(row, i)                the one number at i, in every lane of a register

How many numbers a register holds depends on the processor (vector_type.py): `lanes(float64)` = 8, 4 or 2. Addresses
are not checked: kernels pad their arrays to whole registers (`padded`, `aligned_zeros`).
"""

from __future__ import annotations

import operator
from typing import Any

import numpy as np
from llvmlite import ir

from engine.jit import AbstractTemplate, intrinsic, lowered, signature, typed, types
from engine.vector_type import I32, I64, REGISTER_BYTES, llvm_of, register_of, splat


def lanes(dtype: Any) -> int:
    """How many numbers of this NumPy type one register holds."""
    return REGISTER_BYTES // int(np.dtype(dtype).itemsize)


def padded(count: int, dtype: Any) -> int:
    """`count` rounded up to whole registers."""
    width = lanes(dtype)
    return -(-count // width) * width


def aligned_zeros(count: int, dtype: Any) -> np.ndarray[Any, Any]:
    """A flat array of zeros that begins at a cache line, with a register to spare behind its end."""
    size = int(np.dtype(dtype).itemsize)
    room = np.zeros(count + 2 * 64 // size, dtype)
    skip = (-room.ctypes.data % 64) // size
    return room[skip : skip + count]


@intrinsic
def pointer(typingctx: Any, array: Any) -> Any:
    """The address of the first element of an array. The array must outlive it: let Python hold it."""
    if not isinstance(array, types.Array):
        return None

    def lower(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return context.make_array(sig.args[0])(context, builder, args[0]).data

    return types.CPointer(array.dtype)(array), lower


@typed(operator.add, operator.iadd)
class _PointerTyping(AbstractTemplate):  # type: ignore[misc]
    def generic(self, args: Any, kws: Any) -> Any:
        if len(args) == 2 and isinstance(args[0], types.CPointer) and isinstance(args[1], types.Integer):
            return signature(args[0], args[0], types.intp)
        return None


@lowered(operator.add, types.CPointer, types.Integer)
@lowered(operator.iadd, types.CPointer, types.Integer)
def _move(context: Any, builder: Any, sig: Any, args: Any) -> Any:
    return builder.gep(args[0], [args[1]])


def _address(builder: Any, base: Any, index: Any, goal: Any) -> Any:
    return builder.bitcast(builder.gep(base, [index]), ir.PointerType(goal))


@intrinsic
def load(typingctx: Any, base: Any, index: Any) -> Any:
    """A register of numbers from element `index` on."""
    goal = register_of(base.dtype)

    def lower(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        value = builder.load(_address(builder, args[0], args[1], llvm_of(goal)))
        value.align = base.dtype.bitwidth // 8
        return value

    return goal(base, types.intp), lower


@intrinsic
def store(typingctx: Any, base: Any, index: Any, value: Any) -> Any:
    """Write all lanes of `value` from element `index` on."""

    def lower(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        written = builder.store(args[2], _address(builder, args[0], args[1], llvm_of(value)))
        written.align = base.dtype.bitwidth // 8
        return context.get_dummy_value()

    return types.void(base, types.intp, value), lower


@intrinsic
def broadcast(typingctx: Any, base: Any, index: Any) -> Any:
    """The one number at `index`, in every lane of a register."""
    goal = register_of(base.dtype)

    def lower(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return splat(builder, builder.load(builder.gep(args[0], [args[1]])), goal)

    return goal(base, types.intp), lower


@intrinsic
def gather(typingctx: Any, base: Any, indices: Any, apart: Any, size: Any) -> Any:
    """Numbers from a register's worth of places: lane i gets base[size·indices[i·apart]], 64-bit `indices`."""
    goal = register_of(base.dtype)

    def lower(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        base_value, indices_value, apart_value, size_value = args
        value = ir.Constant(llvm_of(goal), ir.Undefined)
        for lane in range(goal.count):
            at = builder.mul(apart_value, ir.Constant(I64, lane))
            place = builder.mul(builder.load(builder.gep(indices_value, [at])), size_value)
            number = builder.load(builder.gep(base_value, [place]))
            value = builder.insert_element(value, number, ir.Constant(I32, lane))
        return value

    return goal(base, indices, types.intp, types.intp), lower


@intrinsic
def get(typingctx: Any, base: Any, index: Any) -> Any:
    """The one element at `index`; nothing checks the bounds, nothing counts from the end."""

    def lower(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return builder.load(builder.gep(args[0], [args[1]]))

    return base.dtype(base, types.intp), lower


@intrinsic
def put(typingctx: Any, base: Any, index: Any, value: Any) -> Any:
    """Write one element."""

    def lower(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        builder.store(args[2], builder.gep(args[0], [args[1]]))
        return context.get_dummy_value()

    return types.void(base, types.intp, base.dtype), lower
