"""The part of the lesson screen that has the table of all nodes: shown, sorted, filtered."""

from __future__ import annotations

from tutor.tui.screens.playing import PlayingScreen
from tutor.tui.widgets.panel import Entry

CLOSED = "That is for the table of all nodes: t shows it."


class SortingScreen(PlayingScreen):
    """The line in place of the bar takes what the table is filtered by."""

    def action_table(self) -> None:
        """Table or picture."""
        if self.has_graph and self.panes is not None:
            self.panes.table.switch()
            self.update()

    @property
    def has_table(self) -> bool:
        """Whether a table is on the screen; if not, that is said."""
        shown = self.panes is not None and self.stage["table"].is_shown
        if not shown:
            self.say(CLOSED)
        return shown

    def action_sort(self) -> None:
        """The table in its next order."""
        if self.has_table and self.panes is not None:
            self.stage.focused_name = "table"
            self.say(self.panes.table.sort())

    def action_filter(self) -> None:
        """Asks for a part of a name or formula; what was asked for last stands there."""
        if self.has_table and self.panes is not None:
            self.panes.prompt_for = "filter"
            self.prompt.prompt = " Nodes with: "
            self.prompt.clear(self.panes.table.order.wanted)
            self.stage.focused_name = "jump"
            self.update()

    def filtering(self, entry: Entry) -> bool:
        """Whether a line is the one that filters the table."""
        return entry is self.prompt and self.panes is not None and self.panes.prompt_for == "filter"

    def changed(self, entry: Entry) -> None:
        """The table follows every letter."""
        if self.panes is not None and self.filtering(entry):
            self.panes.table.filter(entry.text)
        else:
            super().changed(entry)

    def sent(self, entry: Entry) -> None:
        """From the filter to the table."""
        if self.filtering(entry):
            self.end_filtering()
        else:
            super().sent(entry)

    def left(self, entry: Entry) -> None:
        """From the filter to the table, which stays as it is."""
        if self.filtering(entry):
            self.end_filtering()
        else:
            super().left(entry)

    def end_filtering(self) -> None:
        """The bar again, the focus in the table."""
        self.close_prompt()
        self.stage.focused_name = "table"
