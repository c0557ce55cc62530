"""The page that `?` opens: every key of the screen below it."""

from __future__ import annotations

from collections.abc import Sequence

from tutor.draw.cells import Row, Run
from tutor.tui.keys import PAGE, Key, bar_row, bindings, key_rows
from tutor.tui.rows.flow import heading
from tutor.tui.screens.staged import StagedScreen
from tutor.tui.widgets.panel import Panel

PLAIN: Row = (Run("  Screen reader or a very simple terminal? tutor run LESSON --plain", "dim"),)


class HelpScreen(StagedScreen):
    """Keys in a list; any usual key goes back."""

    BINDINGS = bindings(PAGE)

    def __init__(self, parts: Sequence[tuple[str, Sequence[Key]]]) -> None:
        super().__init__({"page": Panel()})
        self.parts = parts

    def fill(self, width: int, height: int) -> None:
        """The list and the bar."""
        rows: list[Row] = []
        for title, keys in self.parts:
            rows += [heading(title, width, style="focus"), *key_rows(keys), ()]
        self.stage["page"].place = (0, 0, width, height - 1)
        self.stage["page"].show((*rows, PLAIN))
        self.stage["bar"].show((bar_row(PAGE, width),))

    def action_roll(self, rows: int) -> None:
        """Scrolls."""
        self.stage["page"].scroll(rows)
        self.update()

    def action_close(self) -> None:
        """Back."""
        self.dismiss()

    def action_leave(self) -> None:
        """Back too."""
        self.dismiss()
