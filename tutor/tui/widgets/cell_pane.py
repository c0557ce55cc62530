"""A widget that shows rows of cells and redraws only what changed of them: a step costs bytes, not kilobytes."""

from __future__ import annotations

from rich.segment import Segment
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from tutor.draw.cells import Row, Rows, Run, clusters
from tutor.tui.palette import PALETTES, Palette
from tutor.tui.rows.flow import cut, row_width


class CellPane(Widget):
    """Rows of runs, seen through a window that `scroll_rows` moves, below `fixed` rows that stay.

    `show` compares with what is drawn, and redraws what differs.
    """

    DEFAULT_CSS = "CellPane { width: 1fr; height: 1fr; }"

    def __init__(self, *, id: str | None = None, classes: str | None = None, focusable: bool = False) -> None:  # noqa: A002
        super().__init__(id=id, classes=classes)
        self.can_focus = focusable
        self.fixed: Rows = ()
        self.rows: Rows = ()
        self.left = 0
        self.top = 0
        self._drawn: list[Row] = []

    @property
    def palette(self) -> Palette:
        """The app's palette."""
        return getattr(self.app, "palette", PALETTES["plain"])

    # -- what is shown

    def show(self, rows: Rows, left: int | None = None, top: int | None = None) -> None:
        """Other rows, or another part of them."""
        self.rows = rows
        self.left = self.left if left is None else left
        self.top = self.top if top is None else top
        self._clamp()
        self.redraw()

    def scroll_rows(self, down: int, right: int = 0) -> bool:
        """Moves the window; whether it moved."""
        before = self.left, self.top
        self.left, self.top = self.left + right, self.top + down
        self._clamp()
        self.redraw()
        return before != (self.left, self.top)

    @property
    def room(self) -> tuple[int, int]:
        """Width and height of the window."""
        return self.size.width, max(0, self.size.height - len(self.fixed))

    @property
    def below(self) -> int:
        """How many rows lie below the window."""
        return max(0, len(self.rows) - self.top - self.room[1]) if self.size.height else 0

    def _clamp(self) -> None:
        widest = max((row_width(row) for row in self.rows), default=0)
        if not self.size.height:
            return  # not placed yet
        width, height = self.room
        self.left = max(0, min(self.left, widest - width))
        self.top = max(0, min(self.top, len(self.rows) - height))

    def redraw(self) -> None:
        """Finds what differs from what was drawn, and asks for those cells only."""
        width, height = self.size
        if not width or not height:
            return
        drawn = [self._row(y) for y in range(height)]
        if len(self._drawn) != height or (self._drawn and row_width(self._drawn[0]) != width):
            self._drawn = drawn
            self.refresh()
            return
        for y, (before, after) in enumerate(zip(self._drawn, drawn, strict=True)):
            if before != after:
                start, end = difference(before, after)
                self.refresh(Region(start, y, end - start, 1))
        self._drawn = drawn

    def repaint(self) -> None:
        """Everything anew, for another palette."""
        self._drawn = []
        self.redraw()

    # -- drawing

    def _row(self, y: int) -> Row:
        if y < len(self.fixed):
            return cut(self.fixed[y], 0, self.size.width)
        at = self.top + y - len(self.fixed)
        return cut(self.rows[at] if at < len(self.rows) else (), self.left, self.size.width)

    def on_resize(self) -> None:
        """Draws anew for the new size."""
        self._clamp()
        self._drawn = []
        self.redraw()

    def render_line(self, y: int) -> Strip:
        """One line for Textual."""
        row = self._drawn[y] if y < len(self._drawn) else ()
        return strip(row, self.size.width, self.palette)


def strip(row: Row, width: int, palette: Palette) -> Strip:
    """A row as a strip; a control character that got this far becomes U+FFFD."""
    segments = [Segment(visible(part.text), palette.style(part.style)) for part in row]
    return Strip(segments).adjust_cell_length(width, palette.style(""))


def visible(text: str) -> str:
    """The text without anything a terminal would obey (the last fence: rows are filtered where they are made)."""
    return text if text.isprintable() else "".join(letter for letter, _ in clusters(text))


def difference(before: Row, after: Row) -> tuple[int, int]:
    """From which cell to which (not included) two rows of equal width differ."""
    a, b = _cells(before), _cells(after)
    start = next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), 0)
    tail = next((i for i, (x, y) in enumerate(zip(reversed(a), reversed(b), strict=False)) if x != y), 0)
    return start, max(start + 1, max(len(a), len(b)) - tail)


def _cells(row: Row) -> list[tuple[str, str]]:
    cells: list[tuple[str, str]] = []
    for part in row:
        for letter, wide in clusters(part.text):
            cells += [(letter, part.style)] + [("", part.style)] * (wide - 1)
    return cells


def text_row(text: str, style: str = "text") -> Row:
    """A row of one run."""
    return (Run(text, style),)
