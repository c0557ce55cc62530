"""A matrix of numbers with named rows and columns; what does not fit is counted."""

from __future__ import annotations

from collections.abc import Sequence

from engine.numbers import show_number
from tutor.draw.cells import Row, Rows, Run, ascii_text, cell_width, clip, fit

MOST_NAME = 14
LEAST_COLUMN = 4


def matrix_table(
    rows: Sequence[str], columns: Sequence[str], values: Sequence[Sequence[float]], width: int, height: int,
    *, ascii_only: bool = False,
) -> Rows:  # fmt: skip
    """Numbers in columns under their names, at most `width` × `height` cells; below stands what was left out."""
    cut = "~" if ascii_only else "…"
    names = [clip(ascii_text(name) if ascii_only else name, MOST_NAME, cut) for name in rows]
    heads = [clip(ascii_text(name) if ascii_only else name, MOST_NAME, cut) for name in columns]
    first = max(map(cell_width, names), default=0)
    cells = [[_shown(value, ascii_only=ascii_only) for value in row] for row in values]
    wide = max([LEAST_COLUMN, *map(cell_width, heads), *(len(cell) for row in cells for cell in row)]) + 2
    across = max(1, min(len(columns), (width - first - 4) // wide))
    down = max(1, min(len(rows), height - 1))
    if down < len(rows) or across < len(columns):
        down = max(1, min(down, height - 2))
    edge = "|" if ascii_only else "│"
    table: list[Row] = [_row("", heads[:across], first, wide, ("axis", "name"), " ")]
    table += [
        _row(name, line[:across], first, wide, ("name", "value"), edge)
        for name, line in zip(names[:down], cells, strict=False)
    ]
    left_out = _left_out(len(rows) - down, len(columns) - across)
    if left_out:
        table.append((Run(clip(left_out, width, cut), "note"),))
    return tuple(table[: max(height, 0)])


def _shown(value: float, *, ascii_only: bool) -> str:
    text = show_number(value, 3)
    return ascii_text(text) if ascii_only else text


def _row(name: str, cells: Sequence[str], first: int, wide: int, styles: tuple[str, str], edge: str) -> Row:
    body = "".join(fit(cell, wide, right=True) for cell in cells)
    return (Run(fit(name, first) + " ", styles[0]), Run(edge, "axis"), Run(body, styles[1]), Run(f" {edge}", "axis"))


def _left_out(rows: int, columns: int) -> str:
    parts = [
        f"{count} more {word}{'' if count == 1 else 's'}"
        for count, word in ((rows, "row"), (columns, "column"))
        if count > 0
    ]
    return f"and {' and '.join(parts)}" if parts else ""
