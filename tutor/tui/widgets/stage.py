"""The whole screen as one line-API widget that paints only the cells that changed.

Textual repaints a widget whole when a layout moves it, twice or more for one change, and a row from its left edge on
when one cell of it changes. Here panels are placed by plain arithmetic, their rows are put together into one frame,
and the frame is compared with what was painted last: a step of a walk costs some hundred bytes, and another layout
no more than what really looks different.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import zip_longest

from rich.console import Console
from rich.segment import Segment
from textual._compositor import CompositorUpdate
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from tutor.draw.cells import Row, Rows, Run, clusters
from tutor.tui.palette import PALETTES, Palette
from tutor.tui.rows.flow import cut, row_width
from tutor.tui.widgets.panel import Entry, Panel

NEAR = 7
"""Differences nearer than this are painted together, since moving the cursor costs bytes too."""
MOVE, STYLE = 8, 9
"""About the bytes of moving the cursor, and of another style."""


class Stage(Widget):
    """Panels by name; later ones lie above earlier ones. One of them has the focus.

    `most`: about how many bytes are painted at once, from the top; the next `draw` goes on where they ended, and
    `unfinished` says that it should come. None: everything.
    """

    DEFAULT_CSS = "Stage { width: 100%; height: 100%; }"

    def __init__(self, panels: dict[str, Panel]) -> None:
        super().__init__()
        self.panels = panels
        self.focused_name = ""
        self.most: int | None = None
        self.unfinished = False
        self._frame: list[Row] = []
        self._painted: dict[int, Row] = {}
        self.sent = 0
        """Bytes of all cells painted so far."""

    def __getitem__(self, name: str) -> Panel:
        return self.panels[name]

    @property
    def ascii_only(self) -> bool:
        """Whether the terminal's font has letters only."""
        return bool(getattr(self.app, "ascii_only", False))

    @property
    def palette(self) -> Palette:
        """The app's palette."""
        return getattr(self.app, "palette", PALETTES["plain"])

    # -- focus

    @property
    def focused_panel(self) -> Panel | None:
        """The panel that has the focus."""
        return self.panels.get(self.focused_name)

    @property
    def typing(self) -> Entry | None:
        """The line that has the focus, if it is a line."""
        panel = self.focused_panel
        return panel if isinstance(panel, Entry) and panel.is_shown else None

    def focus_next(self, by: int) -> None:
        """The focus to the next panel that can have it."""
        names = [name for name, panel in self.panels.items() if panel.focusable and panel.is_shown]
        if names:
            at = names.index(self.focused_name) if self.focused_name in names else -by
            self.focused_name = names[(at + by) % len(names)]

    def at(self, x: int, y: int) -> tuple[str, int, int] | None:
        """The uppermost panel at a cell of the stage, and which cell of its rows that is; None between panels."""
        for name, panel in reversed(self.panels.items()):
            left, top, width, height = panel.place
            if left <= x < left + width and top <= y < top + height:
                return name, x - left + panel.left, y - top - len(panel.fixed) + panel.top
        return None

    # -- painting

    @property
    def frame(self) -> Rows:
        """The rows as they were put together last; () before the first time."""
        return tuple(self._frame)

    def draw(self, width: int, height: int) -> None:
        """Puts the panels together and paints the cells that differ from what was painted last."""
        rows = (self._row(y, width) for y in range(height))
        self._frame = [simple(row) for row in rows] if self.ascii_only else list(rows)
        if not self.is_mounted or self.size != (width, height) or not self.screen.is_current:
            return  # the layout that comes will paint everything
        if len(self._painted) < height:
            self.refresh()
            return
        spans = [
            (start, y, cut(after, start, end - start))
            for y, after in enumerate(self._frame)
            if (before := self._painted[y]) != after
            for start, end in differences(before, after)
        ]
        count = height if self.most is None else rows_within(spans, self.most, height)
        spans = [span for span in spans if span[1] < count]
        self.unfinished = count < height
        if spans:
            self._painted.update(enumerate(self._frame[:count]))
            update = CellsUpdate(spans, self.palette)
            self.app._display(self.screen, update)  # type: ignore[arg-type]
            self.sent += update.size

    def repaint(self) -> None:
        """Everything anew, for another palette."""
        self.refresh()

    def _row(self, y: int, width: int) -> Row:
        """The panels of one row from left to right, blank between them."""
        parts: dict[int, tuple[int, Row]] = {}
        for panel in self.panels.values():
            x, top, wide, high = panel.place
            if wide and top <= y < top + high:
                parts = {at: part for at, part in parts.items() if at + part[0] <= x or at >= x + wide}
                parts[x] = (wide, panel.row(y - top))
        runs: list[Run] = []
        at = 0
        for x, (wide, row) in sorted(parts.items()):
            runs += [Run(" " * (x - at), "")] if x > at else []
            runs += row
            at = x + wide
        return (*runs, Run(" " * (width - at), "")) if at < width else tuple(runs)

    def render_line(self, y: int) -> Strip:
        """One line for Textual; remembers it as painted."""
        row = self._painted[y] = self._frame[y] if y < len(self._frame) else ()
        return strip(row, self.size.width, self.palette)

    def render_lines(self, crop: Region) -> list[Strip]:
        """Lines for Textual's own repaints, past its cache, which does not know of the cells painted here."""
        lines = (self.render_line(y) for y in range(crop.y, crop.bottom))
        return [line.crop(crop.x, crop.right) for line in lines]


def rows_within(spans: Sequence[tuple[int, int, Row]], most: int, height: int) -> int:
    """How many rows from the top can be painted with so many bytes, at least the first of them that differs; `spans`
    are (x, y, row), from the top."""
    spent = 0
    for place, (_, y, row) in enumerate(spans):
        spent += MOVE + sum(len(part.text.encode()) + STYLE for part in row)
        if spent > most and y > spans[0][1] and (place == 0 or spans[place - 1][1] < y):
            return y
    return height


class CellsUpdate(CompositorUpdate):
    """Some cells of the screen: (x, y, row) each, as Textual's driver takes them."""

    def __init__(self, spans: Sequence[tuple[int, int, Row]], palette: Palette) -> None:
        self.spans = spans
        self.palette = palette
        self.size = 0

    def render_segments(self, console: Console) -> str:
        """The bytes: for each span a move of the cursor, and its text with its styles."""
        parts = [
            f"\x1b[{y + 1};{x + 1}H{strip(row, row_width(row), self.palette).render(console)}"
            for x, y, row in self.spans
        ]
        text = "".join(parts)
        self.size = len(text.encode())
        return text


def simple(row: Row) -> Row:
    """The row without signs that console fonts lack."""
    return tuple(Run(part.text.translate(SIMPLE), part.style) for part in row)


def strip(row: Row, width: int, palette: Palette) -> Strip:
    """A row as a strip; a control character that got this far becomes U+FFFD."""
    segments = [Segment(visible(part.text), palette.style(part.style)) for part in row]
    return Strip(segments).adjust_cell_length(width, palette.style(""))


_SIGNS = "─-│|▸>◂<→>←<↑^↓v✓+✗x•*·*×x∂d−-–-…~›>ΣS’'‘'“\"”\""
SIMPLE = str.maketrans(_SIGNS[::2], _SIGNS[1::2])
"""Signs that console fonts lack, each as one ASCII letter, so that nothing moves."""


def visible(text: str) -> str:
    """The text without anything a terminal would obey (the last fence: rows are filtered where they are made)."""
    return text if text.isprintable() else "".join(letter for letter, _ in clusters(text))


def differences(before: Row, after: Row) -> Iterator[tuple[int, int]]:
    """From which cell to which (not included) two rows differ, near differences taken together."""
    start = end = -1
    for i, (x, y) in enumerate(zip_longest(_cells(before), _cells(after))):
        if x == y:
            continue
        if start >= 0 and i - end > NEAR:
            yield start, end
            start = i
        start, end = (i if start < 0 else start), i + 1
    if start >= 0:
        yield start, end


def _cells(row: Row) -> list[tuple[str, str]]:
    """Letter and style of each cell; blanks of every plain style are alike."""
    cells: list[tuple[str, str]] = []
    for part in row:
        if part.text.isascii():
            cells += [(letter, part.style) for letter in part.text]
            continue
        for letter, wide in clusters(part.text):
            cells += [(letter, part.style)] + [("", part.style)] * (wide - 1)
    return cells
