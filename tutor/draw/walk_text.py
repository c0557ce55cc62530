"""A walk as lines of plain text: each step with its formula, the numbers put in, and the result."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from engine.numbers import show_value
from engine.steps import Step

WIDTH = 78


def step_lines(step: Step, width: int = WIDTH, *, hidden: bool = False) -> Iterator[str]:
    """One step: on one line where it fits, else one part a line, then what there is to say about it. A hidden result
    is still to be predicted."""
    parts = [step.formula or step.numbers, "?"] if hidden else [step.formula, *_numbers(step)]
    yield from equation(step.left, parts, width)
    if step.sentence and not hidden:
        yield from textwrap.wrap(step.sentence, width, initial_indent="      ", subsequent_indent="      ")


def _numbers(step: Step) -> list[str]:
    """The numbers put in, and the result; a Jacobian that is its only factor is told once, with its shape."""
    shape = step.numbers.rpartition(" ")[2]
    if step.numbers == f"{show_value(step.result, 5)} {shape}":
        return [f"{show_value(step.result)} {shape}"]
    return [step.numbers, show_value(step.result)]


def equation(left: str, parts: list[str], width: int = WIDTH) -> Iterator[str]:
    """`left = part = part = …`, each part once, broken before `=` where the line is too long."""
    shown: list[str] = []
    for part in parts:
        if part not in ([left, *shown][-1], "") and (part != left or shown):
            shown.append(part)
    line = " = ".join([left, *shown])
    if len(line) <= width - 2:
        yield f"  {line}"
        return
    indent = min(len(left), 16)
    first = f"  {left} = "
    if len(left) > 16:
        yield f"  {left}"
        first = f"  {' ' * indent} = "
    for i, part in enumerate(shown):
        start = first if i == 0 else f"  {' ' * indent} = "
        yield from _wrapped(part, start, indent + 5, width)


def _wrapped(part: str, start: str, indent: int, width: int) -> Iterator[str]:
    lines = textwrap.wrap(part, width - len(start), break_long_words=True, break_on_hyphens=False) or [""]
    yield start + lines[0]
    for line in lines[1:]:
        yield " " * (indent + 2) + line
