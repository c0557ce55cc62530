"""Runs of text into rows of a given width: the gate for foreign text, wrapping, filling."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache

from tutor.draw.cells import Row, Run, cell_width, clip, clusters
from tutor.text import safe

Cell = tuple[str, int, str]
"""A letter with its marks, its width, its style."""


def run(text: str, style: str = "text", limit: int = 4000) -> Run:
    """Foreign text as a run: filtered, on one line."""
    return Run(safe(text, limit), style)


def wrap(runs: Iterable[Run], width: int, first: str = "", rest: str | None = None) -> list[Row]:
    """The runs broken at blanks into rows of at most `width` cells, with `first` and `rest` as indents.

    A word that is longer than a row is broken anywhere. There is always at least one row.
    """
    rest = " " * cell_width(first) if rest is None else rest
    cells = [(letter, wide, part.style) for part in runs for letter, wide in clusters(part.text)]
    rows: list[Row] = []
    while True:
        indent = rest if rows else first
        cut, skip = _break(cells, max(4, width - cell_width(indent)))
        rows.append((Run(indent, "text"), *joined(cells[:cut])) if indent else joined(cells[:cut]))
        cells = cells[cut + skip :]
        if not cells:
            return rows


def _break(cells: Sequence[Cell], room: int) -> tuple[int, int]:
    """How many cells go on this row, and how many blanks fall away after them."""
    used = blank = 0
    for i, (letter, wide, _) in enumerate(cells):
        if letter == " ":
            blank = i
        used += wide
        if used > room:
            cut = blank if blank > 0 else i
            return cut, _blanks(cells, cut)
    return len(cells), 0


def _blanks(cells: Sequence[Cell], start: int) -> int:
    end = start
    while end < len(cells) and cells[end][0] == " ":
        end += 1
    return end - start


def joined(cells: Iterable[Cell]) -> Row:
    """Cells as runs of equal style."""
    row: list[Run] = []
    for letter, _, style in cells:
        if row and row[-1].style == style:
            row[-1] = Run(row[-1].text + letter, style)
        else:
            row.append(Run(letter, style))
    return tuple(row)


def row_width(row: Row) -> int:
    """The cells of a row."""
    return sum(cell_width(part.text) for part in row)


@lru_cache(maxsize=4096)
def cut(row: Row, start: int, width: int) -> Row:
    """Exactly `width` cells of a row from cell `start` on; wide letters at the edges become blanks."""
    cells: list[Cell] = []
    at = 0
    for part in row:
        for letter, wide in clusters(part.text):
            if at >= start and at + wide <= start + width:
                cells.append((letter, wide, part.style))
            elif at + wide > start and at < start + width:
                inside = min(at + wide, start + width) - max(at, start)
                cells.extend([(" ", 1, part.style)] * inside)
            at += wide
        if at >= start + width:
            break
    missing = width - sum(wide for _, wide, _ in cells)
    return (*joined(cells), Run(" " * missing, "")) if missing else joined(cells)


def spread(left: Sequence[Run], right: Sequence[Run], width: int) -> Row:
    """One row with something at either end; the left gives way."""
    room = width - row_width(tuple(right)) - 1
    kept = cut(tuple(left), 0, max(0, room)) if row_width(tuple(left)) > room else tuple(left)
    blanks = width - row_width(kept) - row_width(tuple(right))
    return (*kept, Run(" " * max(0, blanks), kept[-1].style if kept else ""), *right)


def heading(text: str, width: int, note: str = "", style: str = "rule") -> Row:
    """A line with a title in it, and a note at its right end."""
    title = f" {clip(safe(text, 200), max(4, width - 6))} "
    end = f" {safe(note, 60)} " if note and cell_width(title) + cell_width(note) + 8 <= width else ""
    level = "─" * max(0, width - 2 - cell_width(title) - cell_width(end) - (1 if end else 0))
    row = [Run("──", style), Run(title, f"{style}.title"), Run(level, style)]
    return (*row, Run(end, f"{style}.note"), Run("─", style)) if end else tuple(row)
