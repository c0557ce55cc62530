"""Tree → elementary operations: each part of a formula becomes one slot of the tape, with its shape checked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

from engine.array_maths import broadcast_shape, index_shape, show_shape
from engine.errors import ShapeError
from engine.expression import (
    ArrayOf,
    Call,
    Derivative,
    Entry,
    Expr,
    Index,
    Marked,
    Name,
    Number,
    Prime,
    Rows,
    Total,
    fold,
    rebuild,
    walk,
)
from engine.formula import parse
from engine.ops import OPS
from engine.printing import show
from engine.rule import Shape
from engine.scope import Scope

MAX_ENTRIES = 4_000_000
MAX_TOTAL = 8_000_000
"""Entries of one array, and of all arrays of a graph together: what its values and gradients take stays bounded."""
MAX_UNROLLED = 64


@dataclass(frozen=True, slots=True)
class Slot:
    """One elementary operation of the tape (or an input, or a constant).

    `args` are earlier slots; `expr` is the part of the formula it computes; `name` is the key of the named node that
    it is, if it is one; `const` is the value of a constant; `options` go to the rule (axis, index items).
    """

    op: str
    args: tuple[int, ...]
    shape: Shape
    expr: Expr
    name: str | None = None
    const: float | None = None
    options: tuple[tuple[str, Any], ...] = ()


@dataclass
class Lowering:
    """Grows a tape. `slot_of` maps keys to the slots that hold their values."""

    slots: list[Slot] = field(default_factory=list)
    slot_of: dict[str, int] = field(default_factory=dict)
    spelled: dict[str, str] = field(default_factory=dict)
    entries: int = 0

    def input(self, key: str, shape: Shape) -> int:
        """A slot for a given or a weight. Raises ShapeError for more than two axes and for an empty or huge one."""
        if len(shape) > 2:
            raise ShapeError("arrays have one axis or two")
        if any(n < 1 for n in shape):
            raise ShapeError("an array needs at least one entry")
        self.slot_of[key] = self._add(Slot("input", (), shape, Name(key), name=key))
        return self.slot_of[key]

    def node(self, key: str, expr: Expr) -> int:
        """The slots of a named node; the last one is the node itself."""
        before = len(self.slots)
        slot = self.lower(expr)
        if slot < before or self.slots[slot].op == "const":
            slot = self._add(Slot("copy", (slot,), self.slots[slot].shape, expr))
        self.slots[slot] = replace(self.slots[slot], name=key)
        self.slot_of[key] = slot
        return slot

    def lower(self, expr: Expr) -> int:
        """The slot that holds `expr`. Raises ShapeError with the place in the formula."""
        return fold(unroll(expr, self._shape), self._one)

    def _add(self, slot: Slot) -> int:
        size = 1
        for n in slot.shape:
            size *= n
        if size > MAX_ENTRIES:
            raise _fail(slot.expr, f"{show_shape(slot.shape)} is too large: {size} entries, at most {MAX_ENTRIES}")
        self.entries += size
        if self.entries > MAX_TOTAL:
            raise _fail(slot.expr, f"the graph is too large: {self.entries} entries so far, at most {MAX_TOTAL}")
        self.slots.append(slot)
        return len(self.slots) - 1

    def _shape(self, key: str) -> Shape:
        return self.slots[self.slot_of[key]].shape

    def _one(self, here: Expr, below: list[int]) -> int:
        match here:
            case Number(value=value):
                return self._add(Slot("const", (), (), here, const=value))
            case Name(key=key):
                return self.slot_of[key]
            case Call(op=op):
                return self._call(op, here, below)
            case ArrayOf():
                return self._op("stack", here, below)
            case Index(items=items):
                return self._op("index", here, below, items=items)
            case Entry():
                return self._entry(here, below[0])
            case Prime():
                return self.lower_prime(here, below[0])
            case Marked(mark=mark):
                raise _fail(here, f"the mark {mark} has a meaning only inside Σ_{mark}")
            case Rows():
                raise _fail(here, "the number of rows has a meaning only in an answer about a lesson's rows")
            case Derivative():
                raise _fail(here, "a derivative cannot stand in a node's formula; it belongs in questions and answers")
        raise AssertionError(here)

    def _call(self, op: str, here: Expr, below: list[int]) -> int:
        if op in {"max", "min"}:
            return self._extreme(op, here, below)
        if op in {"sum", "mean"} and len(below) == 2:
            axis = self.slots[below[1]].const
            if axis is None or axis != int(axis):
                raise _fail(here, f"the second argument of {op} is the number of an axis: {op}(X, 0)")
            return self._op(op, here, below[:1], axis=int(axis))
        return self._op(op, here, below)

    def _extreme(self, op: str, here: Expr, below: list[int]) -> int:
        if len(below) == 1:
            return self._op("largest" if op == "max" else "smallest", here, below)
        slot = below[0]
        for i, other in enumerate(below[1:], start=2):
            part = here if i == len(below) else replace(here, args=here.parts[:i])  # type: ignore[call-arg]
            slot = self._op(op, part, [slot, other])
        return slot

    def _op(self, op: str, here: Expr, args: list[int], **options: Any) -> int:
        rule = OPS[op]
        shapes = [self.slots[arg].shape for arg in args]
        try:
            if rule.elementwise:
                shape = shapes[0]
                for other in shapes[1:]:
                    shape = broadcast_shape(shape, other)
            else:
                assert rule.shape is not None
                shape = rule.shape(*shapes, **options)
        except ValueError as error:
            raise _fail(here, f"{show(here, self.spelled)}: {error}") from None
        return self._add(Slot(op, tuple(args), shape, here, options=tuple(options.items())))

    def _entry(self, here: Entry, base: int) -> int:
        shape = self.slots[base].shape
        items = subscripts(here, shape)
        if items is None:
            said = f"{show(here.body, self.spelled)} is {show_shape(shape)} and has no entry {here.digits}"
            if not shape:
                raise _fail(here, said)
            raise _fail(here, f"{said}; entries are counted from 1 to {', '.join(str(n) for n in shape)}")
        return self._op("index", here, [base], items=items)

    def lower_prime(self, here: Prime, argument: int) -> int:
        """f'(…): the rule's own derivative formula, put in place of x."""
        inner = Lowering(self.slots, {"x": argument}, {"x": show(here.body, self.spelled)})
        rule = OPS[here.function]
        if not rule.prime:
            raise _fail(here, f"{here.function}' has no meaning: it is no function of one number")
        start = len(self.slots)
        slot = inner.lower(_prime(rule.prime))
        for i in range(start, len(self.slots)):
            self.slots[i] = replace(self.slots[i], expr=_substituted(self.slots[i].expr, here.body))
        self.slots[slot] = replace(self.slots[slot], expr=here)
        return slot


@lru_cache(maxsize=64)
def _prime(text: str) -> Expr:
    return parse(text, Scope(names={"x": "x"}))


def _substituted(expr: Expr, argument: Expr) -> Expr:
    return rebuild(expr, lambda e: argument if isinstance(e, Name) and e.key == "x" else e)


def subscripts(here: Entry, shape: Shape) -> tuple[int, ...] | None:
    """Mathematics' subscripts as indices from zero, or None if they do not fit `shape`."""
    if not shape:
        return None
    parts = [int(p) for p in here.digits.split(",") if p][:8]
    if len(parts) == 1 and len(shape) == 2 and len(here.digits) == 2:
        parts = [int(c) for c in here.digits]
    if len(parts) > len(shape) or any(not 1 <= p <= n for p, n in zip(parts, shape, strict=False)):
        return None
    return tuple(p - 1 for p in parts)


def unroll(expr: Expr, shape_of: Callable[[str], Shape]) -> Expr:
    """Every Σ_i over arrays written out as a sum of terms.

    `shape_of(key)` is the shape of a name's value. Raises ShapeError if there is nothing to sum over.
    """
    if not any(isinstance(here, Total | Marked) for here in walk(expr)):
        return expr
    return rebuild(expr, lambda here: _written_out(here, shape_of) if isinstance(here, Total) else here)


def _written_out(total: Total, shape_of: Callable[[str], Shape]) -> Expr:
    """Σ over the first axis that the marked parts have; parts without a mark that have it too are summed alike."""
    entered = {id(here.body) for here in walk(total.body) if isinstance(here, Index | Entry)}
    rows = {id(here): _first_axis(here, shape_of) for here in walk(total.body) if id(here) not in entered}
    marked = [here for here in walk(total.body) if isinstance(here, Marked) and here.mark == total.mark]
    lengths = [n for here in marked if (n := rows.get(id(here.body))) is not None]
    if len(set(lengths)) > 1:
        said = " and ".join(str(n) for n in dict.fromkeys(lengths))
        raise _fail(total, f"Σ_{total.mark} goes over arrays of {said} entries; they must be as long as each other")
    lengths = lengths or [n for n in rows.values() if n is not None]
    if not lengths:
        raise _fail(total, "Σ needs arrays to sum over; here are only scalars")
    longest = min(lengths)
    count = longest if total.upper is None else total.upper
    if count > longest:
        raise _fail(total, f"Σ goes up to {count} here, over arrays of {longest} entries")
    if count > MAX_UNROLLED:
        raise _fail(total, f"Σ over {count} entries is too long to write out; use sum(…)")
    parts = {id(here.body) for here in marked}
    chosen = {key for key, n in rows.items() if n == longest or key in parts}
    whole = _row(total, 0, chosen)
    for i in range(1, count):
        whole = Call("add", (whole, _row(total, i, chosen)), at=total.at, end=total.end)
    return whole


def _first_axis(here: Expr, shape_of: Callable[[str], Shape]) -> int | None:
    """The length of the first axis of a name or of a part of one; None for a scalar and for anything else."""
    if isinstance(here, Name):
        shape: Shape = shape_of(here.key)
    elif isinstance(here, Index | Entry) and isinstance(here.body, Name):
        base = shape_of(here.body.key)
        items = subscripts(here, base) if isinstance(here, Entry) else here.items
        try:
            shape = () if items is None else index_shape(base, items=items)
        except ValueError:
            return None
    elif isinstance(here, Marked):
        return _second_axis(here, shape_of)
    else:
        return None
    return shape[0] if shape else None


def _second_axis(here: Marked, shape_of: Callable[[str], Shape]) -> int | None:
    """The length of a matrix's rows, for W_{ij} of which the inner Σ has the second index."""
    shape = shape_of(here.body.key) if isinstance(here.body, Name) and not here.rest else ()
    return shape[1] if len(shape) > 1 else None


def _row(total: Total, i: int, chosen: set[int]) -> Expr:
    """The i-th term: the chosen parts replaced by their i-th entries, marks taken off."""

    def build(here: Expr) -> Expr:
        if isinstance(here, Marked) and here.mark == total.mark:
            rest = tuple(int(c) - 1 for c in here.rest.split(",") if c)
            return Index(here.body, (i, *rest), at=here.at, end=here.end)
        if id(here) in chosen:
            return Index(here, (i,), at=here.at, end=here.end)
        if not here.parts or (isinstance(here, Index | Entry) and isinstance(here.body, Name)):
            return here
        return here.with_parts(tuple(build(part) for part in here.parts))

    return build(total.body)


def _fail(here: Expr, message: str) -> ShapeError:
    return ShapeError(message, at=here.at, end=here.end)
