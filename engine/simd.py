"""The vector type: a handful of numbers that kernels handle as one, spelled out instead of hoped for.

A processor adds or multiplies 2, 4, 8 or 16 numbers in one instruction when they sit side by side in a
vector register. A compiler finds that out by itself for simple loops only; for loops whose sizes are known
at run time it mostly does not, which costs a factor of ten. So this module gives kernels a type for such a
register, `vector(8 x float64)`:

    x = load(row, i)                     a register of numbers out of memory (vector_memory.py)
    w = fill(x, 0.5)                     a constant in every lane
    y = fma(x, w, y)                     x·w + y in every lane, rounded once where the processor can
    y = select(x > 0.0, y, 0.1 * y)      lane by lane: a choice, where scalar code has an `if`

`+ - * /`, negation and comparisons work lane by lane, and plain numbers mix in. Every function here takes
a plain float64 as well, and does the same to it: a formula written with them (vector_math.py) serves one
number and many, with the same rounding, which is what makes 8 training runs in 8 lanes equal to 8 single
runs.

How many lanes there are depends on the processor: `REGISTER_BYTES` is 64 (AVX-512), 32 (AVX) or 16 (any
x86-64 or aarch64), so a register holds `lanes(float64)` = 8, 4 or 2 doubles. Vectors of any other length
work too; LLVM splits them.

How it works: a Numba type, whose LLVM type is `<8 x double>` (vector_type.py, with its operators), and one intrinsic a
function, which writes the LLVM instruction for it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llvmlite import ir

from engine.jit import intrinsic, types
from engine.vector_type import (
    I32,
    MaskType,
    VectorType,
    constant,
    is_number,
    lift,
    lift_all,
    llvm_of,
    register_of,
    widest,
)

# -- functions of LLVM's own: one number or many -----------------------------------------------------------


def _call(builder: Any, name: str, kind: Any, args: Any) -> Any:
    """Call LLVM's function `name` for values of type `kind`: llvm.sqrt.v8f64."""
    goal = llvm_of(kind)
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
        if not all(is_number(kind) for kind in kinds):
            return None
        goal = widest(kinds)

        def lower(context: Any, builder: Any, sig: Any, args: Any) -> Any:
            return write(builder, goal, lift_all(builder, args, sig.args, goal))

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


def lane_by_lane(name: str, count: int) -> Any:
    """The C library's function of `count` doubles, called for one lane after the other: right, and slow."""
    number = ir.DoubleType()

    def write(builder: Any, kind: Any, args: Any) -> Any:
        function = builder.module.globals.get(name)
        if function is None:
            function = ir.Function(builder.module, ir.FunctionType(number, [number] * count), name)
        if not isinstance(kind, VectorType):
            return builder.call(function, args)
        found = ir.Constant(llvm_of(kind), ir.Undefined)
        for lane in range(kind.count):
            place = ir.Constant(I32, lane)
            value = builder.call(function, [builder.extract_element(x, place) for x in args])
            found = builder.insert_element(found, value, place)
        return found

    return _elementwise(write, count)


def _shift_exponent(builder: Any, kind: Any, args: Any) -> Any:
    """x·2^k by integer addition to the exponent's bits; 3·2^51 + k has k in its lowest bits."""
    integer = constant(kind, 0, integer=True).type
    bits = builder.bitcast(builder.fadd(args[1], constant(kind, 6755399441055744.0)), integer)
    shifted = builder.shl(bits, constant(kind, 52, integer=True))
    return builder.bitcast(builder.add(builder.bitcast(args[0], integer), shifted), llvm_of(kind))


# x·2^k of doubles, where k is whole, and x and the result are normal numbers
scale2 = _elementwise(_shift_exponent, 2)

_ROOT_HALF_BITS = 0x3FE6A09E667F3BCD


def _exponent_bits(builder: Any, kind: Any, value: Any) -> tuple[Any, Any]:
    integer = constant(kind, 0, integer=True).type
    bits = builder.bitcast(value, integer)
    above = builder.sub(bits, constant(kind, _ROOT_HALF_BITS, integer=True))
    return bits, builder.ashr(above, constant(kind, 52, integer=True))


def _write_exponent(builder: Any, kind: Any, args: Any) -> Any:
    return builder.sitofp(_exponent_bits(builder, kind, args[0])[1], llvm_of(kind))


def _write_mantissa(builder: Any, kind: Any, args: Any) -> Any:
    bits, power = _exponent_bits(builder, kind, args[0])
    shifted = builder.shl(power, constant(kind, 52, integer=True))
    return builder.bitcast(builder.sub(bits, shifted), llvm_of(kind))


# x = mantissa(x)·2^exponent(x) with the mantissa from √½ to √2, for normal positive doubles
exponent = _elementwise(_write_exponent, 1)
mantissa = _elementwise(_write_mantissa, 1)


@intrinsic
def select(typingctx: Any, mask: Any, yes: Any, no: Any) -> Any:
    """`yes` in the lanes where the mask is true, `no` elsewhere. Both sides are computed."""
    goal = widest((yes, no))
    if isinstance(mask, MaskType) and not isinstance(goal, VectorType):
        goal = VectorType(types.float64, mask.count)

    def lower(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return builder.select(args[0], *lift_all(builder, args[1:], sig.args[1:], goal))

    return goal(mask, yes, no), lower


@intrinsic
def fill(typingctx: Any, like: Any, value: Any) -> Any:
    """`value` in every lane of a vector like `like`, which may be a pointer: then of a whole register."""
    goal = register_of(like.dtype) if isinstance(like, types.CPointer) else like

    def lower(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return lift(builder, args[1], value, goal)

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
    return (builder.fpext if own.bitwidth < base.bitwidth else builder.fptrunc)(value, llvm_of(goal))


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
