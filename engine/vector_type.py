"""The type behind simd.py: a register of numbers, as Numba and LLVM see it, and + − * / and comparisons on it.

A Numba type, whose LLVM type is `<8 x double>`; for each operator one typing rule (what comes out) and one function
that writes the LLVM instruction. Plain numbers mix with vectors: they are put into every lane first.
"""

from __future__ import annotations

import operator
import platform
from collections.abc import Callable
from typing import Any

from llvmlite import ir

from engine.jit import AbstractTemplate, lowered, modelled, models, processor, signature, typed, types

FEATURES = frozenset(name[1:] for name in processor()[1].split(",") if name.startswith("+"))
REGISTER_BYTES = 64 if "avx512f" in FEATURES else 32 if "avx" in FEATURES else 16
REGISTERS = 32 if "avx512f" in FEATURES or platform.machine() in ("aarch64", "arm64") else 16
I1, I32, I64 = ir.IntType(1), ir.IntType(32), ir.IntType(64)


class VectorType(types.Type):  # type: ignore[misc]
    """`count` numbers of type `base` in one value."""

    def __init__(self, base: Any, count: int) -> None:
        self.base, self.count = base, count
        super().__init__(name=f"vector({count} x {base})")


class MaskType(types.Type):  # type: ignore[misc]
    """`count` truth values: what a comparison of vectors gives, and `select` takes."""

    def __init__(self, count: int) -> None:
        self.count = count
        super().__init__(name=f"mask({count})")


@modelled(VectorType)
class _VectorModel(models.PrimitiveModel):  # type: ignore[misc]
    def __init__(self, manager: Any, kind: Any) -> None:
        super().__init__(manager, kind, llvm_of(kind))


@modelled(MaskType)
class _MaskModel(models.PrimitiveModel):  # type: ignore[misc]
    def __init__(self, manager: Any, kind: Any) -> None:
        super().__init__(manager, kind, ir.VectorType(I1, kind.count))


def llvm_of(kind: Any) -> Any:
    """The LLVM type of a vector or of a plain number."""
    if isinstance(kind, VectorType):
        return ir.VectorType(llvm_of(kind.base), kind.count)
    return ir.DoubleType() if kind == types.float64 else ir.FloatType()


def register_of(base: Any) -> VectorType:
    """The vector type that fills a register with numbers of type `base`."""
    return VectorType(base, REGISTER_BYTES // (base.bitwidth // 8))


def is_number(kind: Any) -> bool:
    """Whether values of this type are numbers that formulas work on: vectors and plain ones."""
    return isinstance(kind, VectorType | types.Float)


def widest(kinds: Any) -> Any:
    """The vector type among `kinds`, or double."""
    return next((kind for kind in kinds if isinstance(kind, VectorType)), types.float64)


def lift(builder: Any, value: Any, kind: Any, goal: Any) -> Any:
    """A number or constant as the vector type `goal`: the same number in every lane."""
    if kind == goal:
        return value
    base = goal.base if isinstance(goal, VectorType) else goal
    if isinstance(kind, types.Integer):
        value = builder.sitofp(value, llvm_of(base))
    elif kind.bitwidth > base.bitwidth:
        value = builder.fptrunc(value, llvm_of(base))
    elif kind.bitwidth < base.bitwidth:
        value = builder.fpext(value, llvm_of(base))
    return splat(builder, value, goal) if isinstance(goal, VectorType) else value


def lift_all(builder: Any, values: Any, kinds: Any, goal: Any) -> list[Any]:
    """Each of several values, lifted."""
    return [lift(builder, value, kind, goal) for value, kind in zip(values, kinds, strict=True)]


def splat(builder: Any, value: Any, goal: VectorType) -> Any:
    """A plain number of the right precision in every lane."""
    empty = ir.Constant(llvm_of(goal), ir.Undefined)
    first = builder.insert_element(empty, value, ir.Constant(I32, 0))
    return builder.shuffle_vector(first, empty, ir.Constant(ir.VectorType(I32, goal.count), [0] * goal.count))


def constant(kind: Any, value: float | int, integer: bool = False) -> Any:
    """A constant of the shape of `kind`, as number or as 64-bit integer."""
    scalar = I64 if integer else llvm_of(kind.base if isinstance(kind, VectorType) else kind)
    if isinstance(kind, VectorType):
        return ir.Constant(ir.VectorType(scalar, kind.count), [value] * kind.count)
    return ir.Constant(scalar, value)


# -- + - * / and comparisons -------------------------------------------------------------------------------


def _define_operator(symbol: Any, write: Callable[[Any, Any, Any], Any], gives_mask: bool) -> None:
    @typed(symbol)
    class _Typing(AbstractTemplate):  # type: ignore[misc]
        def generic(self, args: Any, kws: Any) -> Any:
            if len(args) != 2 or not any(isinstance(kind, VectorType) for kind in args):
                return None
            goal = widest(args)
            return signature(MaskType(goal.count) if gives_mask else goal, *args)

    def lower(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        goal = widest(sig.args)
        return write(builder, *lift_all(builder, args, sig.args, goal))

    lowered(symbol, VectorType, VectorType)(lower)
    for plain in (types.Float, types.Integer):
        lowered(symbol, VectorType, plain)(lower)
        lowered(symbol, plain, VectorType)(lower)


for _symbols, _write in (
    ((operator.add, operator.iadd), lambda b, x, y: b.fadd(x, y)),
    ((operator.sub, operator.isub), lambda b, x, y: b.fsub(x, y)),
    ((operator.mul, operator.imul), lambda b, x, y: b.fmul(x, y)),
    ((operator.truediv, operator.itruediv), lambda b, x, y: b.fdiv(x, y)),
):
    for _symbol in _symbols:
        _define_operator(_symbol, _write, False)
_define_operator(operator.lt, lambda b, x, y: b.fcmp_ordered("<", x, y), True)
_define_operator(operator.le, lambda b, x, y: b.fcmp_ordered("<=", x, y), True)
_define_operator(operator.gt, lambda b, x, y: b.fcmp_ordered(">", x, y), True)
_define_operator(operator.ge, lambda b, x, y: b.fcmp_ordered(">=", x, y), True)
_define_operator(operator.eq, lambda b, x, y: b.fcmp_ordered("==", x, y), True)
_define_operator(operator.ne, lambda b, x, y: b.fcmp_unordered("!=", x, y), True)


@typed(operator.neg)
class _Negation(AbstractTemplate):  # type: ignore[misc]
    def generic(self, args: Any, kws: Any) -> Any:
        return signature(args[0], args[0]) if isinstance(args[0], VectorType) else None


@lowered(operator.neg, VectorType)
def _negate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
    return builder.fneg(args[0])


def _define_mask_operator(symbol: Any, write: Callable[[Any, Any, Any], Any]) -> None:
    @typed(symbol)
    class _Typing(AbstractTemplate):  # type: ignore[misc]
        def generic(self, args: Any, kws: Any) -> Any:
            return signature(args[0], *args) if all(isinstance(kind, MaskType) for kind in args) else None

    @lowered(symbol, MaskType, MaskType)
    def lower(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return write(builder, *args)


_define_mask_operator(operator.and_, lambda b, x, y: b.and_(x, y))
_define_mask_operator(operator.or_, lambda b, x, y: b.or_(x, y))
