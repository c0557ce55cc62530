"""The size of each layer's gradient as a bar on a fixed logarithmic scale: a vanishing one is seen vanishing."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

from engine.numbers import show_number
from tutor.draw.cells import Row, Rows, Run, cell_width, fit

LOWEST, HIGHEST = -9, 2
"""Powers of ten at either end of the scale, which stays, so that a bar that shrinks is a gradient that shrinks."""
FAR_APART: Final = 100.0
APART: Final = 5.0
"""From which ratio on gradients of two layers are far apart, and from which it is worth a word."""
NAME, NUMBER = 9, 11


def gradient_bars(names: Sequence[str], sizes: Sequence[float], width: int, *, ascii_only: bool = False) -> Rows:
    """One row a layer, the first layer on top, and the scale below."""
    room = max(4, width - NAME - NUMBER - 4)
    strong = max((size for size in sizes if math.isfinite(size)), default=0.0)
    rows: list[Row] = [
        _row(name, size, room, strong, ascii_only=ascii_only) for name, size in zip(names, sizes, strict=True)
    ]
    return (*rows, _scale(room))


def _row(name: str, size: float, room: int, strong: float, *, ascii_only: bool) -> Row:
    share = (math.log10(size) - LOWEST) / (HIGHEST - LOWEST) if 0 < size < math.inf else float(size == math.inf)
    length = round(room * min(1.0, max(0.0, share)))
    weak = strong > FAR_APART * size
    bar = ("#" if ascii_only else "━") * length
    tip = ("." if ascii_only else "┄") * (room - length) if weak else ""
    return (
        Run(f"  {fit(name, NAME)}", "name"),
        Run(fit(show_number(size, 3), NUMBER), "wrong" if weak else "gradient"),
        Run(bar, "gradient"),
        Run(tip, "dim"),
    )


def _scale(room: int) -> Row:
    line = [" "] * room
    places = range(LOWEST, HIGHEST + 1, 2 if room >= 40 else 3)
    for power in places:
        text = "1" if power == 0 else f"1e{power}"
        at = round(room * (power - LOWEST) / (HIGHEST - LOWEST))
        at = max(0, min(at, room - cell_width(text)))
        if all(cell == " " for cell in line[max(0, at - 1) : at + len(text)]):
            line[at : at + len(text)] = text
    return (Run(" " * (NAME + NUMBER + 2) + "".join(line), "axis"),)


def gradient_words(names: Sequence[str], sizes: Sequence[float]) -> str:
    """One sentence: whether the gradients of the layers are of one size."""
    known = [(size, name) for name, size in zip(names, sizes, strict=True) if math.isfinite(size)]
    if len(known) < len(names):
        return "A gradient is no number any more: the run has diverged."
    if len(known) < 2:
        return ""
    (least, weak), (most, strong) = min(known), max(known)
    if most == 0:
        return "All gradients are 0: nothing moves any more."
    if least == 0:
        return f"{weak} gets no gradient at all: it cannot learn."
    ratio = f"{show_number(most / least, 2)} times"
    if most / least < APART:
        return f"The layers learn at similar speed: {strong} has {ratio} the gradient of {weak}."
    if most / least < FAR_APART:
        return f"{weak} learns more slowly: its gradient is {ratio} smaller than that of {strong}."
    if names.index(weak) < names.index(strong):
        return f"Vanishing: the gradient of {weak} is {ratio} smaller than that of {strong}; it hardly learns."
    return f"Growing backwards: the gradient of {strong} is {ratio} that of {weak}; it may explode."
