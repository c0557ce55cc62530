"""The tree of a formula: plain frozen data with the place of each part in the text, and one walk over it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import TypeVar

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Expr:
    """A part of a formula; `at` and `end` are character offsets in the text it was read from."""

    at: int = field(default=0, compare=False, kw_only=True)
    end: int = field(default=0, compare=False, kw_only=True)

    @property
    def parts(self) -> tuple[Expr, ...]:
        """The expressions that this one is made of."""
        return ()

    def with_parts(self, parts: tuple[Expr, ...]) -> Expr:
        """The same with other parts."""
        return self


@dataclass(frozen=True, slots=True)
class Number(Expr):
    """A constant."""

    value: float


@dataclass(frozen=True, slots=True)
class Name(Expr):
    """A name of the graph, by its normalised key."""

    key: str


@dataclass(frozen=True, slots=True)
class Rows(Expr):
    """m: the number of rows, by the letter that was typed."""

    letter: str = field(default="m", compare=False)


@dataclass(frozen=True, slots=True)
class _Unary(Expr):
    body: Expr

    @property
    def parts(self) -> tuple[Expr, ...]:
        return (self.body,)

    def with_parts(self, parts: tuple[Expr, ...]) -> Expr:
        return replace(self, body=parts[0])


@dataclass(frozen=True, slots=True)
class Entry(_Unary):
    """Mathematics' subscript, counted from one: `s_1`, `W_{12}`. `digits` holds "12" or "1,2"."""

    digits: str


@dataclass(frozen=True, slots=True)
class Span:
    """A slice `start:stop` of one axis, as in code."""

    start: int | None = None
    stop: int | None = None


@dataclass(frozen=True, slots=True)
class Index(_Unary):
    """Code's brackets, counted from zero: `s[0]`, `X[:,0]`, `v[1:]`."""

    items: tuple[int | Span, ...]


@dataclass(frozen=True, slots=True)
class Prime(_Unary):
    """The derivative of an elementwise function at `body`: `σ'(a)`."""

    function: str


@dataclass(frozen=True, slots=True)
class Marked(_Unary):
    """`body` with a row mark: `y_i` or `y^{(i)}` inside Σ_i. `rest` holds further subscripts of an array's row."""

    mark: str
    rest: str = ""


@dataclass(frozen=True, slots=True)
class Total(_Unary):
    """Σ over the rows (or over the first axis of arrays) of `body`; `mark` is the index letter, "" if none.

    `upper` is the last index where a number was written for it: it may not go beyond what there is.
    """

    mark: str
    upper: int | None = None


@dataclass(frozen=True, slots=True)
class Call(Expr):
    """An operation of the table `OPS` on its arguments; `+ - * / ^ @` and functions alike."""

    op: str
    args: tuple[Expr, ...]

    @property
    def parts(self) -> tuple[Expr, ...]:
        return self.args

    def with_parts(self, parts: tuple[Expr, ...]) -> Expr:
        return replace(self, args=parts)


@dataclass(frozen=True, slots=True)
class ArrayOf(Expr):
    """`[a, b, c]`: entries stacked along a new first axis."""

    items: tuple[Expr, ...]

    @property
    def parts(self) -> tuple[Expr, ...]:
        return self.items

    def with_parts(self, parts: tuple[Expr, ...]) -> Expr:
        return replace(self, items=parts)


@dataclass(frozen=True, slots=True)
class Derivative(Expr):
    """`dL/dw1`: the derivative of one name or entry by another."""

    of: Expr
    by: Expr

    @property
    def parts(self) -> tuple[Expr, ...]:
        return (self.of, self.by)

    def with_parts(self, parts: tuple[Expr, ...]) -> Expr:
        return replace(self, of=parts[0], by=parts[1])


def walk(expr: Expr) -> Iterator[Expr]:
    """Every part of `expr`, parts before what they make up (postorder), without recursion."""
    stack: list[tuple[Expr, bool]] = [(expr, False)]
    while stack:
        here, ready = stack.pop()
        if ready or not here.parts:
            yield here
        else:
            stack.append((here, True))
            stack.extend((part, False) for part in reversed(here.parts))


def fold(expr: Expr, combine: Callable[[Expr, list[R]], R]) -> R:
    """`combine(part, results of its parts)` from the leaves up, without recursion."""
    results: list[R] = []
    for here in walk(expr):
        count = len(here.parts)
        below = results[len(results) - count :] if count else []
        if count:
            del results[len(results) - count :]
        results.append(combine(here, below))
    return results[0]


def rebuild(expr: Expr, change: Callable[[Expr], Expr]) -> Expr:
    """The tree with `change` applied to every part, leaves first."""

    def combine(here: Expr, below: list[Expr]) -> Expr:
        same = all(a is b for a, b in zip(here.parts, below, strict=True))
        return change(here if same else here.with_parts(tuple(below)))

    return fold(expr, combine)


def names_in(expr: Expr) -> tuple[str, ...]:
    """The keys of the names that `expr` uses, each once, in reading order."""
    return tuple(dict.fromkeys(here.key for here in walk(expr) if isinstance(here, Name)))
