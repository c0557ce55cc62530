"""What the kernel is given: the steps that a question needs, as integers, and the buffers of a block of rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.scalar_tape import ScalarTape, Step
from engine.tape_kernel import STEP, run_tape
from engine.tape_loops import WIDTH
from engine.tape_steps import CODES

Array = Any

CACHE_BYTES = 196_608
"""The buffers of a block fit a first-level cache of this size, as far as MIN_ROWS allows."""
MIN_ROWS, MAX_ROWS = 32, 512
LINE = 64


@dataclass(frozen=True)
class Plan:
    """`steps` of the kernel; `slots[place]` is where a place of the scalar tape lies in the buffers, `count` long.

    Two further gradient slots hold zeros (`count`) and what nobody reads (`count + 1`).
    """

    steps: Array
    slots: Mapping[int, int]
    count: int
    outputs: Array
    wanted: Array
    seed: int | None

    @classmethod
    def of(cls, tape: ScalarTape, outputs: Sequence[int], seed: int | None, wanted: Sequence[int]) -> Plan:
        """The steps that `outputs` need, and, of the gradient of `seed`, those on a path from `wanted`."""
        live = _needed(tape.steps, [*outputs, *([] if seed is None else [seed])])
        steps = [step for step in tape.steps if step.out in live]
        slots = {place: i for i, place in enumerate(sorted(live | set(wanted)))}
        writer = _Writer(slots, _downstream(steps, wanted), len(slots))
        rows = [writer.forward(step) for step in steps]
        if seed is not None:
            writer.begun.add(seed)
            for row, step in zip(reversed(rows), reversed(steps), strict=True):
                writer.backward(row, step)
        table = np.array(rows, dtype=np.int64).reshape(len(rows), STEP)
        out, want = ([slots[place] for place in places] for places in (outputs, wanted))
        at = None if seed is None else slots[seed]
        return cls(table, slots, len(slots), np.array(out, np.int64), np.array(want, np.int64), at)


def _needed(steps: Sequence[Step], tops: Iterable[int]) -> set[int]:
    """The places that `tops` are made of, themselves included."""
    live = set(tops)
    for step in reversed(steps):
        if step.out in live:
            live.update(step.args)
    return live


def _downstream(steps: Sequence[Step], wanted: Iterable[int]) -> set[int]:
    """The places whose gradient some of `wanted` get a part of."""
    found = set(wanted)
    for step in steps:
        if any(arg in found and k not in step.held for k, arg in enumerate(step.args)):
            found.add(step.out)
    return found


class _Writer:
    """Writes steps as integers; `begun` are the places whose gradient something has been written to."""

    def __init__(self, slots: Mapping[int, int], moved: set[int], count: int) -> None:
        self.slots = slots
        self.moved = moved
        self.begun: set[int] = set()
        self.zeros, self.unread = count, count + 1

    def forward(self, step: Step) -> list[int]:
        first, last = self.slots[step.args[0]], self.slots[step.args[-1]]
        unread = [self.zeros, self.unread, self.zeros, self.unread]
        return [CODES[step.op], self.slots[step.out], first, last, *unread, 0]

    def backward(self, row: list[int], step: Step) -> None:
        if step.out not in self.begun or step.out not in self.moved:
            return
        row[8] = 1
        for k, arg in enumerate(step.args):
            if arg in self.moved and k not in step.held:
                row[5 + 2 * k] = self.slots[arg]
                row[4 + 2 * k] = self.slots[arg] if arg in self.begun else self.zeros
                self.begun.add(arg)


@dataclass(frozen=True)
class Block:
    """The buffers of one block of rows; `kept` holds the arrays that the addresses point into."""

    own: Array
    back: Array
    inputs: Array
    sources: Array
    rows: int
    size: int
    kept: tuple[Array, ...]

    @classmethod
    def of(cls, plan: Plan, fixed: Mapping[int, float], moving: Mapping[int, Array], rows: int) -> Block:
        """Buffers with `fixed` values filled in; `moving` places are read from their contiguous arrays."""
        size = block_size(plan.count, rows)
        values, own = _buffers(plan.count, size)
        gradients, back = _buffers(plan.count + 2, size)
        for place, value in fixed.items():
            if place in plan.slots:
                values[plan.slots[place]] = value
        if plan.seed is not None:
            gradients[plan.seed] = 1.0
        read = [(plan.slots[place], array) for place, array in moving.items() if place in plan.slots]
        inputs = np.array([slot for slot, _ in read], dtype=np.int64)
        sources = np.array([array.ctypes.data for _, array in read], dtype=np.int64)
        return cls(own, back, inputs, sources, rows, size, (values, gradients, *(array for _, array in read)))

    def run(self, plan: Plan, goals: Array, shares: Array, totals: Array, flag: Array) -> int:
        """Runs all rows; fills `goals` (outputs, rows) and either `shares` (wanted, rows) or `totals`."""
        places = _addresses(shares) if len(shares) else np.zeros(plan.wanted.size, np.int64)
        return int(
            run_tape(
                plan.steps, self.own, self.back, self.inputs, self.sources, plan.outputs, _addresses(goals),
                plan.wanted, places, totals, self.rows, self.size, flag,
            )
        )  # fmt: skip


def block_size(slots: int, rows: int) -> int:
    """Rows of a block: a whole number of registers, so many that values and gradients stay in the cache."""
    fit = min(MAX_ROWS, max(MIN_ROWS, CACHE_BYTES // (16 * max(slots, 1))), max(rows, 1))
    return -(-fit // WIDTH) * WIDTH


def _buffers(count: int, size: int) -> tuple[Array, Array]:
    """Zeros (count, size) that begin at a cache line, and the address of each row."""
    room = np.zeros(count * size + LINE // 8)
    skip = (-room.ctypes.data % LINE) // 8
    table = room[skip : skip + count * size].reshape(count, size)
    return table, _addresses(table)


def _addresses(table: Array) -> Array:
    """The address of every row of a contiguous table."""
    return table.ctypes.data + 8 * table.shape[1] * np.arange(len(table), dtype=np.int64)
