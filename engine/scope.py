"""Which names a formula may use, and how a run of letters is split into them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from types import MappingProxyType

from engine.expression import Entry, Expr, Marked, Name, Number, Rows
from engine.names import MAX_NAME
from engine.ops import FUNCTIONS
from engine.scan import Unit

E = 2.718281828459045
PI = 3.141592653589793
CONSTANTS: dict[str, float] = {"e": E, "pi": PI}
_TWO = re.compile(r"(\d+|[^\W\d_]),?([^\W\d_])")
"""Two subscripts of which the second is a letter."""
ROW_COUNTS = frozenset(("m", "n", "N"))


@dataclass(frozen=True)
class Scope:
    """`names`: key → spelling of every name of the graph.

    `arrays`: the keys that may hold arrays and so take subscripts. `aliases`: further spellings, key → expression.
    `functions`: further spellings of functions, key → operation (h for sigmoid).
    `rows`: whether Σ over rows and m have a meaning. `open`: unknown runs are new names (a formula on its own).
    """

    names: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    arrays: frozenset[str] = frozenset()
    aliases: Mapping[str, Expr] = field(default_factory=lambda: MappingProxyType({}))
    rows: bool = False
    open: bool = False
    functions: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    @cached_property
    def longest(self) -> int:
        """The number of letters of the longest name that a formula may use."""
        names = (*self.names, *self.aliases, *self.functions, *FUNCTIONS, *CONSTANTS)
        return min(MAX_NAME, max(map(len, names)))

    def is_function(self, key: str) -> bool:
        """Whether `key` is called when brackets follow: a function, and no name of the graph."""
        known = key in FUNCTIONS or key in self.functions
        return known and key not in self.names and key not in self.aliases

    def operation(self, key: str) -> str:
        """The operation that a function's spelling means."""
        return self.functions.get(key) or FUNCTIONS[key]


@dataclass(frozen=True, slots=True)
class Function:
    """A function's name at the end of a run."""

    op: str
    at: int
    end: int


Piece = Expr | Function


class Splitter:
    """Splits one run of units into names, longest first."""

    def __init__(self, units: tuple[Unit, ...], scope: Scope, marks: tuple[str, ...], called: bool) -> None:
        self.units = units
        self.scope = scope
        self.marks = marks
        self.called = called

    def split(self) -> list[Piece] | None:
        """All pieces, each as long as lets the rest be read; None if the units cannot be read.

        Found from the end backwards, so that a run of thousands of letters costs neither stack nor time.
        """
        count = len(self.units)
        found: dict[int, tuple[Piece, int] | None] = {}
        for start in range(count - 1, -1, -1):
            found[start] = self._longest(start, lambda stop: stop == count or found.get(stop) is not None)
        pieces: list[Piece] = []
        start = 0
        while start < count:
            here = found[start]
            if here is None:
                return None
            pieces.append(here[0])
            start = here[1]
        return pieces

    def longest(self) -> tuple[Piece, int] | None:
        """The longest first piece and where it stops, whatever follows."""
        return self._longest(0, lambda stop: True)

    def _longest(self, start: int, goes_on: Callable[[int], bool]) -> tuple[Piece, int] | None:
        for stop in self._stops(start):
            if goes_on(stop) and (piece := self.piece(start, stop)) is not None:
                return piece, stop
        return None

    def _stops(self, start: int) -> list[int]:
        """Where a piece from `start` on may end, furthest first: before a letter, within the longest name."""
        units = self.units
        if units[start].subscript:
            return []
        stops: list[int] = []
        letters = 0
        for i in range(start, len(units)):
            letters += not units[i].subscript
            if letters > self.scope.longest:
                break
            if i + 1 == len(units) or not units[i + 1].subscript:
                stops.append(i + 1)
        return stops[::-1]

    def piece(self, start: int, stop: int) -> Piece | None:
        """What the units `start…stop` mean as one name, entry, function or constant."""
        units = self.units[start:stop]
        at, end = units[0].at, units[-1].end
        key = "".join(unit.key for unit in units).replace(",", "")
        if (named := self._named(key, at, end)) is not None:
            return named
        if stop == len(self.units) and self.called and self.scope.is_function(key):
            return Function(self.scope.operation(key), at, end)
        if (entry := self._entry(units, at, end)) is not None:
            return entry
        if key in CONSTANTS and not any(unit.subscript for unit in units):  # p_i is an entry of p, not π
            return Number(CONSTANTS[key], at=at, end=end)
        if self.scope.rows and key in ROW_COUNTS:
            return Rows(key, at=at, end=end)
        return None

    def _named(self, key: str, at: int, end: int) -> Expr | None:
        if key in self.scope.names:
            return Name(key, at=at, end=end)
        if key in self.scope.aliases:
            return _placed(self.scope.aliases[key], at, end)
        return None

    def _entry(self, units: tuple[Unit, ...], at: int, end: int) -> Expr | None:
        """An entry `s_1`, a row mark `y_i`, or both `x_{i1}`."""
        letters = [unit.key for unit in units if not unit.subscript]
        subs = [unit.key for unit in units if unit.subscript]
        first = next((i for i, unit in enumerate(units) if unit.subscript), len(units))
        if not subs or any(not unit.subscript for unit in units[first:]):
            return None
        for count in range(len(subs) - 1, -1, -1):  # h1_2 is entry 2 of an array h1 before it is entry 1,2 of h
            base = "".join((*letters, *subs[:count])).replace(",", "")
            rest = subs[count:]
            found = self._marked(base, rest, at, end) or self._subscripted(base, rest, at, end)
            if found is not None:
                return found
        return None

    def _subscripted(self, base: str, subs: list[str], at: int, end: int) -> Expr | None:
        digits = ",".join(subs) if len(subs) > 1 else subs[0]
        if not digits.replace(",", "").isdigit():
            return None
        named = self._named(base, at, end)
        if named is None or not self._may_be_array(named):
            return None
        return Entry(named, digits, at=at, end=end)

    def _marked(self, base: str, subs: list[str], at: int, end: int) -> Expr | None:
        return self._by_place(base, subs, at, end) or self._by_row(base, subs, at, end)

    def _by_place(self, base: str, subs: list[str], at: int, end: int) -> Expr | None:
        """`W_{1j}` and `W_{ij}`: the second subscript of a matrix is a mark; `W_{i1}` is an entry of row i."""
        found = _TWO.fullmatch(",".join(subs))
        if found is None or found[2] not in self.marks or found[1] == found[2]:
            return None
        named = self._named(base, at, end)
        if named is None or not self._may_be_array(named) or self._named(base + found[1], at, end) is not None:
            return None
        if found[1].isdigit():
            return Marked(Entry(named, found[1], at=at, end=end), found[2], at=at, end=end)
        if found[1] not in self.marks:
            return None
        return Marked(Marked(named, found[1], at=at, end=end), found[2], at=at, end=end)

    def _by_row(self, base: str, subs: list[str], at: int, end: int) -> Expr | None:
        for mark in self.marks:
            kept = [sub.replace(mark, "", 1).strip(",") for sub in subs if mark in sub]
            if not kept:
                continue
            rest = [sub for sub in (s.replace(mark, "", 1).strip(",") if mark in s else s for s in subs) if sub]
            named = self._named(base + "".join(rest).replace(",", ""), at, end)
            if named is not None:
                return Marked(named, mark, at=at, end=end)
            named = self._named(base, at, end)
            if named is not None and self._may_be_array(named) and "".join(rest).replace(",", "").isdigit():
                return Marked(named, mark, ",".join(rest), at=at, end=end)
        return None

    def _may_be_array(self, named: Expr) -> bool:
        return not isinstance(named, Name) or named.key in self.scope.arrays


def _placed(expr: Expr, at: int, end: int) -> Expr:
    """The expression of an alias, said to stand where its spelling stands."""
    return replace(expr, at=at, end=end)
