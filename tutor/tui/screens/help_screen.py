"""The page that `?` opens: every key of the screen below it."""

from __future__ import annotations

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.screen import Screen

from tutor.draw.cells import Row
from tutor.tui.keys import PAGE, Key, bar_row, bindings, key_rows
from tutor.tui.rows.flow import heading
from tutor.tui.widgets.cell_pane import CellPane, text_row


class HelpScreen(Screen[None]):
    """Keys in a list; any usual key goes back."""

    BINDINGS = bindings(PAGE)
    CSS = "#bar { height: 1; }"

    def __init__(self, parts: Sequence[tuple[str, Sequence[Key]]]) -> None:
        super().__init__()
        self.parts = parts

    def compose(self) -> ComposeResult:
        """A page and its bar."""
        yield CellPane(id="page")
        yield CellPane(id="bar")

    def on_resize(self) -> None:
        """Fills the page."""
        width = self.size.width
        rows: list[Row] = []
        for title, keys in self.parts:
            rows += [heading(title, width, style="focus"), *key_rows(keys), ()]
        rows += [text_row("  Screen reader or a very simple terminal? tutor run LESSON --plain", "dim")]
        self.query_one("#page", CellPane).show(tuple(rows))
        self.query_one("#bar", CellPane).show((bar_row(PAGE, width),))

    def action_roll(self, rows: int) -> None:
        """Scrolls."""
        self.query_one("#page", CellPane).scroll_rows(rows)

    def action_close(self) -> None:
        """Back."""
        self.dismiss()

    action_leave = action_close
