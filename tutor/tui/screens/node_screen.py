"""The page of one node."""

from __future__ import annotations

from collections.abc import Sequence

from tutor.draw.cells import Row
from tutor.tui.rows.lesson_view import LessonView
from tutor.tui.rows.node_rows import node_rows
from tutor.tui.screens.page_screen import PageScreen


class NodeScreen(PageScreen):
    """What is known of one node."""

    def __init__(self, view: LessonView, key: str) -> None:
        super().__init__()
        self.view = view
        self.key = key

    def rows(self, width: int) -> Sequence[Row]:
        """The page."""
        view = self.view
        return tuple(node_rows(view.session, view.seen, self.key, min(width, 100), ascii_only=view.ascii_only))
