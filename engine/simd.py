"""The vector type: a handful of numbers that kernels handle as one, spelled out instead of hoped for.

A processor adds or multiplies 2, 4, 8 or 16 numbers in one instruction when they sit side by side in a
vector register. A compiler finds that out by itself for simple loops only; for loops whose sizes are known
at run time it mostly does not, which costs a factor of ten. So this module gives kernels a type for such a
register, `vector(8 x float64)`:

    row = pointer(array)                 a typed address; `row + 3` is three elements further on
    x = load(row, i)                     LANES numbers from element i on; `store(row, i, x)` puts them back
    w = broadcast(row, i)                the one number at i, in every lane; `fill(x, 0.5)` for a constant
    y = fma(x, w, y)                     x·w + y in every lane, rounded once where the processor can
    y = select(x > 0.0, y, 0.1 * y)      lane by lane: a choice, where scalar code has an `if`

`+ - * /`, negation and comparisons work lane by lane, and plain numbers mix in. Every function here takes
a plain float64 as well, and does the same to it: a formula written with them (vector_math.py) serves one
number and many, with the same rounding, which is what makes 8 training runs in 8 lanes equal to 8 single
runs.

How many lanes there are depends on the processor: `REGISTER_BYTES` is 64 (AVX-512), 32 (AVX) or 16 (any
x86-64 or aarch64), so a register holds `lanes(float64)` = 8, 4 or 2 doubles. Vectors of any other length
work too; LLVM splits them. Addresses are not checked: kernels pad their arrays to whole vectors (`padded`,
`aligned_zeros`).

How it works: a Numba type, whose LLVM type is `<8 x double>`, and one intrinsic a function, which writes
the LLVM instruction for it. Names start with `_` for what only this file uses.
"""

from __future__ import annotations

import operator
import platform
from collections.abc import Callable
from typing import Any

import numpy as np
from llvmlite import ir

from engine.jit import (
    AbstractTemplate,
    intrinsic,
    lowered,
    modelled,
    models,
    processor,
    signature,
    typed,
    types,
)

FEATURES = frozenset(name[1:] for name in processor()[1].split(",") if name.startswith("+"))
REGISTER_BYTES = 64 if "avx512f" in FEATURES else 32 if "avx" in FEATURES else 16
REGISTERS = 32 if "avx512f" in FEATURES or platform.machine() in ("aarch64", "arm64") else 16
I1, I32, I64 = ir.IntType(1), ir.IntType(32), ir.IntType(64)


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


# -- the types ---------------------------------------------------------------------------------------------


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
        super().__init__(manager, kind, _llvm(kind))


@modelled(MaskType)
class _MaskModel(models.PrimitiveModel):  # type: ignore[misc]
    def __init__(self, manager: Any, kind: Any) -> None:
        super().__init__(manager, kind, ir.VectorType(I1, kind.count))


def _llvm(kind: Any) -> Any:
    """The LLVM type of a vector or of a plain number."""
    if isinstance(kind, VectorType):
        return ir.VectorType(_llvm(kind.base), kind.count)
    return ir.DoubleType() if kind == types.float64 else ir.FloatType()


def _vector_of(base: Any) -> VectorType:
    """The vector type that fills a register with numbers of type `base`."""
    return VectorType(base, REGISTER_BYTES // (base.bitwidth // 8))


def _is_number(kind: Any) -> bool:
    return isinstance(kind, VectorType | types.Float)


def _widest(kinds: Any) -> Any:
    """The vector type among `kinds`, or double."""
    return next((kind for kind in kinds if isinstance(kind, VectorType)), types.float64)


def _lift(builder: Any, value: Any, kind: Any, goal: Any) -> Any:
    """A number or constant as the vector type `goal`: the same number in every lane."""
    if kind == goal:
        return value
    base = goal.base if isinstance(goal, VectorType) else goal
    if isinstance(kind, types.Integer):
        value = builder.sitofp(value, _llvm(base))
    elif kind.bitwidth > base.bitwidth:
        value = builder.fptrunc(value, _llvm(base))
    elif kind.bitwidth < base.bitwidth:
        value = builder.fpext(value, _llvm(base))
    return _splat(builder, value, goal) if isinstance(goal, VectorType) else value


def _lift_all(builder: Any, values: Any, kinds: Any, goal: Any) -> list[Any]:
    return [_lift(builder, value, kind, goal) for value, kind in zip(values, kinds, strict=True)]


def _splat(builder: Any, value: Any, goal: VectorType) -> Any:
    empty = ir.Constant(_llvm(goal), ir.Undefined)
    first = builder.insert_element(empty, value, ir.Constant(I32, 0))
    return builder.shuffle_vector(first, empty, ir.Constant(ir.VectorType(I32, goal.count), [0] * goal.count))


def _constant(kind: Any, value: float | int, integer: bool = False) -> Any:
    """A constant of the shape of `kind`, as number or as 64-bit integer."""
    scalar = I64 if integer else _llvm(kind.base if isinstance(kind, VectorType) else kind)
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
            goal = _widest(args)
            return signature(MaskType(goal.count) if gives_mask else goal, *args)

    def lower(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        goal = _widest(sig.args)
        return write(builder, *_lift_all(builder, args, sig.args, goal))

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


# -- functions of LLVM's own: one number or many -----------------------------------------------------------


def _call(builder: Any, name: str, kind: Any, args: Any) -> Any:
    """Call LLVM's function `name` for values of type `kind`: llvm.sqrt.v8f64."""
    goal = _llvm(kind)
    base = kind.base if isinstance(kind, VectorType) else kind
    shape = f"v{kind.count}" if isinstance(kind, VectorType) else ""
    full = f"llvm.{name}.{shape}f{base.bitwidth}"
    module = builder.module
    function = module.globals.get(full)
    if function is None:
        function = ir.Function(module, ir.FunctionType(goal, [goal] * len(args)), full)
    return builder.call(function, args)


def _elementwise(write: Callable[[Any, Any, Any], Any], count: int) -> Any:
    """An intrinsic of `count` numbers or vectors; `write(builder, kind, values)` emits it."""

    def typing(kinds: Any) -> Any:
        if not all(_is_number(kind) for kind in kinds):
            return None
        goal = _widest(kinds)

        def lower(context: Any, builder: Any, sig: Any, args: Any) -> Any:
            return write(builder, goal, _lift_all(builder, args, sig.args, goal))

        return goal(*kinds), lower

    if count == 1:
        return intrinsic(lambda typingctx, x: typing((x,)))
    if count == 2:
        return intrinsic(lambda typingctx, x, y: typing((x, y)))
    return intrinsic(lambda typingctx, x, y, z: typing((x, y, z)))


def _standard(name: str, count: int) -> Any:
    return _elementwise(lambda builder, kind, args: _call(builder, name, kind, args), count)


# x·y + z; not "llvm.fma", which is a slow library call where the processor lacks the instruction
fma = _standard("fmuladd", 3)
nearest = _standard("rint", 1)  # the nearest whole number, ties to even
root = _standard("sqrt", 1)
absolute = _standard("fabs", 1)
with_sign = _standard("copysign", 2)  # the size of x, the sign of y


def _shift_exponent(builder: Any, kind: Any, args: Any) -> Any:
    """x·2^k by integer addition to the exponent's bits; 3·2^51 + k has k in its lowest bits."""
    integer = _constant(kind, 0, integer=True).type
    bits = builder.bitcast(builder.fadd(args[1], _constant(kind, 6755399441055744.0)), integer)
    shifted = builder.shl(bits, _constant(kind, 52, integer=True))
    return builder.bitcast(builder.add(builder.bitcast(args[0], integer), shifted), _llvm(kind))


# x·2^k of doubles, where k is whole, and x and the result are normal numbers
scale2 = _elementwise(_shift_exponent, 2)

_ROOT_HALF_BITS = 0x3FE6A09E667F3BCD


def _exponent_bits(builder: Any, kind: Any, value: Any) -> tuple[Any, Any]:
    integer = _constant(kind, 0, integer=True).type
    bits = builder.bitcast(value, integer)
    above = builder.sub(bits, _constant(kind, _ROOT_HALF_BITS, integer=True))
    return bits, builder.ashr(above, _constant(kind, 52, integer=True))


def _write_exponent(builder: Any, kind: Any, args: Any) -> Any:
    return builder.sitofp(_exponent_bits(builder, kind, args[0])[1], _llvm(kind))


def _write_mantissa(builder: Any, kind: Any, args: Any) -> Any:
    bits, power = _exponent_bits(builder, kind, args[0])
    shifted = builder.shl(power, _constant(kind, 52, integer=True))
    return builder.bitcast(builder.sub(bits, shifted), _llvm(kind))


# x = mantissa(x)·2^exponent(x) with the mantissa from √½ to √2, for normal positive doubles
exponent = _elementwise(_write_exponent, 1)
mantissa = _elementwise(_write_mantissa, 1)


@intrinsic
def select(typingctx: Any, mask: Any, yes: Any, no: Any) -> Any:
    """`yes` in the lanes where the mask is true, `no` elsewhere. Both sides are computed."""
    goal = _widest((yes, no))
    if isinstance(mask, MaskType) and not isinstance(goal, VectorType):
        goal = VectorType(types.float64, mask.count)

    def lower(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return builder.select(args[0], *_lift_all(builder, args[1:], sig.args[1:], goal))

    return goal(mask, yes, no), lower


@intrinsic
def fill(typingctx: Any, like: Any, value: Any) -> Any:
    """`value` in every lane of a vector like `like`, which may be a pointer: then of a whole register."""
    goal = _vector_of(like.dtype) if isinstance(like, types.CPointer) else like

    def lower(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return _lift(builder, args[1], value, goal)

    return goal(like, value), lower


@intrinsic
def total(typingctx: Any, x: Any) -> Any:
    """The sum of all lanes, pairwise: the upper half onto the lower until one is left."""
    if not isinstance(x, VectorType):
        return None

    def lower(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        value, count = args[0], x.count
        while count > 1:
            count //= 2
            halves = [list(range(count)), list(range(count, 2 * count))]
            shuffles = [ir.Constant(ir.VectorType(I32, count), half) for half in halves]
            value = builder.fadd(*(builder.shuffle_vector(value, value, shuffle) for shuffle in shuffles))
        return builder.extract_element(value, ir.Constant(I32, 0))

    return x.base(x), lower


def _converted(builder: Any, value: Any, kind: Any, base: Any) -> Any:
    own = kind.base if isinstance(kind, VectorType) else kind
    goal = VectorType(base, kind.count) if isinstance(kind, VectorType) else base
    if own.bitwidth == base.bitwidth:
        return value
    return (builder.fpext if own.bitwidth < base.bitwidth else builder.fptrunc)(value, _llvm(goal))


@intrinsic
def double(typingctx: Any, x: Any) -> Any:
    """x as doubles, in as many lanes."""
    goal = VectorType(types.float64, x.count) if isinstance(x, VectorType) else types.float64
    return goal(x), lambda context, builder, sig, args: _converted(builder, args[0], x, types.float64)


@intrinsic
def rounded_like(typingctx: Any, x: Any, like: Any) -> Any:
    """x rounded to the kind of number that `like` has, in as many lanes."""
    base = like.base if isinstance(like, VectorType) else like
    goal = VectorType(base, x.count) if isinstance(x, VectorType) else base
    return goal(x, like), lambda context, builder, sig, args: _converted(builder, args[0], x, base)


# -- memory ------------------------------------------------------------------------------------------------


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
    goal = _vector_of(base.dtype)

    def lower(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        value = builder.load(_address(builder, args[0], args[1], _llvm(goal)))
        value.align = base.dtype.bitwidth // 8
        return value

    return goal(base, types.intp), lower


@intrinsic
def store(typingctx: Any, base: Any, index: Any, value: Any) -> Any:
    """Write all lanes of `value` from element `index` on."""

    def lower(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        written = builder.store(args[2], _address(builder, args[0], args[1], _llvm(value)))
        written.align = base.dtype.bitwidth // 8
        return context.get_dummy_value()

    return types.void(base, types.intp, value), lower


@intrinsic
def broadcast(typingctx: Any, base: Any, index: Any) -> Any:
    """The one number at `index`, in every lane of a register."""
    goal = _vector_of(base.dtype)

    def lower(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return _splat(builder, builder.load(builder.gep(args[0], [args[1]])), goal)

    return goal(base, types.intp), lower


@intrinsic
def gather(typingctx: Any, base: Any, indices: Any, apart: Any, size: Any) -> Any:
    """Numbers from a register's worth of places: lane i gets base[size·indices[i·apart]], 64-bit `indices`."""
    goal = _vector_of(base.dtype)

    def lower(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        base_value, indices_value, apart_value, size_value = args
        value = ir.Constant(_llvm(goal), ir.Undefined)
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
