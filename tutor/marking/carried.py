"""Error carried forward: in a walk or table each entry is judged against what the student's own earlier entries imply.

Only the first wrong link is blamed: a value computed rightly from a wrong one is right in itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from engine.batched import forward, pull_of, units
from engine.errors import EngineError
from engine.faults.injection import points_of
from engine.graph import Graph
from engine.lead import LEAD, Array
from engine.points import Points
from engine.trace import Trace
from tutor.marking.arrays import read_array
from tutor.marking.context import Context
from tutor.marking.numbers import RightValues, Typed, judge_number, read_number

Verdict = Literal["right", "wrong", "imprecise", "unreadable", "missing"]


@dataclass(frozen=True)
class EntryVerdict:
    """One entry: its verdict against `implied` (what the earlier entries make of it); `right` is the true value.

    `carried` says that it is right in itself but follows from an earlier wrong entry.
    """

    verdict: Verdict
    implied: Any
    right: Any
    carried: bool = False
    note: str = ""


def judge_entries(
    graph: Graph,
    values: Mapping[str, Any],
    entries: Mapping[str, str],
    *,
    backward: bool = False,
    digits: int = 3,
    decimals: int | None = None,
) -> dict[str, EntryVerdict]:
    """Judges predicted values (or, with `backward`, gradients of the output) by name, whatever order they came in.

    Entries may be left out: then the true value goes on. Raises EngineError for an unknown name and for bad values.
    """
    trace = Trace.of(graph, values, decimals)
    typed = {graph.key(name): text for name, text in entries.items()}
    table = _Gradients(trace, typed, digits) if backward else _Values(trace, typed, digits)
    return table.judged()


class _Table:
    """Walks through the graph and keeps, for every named slot, what the student goes on with."""

    def __init__(self, trace: Trace, typed: Mapping[str, str], digits: int) -> None:
        self.graph = trace.graph
        self.points: Points = points_of(trace)
        self.trace = trace
        self.typed = typed
        self.digits = digits
        self.found: dict[str, EntryVerdict] = {}

    def entry(self, key: str, implied: Array, right: Array) -> Array:
        """Judges one entry and returns the value that the student goes on with."""
        shape = self.graph.slots[self.graph.slot_of[key]].shape
        mine = np.broadcast_to(implied[0, 0, 0], shape)
        true = np.broadcast_to(right[0, 0, 0], shape)
        text = self.typed.get(key)
        if text is None:
            return implied
        try:
            typed = _read(text, shape)
        except EngineError as error:
            self.found[key] = EntryVerdict("unreadable", _plain(mine), _plain(true), note=error.message)
            return implied
        if not text.strip():
            self.found[key] = EntryVerdict("missing", _plain(mine), _plain(true))
            return implied
        verdict = self._verdict(typed, mine, true)
        self.found[key] = EntryVerdict(
            verdict, _plain(mine), _plain(true), verdict != "wrong" and self._is_carried(typed, true, verdict)
        )
        values = np.array([t.value for t in typed]).reshape((1,) * LEAD + shape)
        exact = verdict == "right" and not self.found[key].carried and _close(values, right)
        return right if exact else values

    def _verdict(self, typed: list[Typed], mine: Array, true: Array) -> Verdict:
        verdicts = [
            judge_number(t, RightValues(float(m), (float(r),)), self.digits, None)
            for t, m, r in zip(typed, mine.ravel(), true.ravel(), strict=True)
        ]
        if "wrong" in verdicts:
            return "wrong"
        return "imprecise" if "imprecise" in verdicts else "right"

    def _is_carried(self, typed: list[Typed], true: Array, verdict: str) -> bool:
        alone = [
            judge_number(t, RightValues(float(r)), self.digits, None) for t, r in zip(typed, true.ravel(), strict=True)
        ]
        return any(own == "wrong" or (own == "imprecise" and verdict == "right") for own in alone)


def _close(a: Array, b: Array) -> bool:
    """Whether an entry is the true value up to its rounding: then the true value goes on, not its rounding."""
    return bool(np.allclose(a, b, rtol=0.006, atol=1e-12))


def _plain(value: Array) -> Any:
    return value.tolist()


def _read(text: str, shape: tuple[int, ...]) -> list[Typed]:
    if not text.strip():
        return []
    if not shape:
        return [read_number(text)]
    typed = read_array(text, Context.empty().read(text))
    if typed.values.shape != shape:
        raise EngineError(f"{len(typed.entries)} numbers were given, {int(np.prod(shape))} are needed")
    return list(typed.entries)


class _Values(_Table):
    """Forward: each node from the student's own values of its parents."""

    def judged(self) -> dict[str, EntryVerdict]:
        mine: list[Array] = []
        slots = self.graph.slots
        for i, slot in enumerate(slots):
            if slot.op == "input":
                value = self.points.values[i]
            else:
                value = forward(slots[: i + 1], list(mine), i)[i]
            if slot.name is not None and slot.name in self.graph.names:
                value = self.entry(slot.name, value, self.points.values[i])
            mine.append(value)
        return self.found


class _Gradients(_Table):
    """Backward: each gradient from the student's own gradients of what uses the name."""

    def judged(self) -> dict[str, EntryVerdict]:
        slots = self.graph.slots
        top = self.trace.output
        right = {i: self._array(self.trace.slot_gradient(i)) for i in range(len(slots))}
        mine: dict[int, Array] = {top: units(slots[top].shape)}
        for i in range(top, -1, -1):
            slot = slots[i]
            if slot.op == "const":
                continue
            g = mine.get(i, right[i] * 0.0)
            if slot.name is not None and slot.name in self.graph.names:
                g = self.entry(slot.name, g, right[i])
            self._hand_on(i, g, mine)
        return self.found

    def _hand_on(self, i: int, g: Array, mine: dict[int, Array]) -> None:
        slot = self.graph.slots[i]
        x = [self.points.values[arg] for arg in slot.args]
        with np.errstate(all="ignore"):
            for k, arg in enumerate(slot.args):
                share = pull_of(slot, g, self.points.values[i], x, k)
                mine[arg] = share if arg not in mine else mine[arg] + share

    def _array(self, value: Any) -> Array:
        return np.asarray(value, dtype=float).reshape((1,) * LEAD + np.shape(value))
