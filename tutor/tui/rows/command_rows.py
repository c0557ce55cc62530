"""The command palette as a list."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tutor.draw.cells import Row, Run, cell_width, clip, fit
from tutor.text import safe

if TYPE_CHECKING:
    from tutor.tui.commands import Command

NOTHING: Row = (Run("   Nothing has these words. Esc goes back.", "warn"),)


def command_rows(commands: Sequence[Command], cursor: int, width: int) -> list[Row]:
    """One row for each command: its name, and at the right its key or id."""
    return [_row(one, width, chosen=i == cursor) for i, one in enumerate(commands)] or [NOTHING]


def _row(command: Command, width: int, *, chosen: bool) -> Row:
    note = clip(safe(command.note, 60), width // 3)
    name = safe(command.name, 200)
    left = fit(f" {'▸' if chosen else ' '} {name[:1].upper()}{name[1:]}", max(8, width - cell_width(note) - 2))
    if chosen:
        return (Run(f"{left} {note} ", "cursor"),)
    return (Run(f"{left} ", "text"), Run(f"{note} ", "prompt" if command.action else "dim"))
