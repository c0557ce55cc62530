"""What pages have in common: one panel that scrolls over a bar, and every usual key goes back."""

from __future__ import annotations

from collections.abc import Sequence

from tutor.draw.cells import Row
from tutor.tui.keys import PAGE, bar_row, bindings
from tutor.tui.screens.staged import StagedScreen
from tutor.tui.widgets.panel import Panel


class PageScreen(StagedScreen):
    """A page above a screen. A subclass has `rows`."""

    BINDINGS = bindings(PAGE)
    PARTS = (("Page", PAGE),)

    def __init__(self) -> None:
        super().__init__({"page": Panel()})

    def rows(self, width: int) -> Sequence[Row]:
        """What stands on the page."""
        raise NotImplementedError

    def fill(self, width: int, height: int) -> None:
        """The page and the bar."""
        self.stage["page"].place = (0, 0, width, height - 1)
        self.stage["page"].show(tuple(self.rows(width)))
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
