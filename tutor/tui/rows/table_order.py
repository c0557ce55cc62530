"""Which names the table of all nodes shows, and in which order; what is hidden or not known yet takes no part in it."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from tutor.revealed import Revealed, trace_of
from tutor.tui.rows.catalogue_rows import folded
from tutor.tui.rows.graph_rows import label
from tutor.tui.rows.table_rows import formula_of, table_keys

if TYPE_CHECKING:
    from tutor.session import Session

SORTS = ("order of computation", "name", "size of value", "size of gradient")
"""The orders of the table, as they are said; sizes from the largest down, of an array its largest entry."""


@dataclass(frozen=True)
class TableOrder:
    """One of `SORTS`, and what a name or its formula must have in it."""

    sort: str = SORTS[0]
    wanted: str = ""

    def next_sort(self) -> TableOrder:
        """The next order, after the last the first."""
        return replace(self, sort=SORTS[(SORTS.index(self.sort) + 1) % len(SORTS)])


GRAPH_ORDER = TableOrder()
"""All names in the order of computation."""


def ordered_keys(session: Session, seen: Revealed, order: TableOrder) -> tuple[str, ...]:
    """The rows of the table from top to bottom, as keys of the graph; rows that are alike stay in graph order."""
    keys = [key for key in table_keys(session) if has(session, key, order.wanted)]
    rank = _ranks(session, seen)[order.sort]
    return tuple(keys if rank is None else sorted(keys, key=rank))


def has(session: Session, key: str, wanted: str) -> bool:
    """Whether a text occurs in a name or in its formula; blanks, case and accents do not count."""
    assert session.graph is not None
    part = _plain(wanted)
    return any(part in _plain(text) for text in (label(session.graph.graph, key), formula_of(session, key)))


def size(value: Any) -> float:
    """The absolute value of a number, of an array its largest; what is no number counts as infinite."""
    found = float(abs(value).max(initial=0.0)) if getattr(value, "shape", ()) else abs(float(value))
    return math.inf if math.isnan(found) else found


def _ranks(session: Session, seen: Revealed) -> dict[str, Callable[[str], Any] | None]:
    """What each order sorts by."""

    def by_name(key: str) -> list[str | int]:
        assert session.graph is not None
        parts = re.split(r"(\d+)", folded(label(session.graph.graph, key)))
        return [int(part) if i % 2 else part for i, part in enumerate(parts)]  # x2 before x10

    def by_value(key: str) -> float:
        return -size(trace_of(session).value(key)) if key in seen.values else math.inf

    def by_gradient(key: str) -> float:
        trace = trace_of(session)
        return -size(trace.gradient(key)) if key in seen.gradients and trace.is_scalar else math.inf

    return dict(zip(SORTS, (None, by_name, by_value, by_gradient), strict=True))


def _plain(text: str) -> str:
    return "".join(folded(text).split())
