"""The recurring mistakes: what each is, where it was made, and Enter leads to the question."""

from __future__ import annotations

from collections.abc import Sequence

from tutor.tui.keys import MISTAKES, bar_row, bindings
from tutor.tui.rows.flow import heading
from tutor.tui.rows.mistake_rows import Mistake, mistake_rows
from tutor.tui.screens.staged import StagedScreen
from tutor.tui.widgets.panel import Panel


class MistakesScreen(StagedScreen):
    """A list of questions under their mistakes. Dismissed with the number of the chosen question, or None."""

    BINDINGS = bindings(MISTAKES)
    PARTS = (("Mistakes", MISTAKES),)

    def __init__(self, mistakes: Sequence[Mistake]) -> None:
        super().__init__({"page": Panel(focusable=True)})
        self.stage.focused_name = "page"
        self.mistakes = mistakes
        self.cursor = 0

    @property
    def count(self) -> int:
        """How many questions are listed."""
        return sum(len(mistake.spots) for mistake in self.mistakes)

    def fill(self, width: int, height: int) -> None:
        """The list, scrolled so that the chosen question is seen."""
        page = self.stage["page"]
        page.place = (0, 0, width, height - 1)
        page.fixed = (heading("What went wrong more than once", width, style="focus"),)
        rows, chosen = mistake_rows(self.mistakes, self.cursor, width)
        room = page.room[1]
        top = page.top if page.top <= chosen < page.top + room else chosen - room // 2
        page.show(tuple(rows), 0, 0 if chosen < room else top)
        self.stage["bar"].show((bar_row(MISTAKES, width),))

    def action_move(self, by: int) -> None:
        """To another question."""
        self.cursor = max(0, min(self.count - 1, self.cursor + by))
        self.update()

    def action_open(self) -> None:
        """To the chosen question."""
        if self.count:
            self.dismiss(self.cursor)

    def action_leave(self) -> None:
        """Back."""
        self.dismiss(None)
