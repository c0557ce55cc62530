"""Matrix products in tiles that stay in registers.

All three products of a dense layer have one form,

    out[r, v] = Σ_k a[r, k] · b[k, v]        forward    rows of the batch, inputs, units:   Z = X Wᵀ + bias
                                             backward   rows of the batch, units, inputs:   dX = dZ W
                                             gradient   inputs, rows of the batch, units:   dWᵀ = Xᵀ dZ

in which b and out lie with v side by side, in vectors, and `a` may be walked along either of its axes
(a_row and a_step say how far apart neighbours are). A tile is a block of `rows` × `columns` vectors of the
result. Its sums live in registers through the whole loop over k, so that one load of b serves all rows and
one number of `a` serves all columns: 8 × 2 vectors take 16 registers for the sums and 2 for b, and make 16
multiply-adds from 10 loads.

A tile is written here as LLVM instructions, by ordinary Python loops over its rows and columns, because a
Numba function would need a variable's name for each of the 16 sums. Right and lower edges take smaller
tiles, so vectors are never half used; arrays are padded to whole vectors (simd.padded).
"""

# mypy: warn-return-any=False

from __future__ import annotations

from typing import Any

from llvmlite import ir

from engine.jit import intrinsic, part, types
from engine.vector_type import REGISTER_BYTES, REGISTERS, llvm_of, register_of, splat

Pointer = Any
I64 = ir.IntType(64)
TALL = 8 if REGISTERS == 32 else 4


def _row_offsets(builder: Any, stride: Any, rows: int) -> list[Any]:
    return [builder.mul(stride, ir.Constant(I64, r)) for r in range(rows)]


def _vector_at(builder: Any, base: Any, offset: Any, goal: Any) -> Any:
    return builder.bitcast(builder.gep(base, [offset]), ir.PointerType(goal))


class _Tile:
    """Emits one tile: `sums` walks over k; then the sums are stored, or added to what is there."""

    def __init__(self, builder: Any, kind: Any, rows: int, columns: int) -> None:
        self.builder, self.kind = builder, kind
        self.rows, self.columns = rows, columns
        self.vector = register_of(kind)
        self.width, self.align = self.vector.count, kind.bitwidth // 8

    def load(self, base: Any, offset: Any) -> Any:
        value = self.builder.load(_vector_at(self.builder, base, offset, llvm_of(self.vector)))
        value.align = self.align
        return value

    def store(self, base: Any, offset: Any, value: Any) -> None:
        stored = self.builder.store(value, _vector_at(self.builder, base, offset, llvm_of(self.vector)))
        stored.align = self.align

    def column(self, c: int) -> Any:
        return ir.Constant(I64, c * self.width)

    def sums(self, walk: tuple[Any, ...], start: list[Any]) -> list[Any]:
        """Σ_k for every place of the tile, from `start` on (one vector a column); count ≥ 1."""
        a, a_row, a_step, b, b_row, count = walk
        builder = self.builder
        offsets = _row_offsets(builder, a_row, self.rows)
        before, loop = builder.block, builder.append_basic_block("tile")
        builder.branch(loop)
        builder.position_at_end(loop)
        step, at_a, at_b = builder.phi(I64), builder.phi(a.type), builder.phi(b.type)
        sums = [builder.phi(llvm_of(self.vector)) for _ in range(self.rows * self.columns)]
        added = self._step(at_a, at_b, offsets, sums)
        following = builder.add(step, ir.Constant(I64, 1))
        onwards = builder.gep(at_a, [a_step]), builder.gep(at_b, [b_row])
        more = builder.icmp_signed("<", following, count)
        phis = [step, at_a, at_b, *sums]
        first = [ir.Constant(I64, 0), a, b, *(start * self.rows)]
        for phi, initial, later in zip(phis, first, [following, *onwards, *added], strict=True):
            phi.add_incoming(initial, before)
            phi.add_incoming(later, builder.block)
        after = builder.append_basic_block("tile.end")
        builder.cbranch(more, loop, after)
        builder.position_at_end(after)
        return added

    def _step(self, at_a: Any, at_b: Any, offsets: list[Any], sums: list[Any]) -> list[Any]:
        """One k: each number of a, in all lanes, times each vector of b."""
        builder = self.builder
        right = [self.load(at_b, self.column(c)) for c in range(self.columns)]
        added = []
        for r, offset in enumerate(offsets):
            left = splat(builder, builder.load(builder.gep(at_a, [offset])), self.vector)
            for c, vector in enumerate(right):
                added.append(self.fma(left, vector, sums[r * self.columns + c]))
        return added

    def fma(self, x: Any, y: Any, z: Any) -> Any:
        goal = llvm_of(self.vector)
        name = f"llvm.fmuladd.v{self.width}f{self.kind.bitwidth}"
        module = self.builder.module
        function = module.globals.get(name)
        if function is None:
            function = ir.Function(module, ir.FunctionType(goal, [goal] * 3), name)
        return self.builder.call(function, [x, y, z])

    def places(self, out_row: Any) -> list[Any]:
        """Where each sum belongs in out, in the order of `sums`."""
        offsets = _row_offsets(self.builder, out_row, self.rows)
        return [self.builder.add(o, self.column(c)) for o in offsets for c in range(self.columns)]


def storing_tile(rows: int, columns: int) -> Any:
    """out = start + Σ_k a·b, where `start` is one row of numbers (a bias, or zeros)."""

    @intrinsic
    def tile(typingctx, out, out_row, a, a_row, a_step, b, b_row, count, start):  # type: ignore[no-untyped-def] # noqa: PLR0913
        def lower(context: Any, builder: Any, sig: Any, args: Any) -> Any:
            out, out_row, *walk, start = args
            emit = _Tile(builder, sig.args[0].dtype, rows, columns)
            sums = emit.sums(tuple(walk), [emit.load(start, emit.column(c)) for c in range(columns)])
            for place, value in zip(emit.places(out_row), sums, strict=True):
                emit.store(out, place, value)
            return context.get_dummy_value()

        n = types.intp
        return types.void(out, n, a, n, n, b, n, n, start), lower

    return tile


def updating_tile(rows: int, columns: int) -> Any:
    """out = keep·out + scale·Σ_k a·b."""

    @intrinsic
    def tile(typingctx, out, out_row, a, a_row, a_step, b, b_row, count, keep, scale):  # type: ignore[no-untyped-def] # noqa: PLR0913
        def lower(context: Any, builder: Any, sig: Any, args: Any) -> Any:
            out, out_row, *walk, keep, scale = args
            emit = _Tile(builder, sig.args[0].dtype, rows, columns)
            zero = ir.Constant(llvm_of(emit.vector), [0.0] * emit.width)
            sums = emit.sums(tuple(walk), [zero] * columns)
            keep, scale = splat(builder, keep, emit.vector), splat(builder, scale, emit.vector)
            for place, value in zip(emit.places(out_row), sums, strict=True):
                emit.store(out, place, emit.fma(scale, value, builder.fmul(keep, emit.load(out, place))))
            return context.get_dummy_value()

        n, number = types.intp, out.dtype
        return types.void(out, n, a, n, n, b, n, n, number, number), lower

    return tile


store_tall_2, store_tall_1 = storing_tile(TALL, 2), storing_tile(TALL, 1)
store_2_2, store_2_1 = storing_tile(2, 2), storing_tile(2, 1)
store_1_2, store_1_1 = storing_tile(1, 2), storing_tile(1, 1)
update_tall_2, update_tall_1 = updating_tile(TALL, 2), updating_tile(TALL, 1)
update_2_2, update_2_1 = updating_tile(2, 2), updating_tile(2, 1)
update_1_2, update_1_1 = updating_tile(1, 2), updating_tile(1, 1)


@intrinsic
def width(typingctx: Any, base: Any) -> Any:
    """How many numbers a register of this pointer's kind holds."""
    count = REGISTER_BYTES // (base.dtype.bitwidth // 8)
    return types.intp(base), lambda context, builder, sig, args: ir.Constant(I64, count)


@part
def product(  # noqa: PLR0913
    out: Pointer,
    out_row: int,
    a: Pointer,
    a_row: int,
    a_step: int,
    b: Pointer,
    b_row: int,
    start: Pointer,
    rows: int,
    count: int,
    columns: int,
) -> None:
    """out[rows, columns] = start[columns] + a[rows, count] · b[count, columns]; `columns` in whole vectors."""
    wide = width(out)
    c = 0
    while c < columns:
        pair = c + 2 * wide <= columns
        r = 0
        while r < rows:
            goal, left, right, first = out + (r * out_row + c), a + r * a_row, b + c, start + c
            if rows - r >= TALL:
                if pair:
                    store_tall_2(goal, out_row, left, a_row, a_step, right, b_row, count, first)
                else:
                    store_tall_1(goal, out_row, left, a_row, a_step, right, b_row, count, first)
                r += TALL
            elif rows - r >= 2:
                if pair:
                    store_2_2(goal, out_row, left, a_row, a_step, right, b_row, count, first)
                else:
                    store_2_1(goal, out_row, left, a_row, a_step, right, b_row, count, first)
                r += 2
            else:
                if pair:
                    store_1_2(goal, out_row, left, a_row, a_step, right, b_row, count, first)
                else:
                    store_1_1(goal, out_row, left, a_row, a_step, right, b_row, count, first)
                r += 1
        c += 2 * wide if pair else wide


@part
def add_product(  # noqa: PLR0913
    out: Pointer,
    out_row: int,
    a: Pointer,
    a_row: int,
    a_step: int,
    b: Pointer,
    b_row: int,
    keep: float,
    scale: float,
    rows: int,
    count: int,
    columns: int,
) -> None:
    """out[rows, columns] = keep · out + scale · a[rows, count] · b[count, columns]."""
    wide = width(out)
    c = 0
    while c < columns:
        pair = c + 2 * wide <= columns
        r = 0
        while r < rows:
            goal, left, right = out + (r * out_row + c), a + r * a_row, b + c
            if rows - r >= TALL:
                if pair:
                    update_tall_2(goal, out_row, left, a_row, a_step, right, b_row, count, keep, scale)
                else:
                    update_tall_1(goal, out_row, left, a_row, a_step, right, b_row, count, keep, scale)
                r += TALL
            elif rows - r >= 2:
                if pair:
                    update_2_2(goal, out_row, left, a_row, a_step, right, b_row, count, keep, scale)
                else:
                    update_2_1(goal, out_row, left, a_row, a_step, right, b_row, count, keep, scale)
                r += 2
            else:
                if pair:
                    update_1_2(goal, out_row, left, a_row, a_step, right, b_row, count, keep, scale)
                else:
                    update_1_1(goal, out_row, left, a_row, a_step, right, b_row, count, keep, scale)
                r += 1
        c += 2 * wide if pair else wide


def _turned(builder: Any, rows: list[Any]) -> list[Any]:
    """A square of vectors transposed: lanes are exchanged between rows 1, 2, 4, … apart."""
    width = len(rows)
    distance = 1
    while distance < width:
        turned = list(rows)
        upper = [lane if not lane & distance else width + lane - distance for lane in range(width)]
        lower = [lane + distance if not lane & distance else width + lane for lane in range(width)]
        for r in (r for r in range(width) if not r & distance):
            for place, lanes in ((r, upper), (r + distance, lower)):
                mask = ir.Constant(ir.VectorType(ir.IntType(32), width), lanes)
                turned[place] = builder.shuffle_vector(rows[r], rows[r + distance], mask)
        rows, distance = turned, distance * 2
    return rows


@intrinsic
def turn(typingctx, out, out_row, a, a_row, rows, zeros):  # type: ignore[no-untyped-def]
    """out = the transpose of a square of `a`, as many rows as a register is wide; behind `rows` they are 0."""

    def lower(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        out, out_row, a, a_row, rows, zeros = args
        emit = _Tile(builder, sig.args[0].dtype, REGISTER_BYTES // (sig.args[0].dtype.bitwidth // 8), 1)
        nothing = ir.Constant(I64, 0)
        loaded = []
        for r, offset in enumerate(_row_offsets(builder, a_row, emit.rows)):
            inside = builder.icmp_signed("<", ir.Constant(I64, r), rows)
            base = builder.select(inside, builder.gep(a, [offset]), zeros)
            loaded.append(emit.load(base, nothing))
        for place, value in zip(emit.places(out_row), _turned(builder, loaded), strict=True):
            emit.store(out, place, value)
        return context.get_dummy_value()

    return types.void(out, types.intp, a, types.intp, types.intp, zeros), lower


@part
def transpose(out: Pointer, out_row: int, a: Pointer, a_row: int, rows: int, columns: int, zeros: Pointer) -> None:
    """out[columns, rows] = a[rows, columns] transposed, in squares; both are padded to whole vectors both ways."""
    for c in range(0, columns, width(out)):
        for r in range(0, rows, width(out)):
            turn(out + (c * out_row + r), out_row, a + (r * a_row + c), a_row, rows - r, zeros)
