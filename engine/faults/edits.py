"""Small changes to a computation, all tried at once: every change is a channel of one pass over the tape.

Applied to a right computation they make the wrong ones of a catalogue; applied to a student's they look for what would
set it right.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from engine.batched import value_of
from engine.lead import LEAD, Array
from engine.lowering import Slot


@dataclass(frozen=True, eq=False)
class Edit:
    """One change. `places` are (slot, argument), or (slot, None) for what a slot computes; `value` is put there.

    `kind` is name (another value for a name or constant), sign, keep (one argument of a slot only), times, over, plus,
    minus, function, bare (a function left out). `old` and `new` are the slots concerned, if any.
    """

    kind: str
    places: tuple[tuple[int, int | None], ...]
    value: Array
    about: str = ""
    old: int | None = None
    new: int | None = None
    name: str = ""


@dataclass
class Tape:
    """A computation to change: slots with values at every point; `used` are those that `slot` depends on.

    Only slots from `start` on are changed; before it stand the graph's own.
    """

    slots: Sequence[Slot]
    values: Sequence[Array]
    start: int
    slot: int
    used: list[int] = field(init=False)

    def __post_init__(self) -> None:
        waiting, seen = [self.slot], set()
        while waiting:
            here = waiting.pop()
            if here >= self.start and here not in seen:
                seen.add(here)
                waiting.extend(self.slots[here].args)
        self.used = sorted(seen)

    def run(self, edits: Sequence[Edit]) -> Array:
        """The value of `slot` under each change: points × rows × changes × shape."""
        at: dict[int, list[tuple[int, int | None, Array]]] = {}
        for channel, edit in enumerate(edits):
            for slot, argument in edit.places:
                at.setdefault(slot, []).append((channel, argument, edit.value))
        new: dict[int, Array] = {}
        with np.errstate(all="ignore"):
            for i in self.used:
                changed = any(arg in new for arg in self.slots[i].args)
                if changed or i in at:
                    new[i] = self._one(i, new, at.get(i, []), len(edits))
        found: Array = new.get(self.slot, self.values[self.slot])
        return np.broadcast_to(found, (*found.shape[:2], len(edits), *found.shape[LEAD:]))

    def _one(self, i: int, new: dict[int, Array], edits: list[tuple[int, int | None, Array]], count: int) -> Array:
        slot = self.slots[i]
        x = [new.get(arg, self.values[arg]) for arg in slot.args]
        y = value_of(slot, x) if slot.args else self.values[i]
        if not edits:
            return y
        parts: list[tuple[list[int], Array]] = []
        whole = [(channel, value) for channel, argument, value in edits if argument is None]
        if whole:
            parts.append(([channel for channel, _ in whole], _stacked([value for _, value in whole])))
        for k in range(len(slot.args)):
            mine = [(channel, value) for channel, argument, value in edits if argument == k]
            if mine:
                channels = [channel for channel, _ in mine]
                args = [_channels(a, channels) for a in x]
                args[k] = _stacked([value for _, value in mine])
                parts.append((channels, value_of(slot, args)))
        lead = np.broadcast_shapes(y.shape[:2], *(part.shape[:2] for _, part in parts))
        out = np.array(np.broadcast_to(y, (*lead, count, *slot.shape)))
        for channels, part in parts:
            out[:, :, channels] = part
        return out


def _channels(x: Array, channels: list[int]) -> Array:
    return x if x.shape[2] == 1 else x[:, :, channels]


def _stacked(values: list[Array]) -> Array:
    lead = np.broadcast_shapes(*(value.shape[:2] for value in values))
    shape = np.broadcast_shapes(*(value.shape[LEAD:] for value in values))
    return np.concatenate([np.broadcast_to(value, (*lead, 1, *shape)) for value in values], axis=2)
