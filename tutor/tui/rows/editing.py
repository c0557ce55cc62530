"""One line of text being typed, with a place in it. Frozen: every key returns another line."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace

from tutor.draw.cells import Row, Run, cell_width
from tutor.text import safe
from tutor.tui.rows.flow import cut

LIMIT = 2000


@dataclass(frozen=True)
class Line:
    """`at` is the number of characters before the cursor."""

    text: str = ""
    at: int = 0

    def insert(self, text: str) -> Line:
        """Typed or pasted text at the cursor, filtered and cut to what a formula may have."""
        room = max(0, LIMIT - len(self.text))
        new = safe(text[:room], LIMIT)[:room]
        return Line(self.text[: self.at] + new + self.text[self.at :], self.at + len(new))

    def backspace(self) -> Line:
        """Without the character before the cursor."""
        return self._without(self.at - 1, self.at) if self.at else self

    def delete(self) -> Line:
        """Without the character at the cursor."""
        return self._without(self.at, self.at + 1)

    def kill_word(self) -> Line:
        """Without the word before the cursor."""
        return self._without(self.word_start(), self.at)

    def kill_word_after(self) -> Line:
        """Without the word after the cursor."""
        return self._without(self.at, self.word_end())

    def kill_before(self) -> Line:
        """Without everything before the cursor."""
        return self._without(0, self.at)

    def kill_after(self) -> Line:
        """Without everything from the cursor on."""
        return self._without(self.at, len(self.text))

    def move(self, to: int) -> Line:
        """The cursor elsewhere."""
        return replace(self, at=max(0, min(to, len(self.text))))

    def word_start(self) -> int:
        """Where the word before the cursor starts."""
        at = len(self.text[: self.at].rstrip())
        while at and self.text[at - 1].isalnum():
            at -= 1
        return min(at, max(0, self.at - 1))

    def word_end(self) -> int:
        """Where the word after the cursor ends."""
        at = self.at
        while at < len(self.text) and not self.text[at].isalnum():
            at += 1
        while at < len(self.text) and self.text[at].isalnum():
            at += 1
        return at

    def _without(self, start: int, end: int) -> Line:
        return Line(self.text[:start] + self.text[end:], min(start, len(self.text)))


def line_row(
    line: Line,
    width: int,
    *,
    focused: bool,
    prompt: str,
    error: tuple[int, int] | None = None,
    chosen: bool = False,
) -> Row:
    """The line behind its prompt, scrolled so that the cursor is seen; an unreadable part is underlined, a text that
    is `chosen` looks as the cursor does."""
    start, end = error or (0, 0)
    text, at = line.text + " ", line.at if focused else -1
    borders = sorted({0, len(text), *(i for i in (start, end, at, at + 1) if 0 < i < len(text))})
    runs = [
        Run(text[i:j], "cursor" if i == at or chosen else "wrongplace" if start <= i < end else "text")
        for i, j in itertools.pairwise(borders)
    ]
    room = max(1, width - cell_width(prompt))
    before = cell_width(line.text[: line.at])
    return (Run(prompt, "prompt"), *cut(tuple(runs), max(0, before - room + 1), room))
