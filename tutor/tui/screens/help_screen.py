"""The page that `?` opens: every key of the screen below it."""

from __future__ import annotations

from collections.abc import Sequence

from tutor.draw.cells import Row, Run
from tutor.tui.keys import Key, key_rows
from tutor.tui.rows.flow import heading
from tutor.tui.screens.page_screen import PageScreen

PLAIN: Row = (Run("  Screen reader or a very simple terminal? tutor run LESSON --plain", "dim"),)


class HelpScreen(PageScreen):
    """Keys in a list; any usual key goes back."""

    def __init__(self, parts: Sequence[tuple[str, Sequence[Key]]]) -> None:
        super().__init__()
        self.parts = parts

    def rows(self, width: int) -> Sequence[Row]:
        """The list."""
        rows: list[Row] = []
        for title, keys in self.parts:
            rows += [heading(title, width, style="focus"), *key_rows(keys), ()]
        return (*rows, PLAIN)
