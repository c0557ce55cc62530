"""The table of all nodes on the lesson screen: whether it is shown, its order, and which of its rows is chosen."""

from __future__ import annotations

from dataclasses import replace

from tutor.draw.cells import Row, Run
from tutor.text import safe
from tutor.tui.rows.lesson_view import LessonView, window
from tutor.tui.rows.table_order import GRAPH_ORDER, SORTS
from tutor.tui.rows.table_rows import table_keys
from tutor.tui.widgets.stage import Stage

MOST_WIDTH = 96
NOTHING: Row = (Run("  No name and no formula has this in it. / asks again.", "warn"),)


class TablePane:
    """Fills the panel `table` of a stage."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.is_wanted = False
        self.cursor: int | None = None
        self.order = GRAPH_ORDER

    def arrive(self) -> None:
        """At another step of the lesson: all names again, in the order that was chosen."""
        self.cursor = None
        self.order = replace(self.order, wanted="")

    def row(self, view: LessonView) -> int:
        """The chosen row; the one of the active node until another was chosen."""
        return view.table_cursor() if self.cursor is None else self.cursor

    def key(self, view: LessonView) -> str | None:
        """The name in the chosen row; before one was chosen, the active node's. None in an empty table."""
        if self.cursor is None and view.seen.active is not None and self.stage.focused_name != "table":
            return view.seen.active
        keys = view.table_keys
        return keys[min(self.row(view), len(keys) - 1)] if keys else None

    def fill(self, view: LessonView, head: Row) -> None:
        """Heading, names of columns, rows; the chosen one is in sight."""
        pane, chosen = self.stage["table"], self.row(view)
        focused = self.stage.focused_name == "table"
        columns, rows = view.table(min(pane.width, MOST_WIDTH), chosen if focused else -1)
        pane.fixed = (head, columns)
        pane.show(rows or (NOTHING,), 0, window((0, chosen, 1, 1), 0, pane.top, 1, pane.room[1])[1])

    def heading(self, view: LessonView) -> tuple[str, str]:
        """What the table shows, as its heading and note say it."""
        order, note = self.order, "" if self.stage["graph"].is_shown else "t: picture"
        title = "All nodes" if order.sort == SORTS[0] else f"All nodes by {order.sort}"
        if not order.wanted.strip():
            return title, note
        return (
            f"{title}, with {safe(order.wanted.strip(), 20)}",
            f"{len(view.table_keys)} of {len(table_keys(view.session))}",
        )

    # -- moving about

    def move(self, view: LessonView, rows: int) -> None:
        """Another row."""
        self.cursor = max(0, min(len(view.table_keys) - 1, self.row(view) + rows))

    def switch(self) -> None:
        """To the table, or from it to the picture."""
        if self.stage.focused_name != "table":
            self.open()
        else:
            self.is_wanted, self.cursor = False, None
            self.stage.focused_name = "graph"

    def open(self) -> None:
        """To the table."""
        self.is_wanted, self.cursor = True, None
        self.stage.focused_name = "table"

    def show(self, view: LessonView, key: str) -> None:
        """The row of a name; all rows again if it has none."""
        if key not in view.table_keys:
            self.order = replace(self.order, wanted="")
            view = replace(view, order=self.order)
        self.cursor = view.table_keys.index(key)

    def sort(self) -> str:
        """The next order, from its first row on; what is said about it."""
        self.order, self.cursor = self.order.next_sort(), 0
        largest = ", the largest first" if self.order.sort.startswith("size") else ""
        return f"All nodes by {self.order.sort}{largest}."

    def filter(self, wanted: str) -> None:
        """Only names that have a text in them or in their formula, from the first on."""
        self.order, self.cursor = replace(self.order, wanted=wanted), 0
