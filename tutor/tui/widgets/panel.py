"""Rectangles of a stage: rows seen through a window, and the line where one types. Plain objects, no widgets."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Literal

from tutor.draw.cells import Row, Rows, Run
from tutor.tui.rows.editing import Line, line_row
from tutor.tui.rows.flow import cut, row_width

Took = Literal["", "moved", "changed", "sent", "left"]
"""What a key did to a line: nothing, moved its cursor, changed its text, sent it, or left it."""


class Panel:
    """Rows of runs behind a window, below `fixed` rows that stay. `place` says where on the stage: x, y, width,
    height in cells; a height of 0 hides it."""

    def __init__(self, *, focusable: bool = False) -> None:
        self.focusable = focusable
        self.place = (0, 0, 0, 0)
        self.fixed: Rows = ()
        self.rows: Rows = ()
        self.left = 0
        self.top = 0

    @property
    def is_shown(self) -> bool:
        """Whether it has a place."""
        return self.place[2] > 0 and self.place[3] > 0

    @property
    def width(self) -> int:
        """Its width in cells."""
        return self.place[2]

    @property
    def room(self) -> tuple[int, int]:
        """Width and height of the window."""
        return self.place[2], max(0, self.place[3] - len(self.fixed))

    @property
    def below(self) -> int:
        """How many rows lie below the window."""
        return max(0, len(self.rows) - self.top - self.room[1])

    def show(self, rows: Rows, left: int | None = None, top: int | None = None) -> None:
        """Other rows, or another part of them."""
        self.rows = rows
        self.left = self.left if left is None else left
        self.top = self.top if top is None else top
        self._clamp()

    def say(self, text: str, style: str = "text") -> None:
        """One line of text that fills the width, without a filter: for the program's own words."""
        self.show((cut((Run(text, style), Run(" " * self.width, style)), 0, self.width),), 0, 0)

    def scroll(self, down: int, right: int = 0) -> bool:
        """Moves the window; whether it moved."""
        before = self.left, self.top
        self.left, self.top = self.left + right, self.top + down
        self._clamp()
        return before != (self.left, self.top)

    def _clamp(self) -> None:
        width, height = self.room
        widest = max((row_width(row) for row in self.rows), default=0)
        self.left = max(0, min(self.left, widest - width))
        self.top = max(0, min(self.top, len(self.rows) - height))

    def row(self, y: int) -> Row:
        """Row `y` of the panel, exactly as wide as the panel."""
        if y < len(self.fixed):
            return cut(self.fixed[y], 0, self.width)
        at = self.top + y - len(self.fixed)
        return cut(self.rows[at] if at < len(self.rows) else (), self.left, self.width)


@dataclass(frozen=True)
class Echo:
    """What is said below a line while it is typed, and which characters cannot be read."""

    row: Row = ()
    error: tuple[int, int] | None = None


class Entry(Panel):
    """A line where one types, with its echo below. It never loses its text, and lets keys pass that mean nothing to
    an empty line."""

    def __init__(self, prompt: str = "› ") -> None:
        super().__init__(focusable=True)
        self.prompt = prompt
        self.line = Line()
        self.chosen = False
        """Whether all of the text is chosen: what is typed next takes its place."""

    @property
    def text(self) -> str:
        """What stands in the line."""
        return self.line.text

    def clear(self, text: str = "") -> None:
        """Empties the line, or puts another text in."""
        self.line, self.chosen = Line(text, len(text)), False

    def choose(self) -> None:
        """What is typed next takes the place of the text; a key that moves or takes away goes on with it."""
        self.chosen = bool(self.line.text)

    def draw(self, focused: bool, echo: Echo | None = None) -> None:
        """The line and what is said about it."""
        echo = echo or Echo()
        looks = {"focused": focused, "chosen": self.chosen}
        row = line_row(self.line, max(8, self.width), prompt=self.prompt, error=echo.error, **looks)
        self.show((row, echo.row), 0, 0)

    def take(self, key: str, character: str | None) -> Took:
        """What a key (as Textual names it, and the character it types) does to the line."""
        if key == "enter":
            return "sent"
        if key == "escape":
            return "left"
        before, chosen, self.chosen = self.line, self.chosen, False
        if character is not None and character.isprintable() and not self.knows(key):
            start = Line() if chosen else before
            if not start.text and character in "? ":
                return "moved" if chosen and character == " " else ""
            self.line = start.insert(character)
            return "changed"
        change = self._changes().get(key)
        if change is None:
            return ""
        if not self.line.text:  # the arrows go on in the lesson; who looks for the line's end does not want its end
            return "moved" if key in {"home", "end"} else ""
        self.line = change()
        return "changed" if before.text != self.line.text else "moved"

    def knows(self, key: str) -> bool:
        """Whether a key moves in the line, or takes away."""
        return key in self._changes()

    def _changes(self) -> dict[str, Callable[[], Line]]:
        line = self.line
        end = len(line.text)
        return {
            "backspace": line.backspace, "ctrl+h": line.backspace,
            "delete": line.delete, "ctrl+d": line.delete,
            "left": partial(line.move, line.at - 1), "right": partial(line.move, line.at + 1),
            "home": partial(line.move, 0), "ctrl+a": partial(line.move, 0),
            "end": partial(line.move, end), "ctrl+e": partial(line.move, end),
            "ctrl+w": line.kill_word, "ctrl+u": line.kill_before, "ctrl+k": line.kill_after,
            "ctrl+left": partial(line.move, line.word_start()), "alt+b": partial(line.move, line.word_start()),
            "ctrl+right": partial(line.move, line.word_end()), "alt+f": partial(line.move, line.word_end()),
            "alt+d": line.kill_word_after,
        }  # fmt: skip

    def paste(self, text: str) -> None:
        """Pasted text, filtered and cut."""
        start, self.chosen = Line() if self.chosen else self.line, False
        self.line = start.insert(text[:10_000])
