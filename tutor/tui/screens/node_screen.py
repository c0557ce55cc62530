"""The page of one node."""

from __future__ import annotations

from collections.abc import Sequence

from tutor.draw.cells import Row
from tutor.tui.keys import PAGE, bar_row, bindings
from tutor.tui.rows.lesson_view import LessonView
from tutor.tui.rows.node_rows import node_rows
from tutor.tui.rows.table_rows import table_keys
from tutor.tui.screens.staged import StagedScreen
from tutor.tui.widgets.panel import Panel


class NodeScreen(StagedScreen):
    """What is known of one node; Left and Right go to the next in the table."""

    BINDINGS = bindings(PAGE)

    def __init__(self, view: LessonView, key: str) -> None:
        super().__init__({"page": Panel()})
        self.view = view
        self.keys: Sequence[str] = table_keys(view.session)
        self.key = key

    def fill(self, width: int, height: int) -> None:
        """The page and the bar."""
        rows: tuple[Row, ...] = tuple(node_rows(self.view.session, self.view.seen, self.key, min(width, 100)))
        self.stage["page"].place = (0, 0, width, height - 1)
        self.stage["page"].show(rows)
        self.stage["bar"].show((bar_row(PAGE, width),))

    def action_roll(self, rows: int) -> None:
        """Scrolls."""
        self.stage["page"].scroll(rows)
        self.update()

    def action_close(self) -> None:
        """Back to the lesson."""
        self.dismiss()

    def action_leave(self) -> None:
        """Back to the lesson too."""
        self.dismiss()
