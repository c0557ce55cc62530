"""Character cells: how wide a text is, runs of styled text, and a canvas whose lines join where they meet.

A picture is a tuple of rows, a row a tuple of `Run`s whose widths add up to the picture's width. Styles are
names, never colours or escape sequences.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

STYLES: Final = (
    "",  # blank cells
    *(
        f"{what}{state}"
        for what in ("box", "name", "value", "gradient")
        for state in ("", ".active", ".done", ".hidden")
    ),
    *("edge", "edge.active", "parameter", "parameter.active"),
    *("axis", "title", "mark", "note", "formula"),
    *(f"series.{i}" for i in range(6)),
    *(f"{ramp}.{upper}.{lower}" for ramp in ("field", "grey") for upper in range(9) for lower in range(9)),
    *(f"point.{label}.{level}" for label in range(6) for level in range(9)),
)
"""Every style name that a picture of this package can hold."""

UP, RIGHT, DOWN, LEFT = 0, 1, 2, 3
LIGHT, HEAVY = 1, 2

# Indexed by up, right, down, left as a number in base 3: 0 nothing, 1 light, 2 heavy.
_JOINS: Final = " ╴╸╷╮┑╻┒┓╶─╾╭┬┭┎┰┱╺╼━┍┮┯┏┲┳╵╯┙│┤┥╽┧┪╰┴┵├┼┽┟╁╅┕┶┷┝┾┿┢╆╈╹┚┛╿┦┩┃┨┫┖┸┹┞╀╃┠╂╉┗┺┻┡╄╇┣╊╋"


@dataclass(frozen=True, slots=True)
class Run:
    """A piece of one row: printable text and the name of its style."""

    text: str
    style: str = ""


Row = tuple[Run, ...]
Rows = tuple[Row, ...]


@lru_cache(maxsize=8192)
def cell_width(text: str) -> int:
    """How many cells a terminal gives the text: 2 for wide letters, 0 for combining marks, 1 for the rest."""
    if text.isascii():
        return len(text)
    return sum(width for _, width in clusters(text))


def clusters(text: str) -> Iterator[tuple[str, int]]:
    """The text as it fills cells: each letter with the marks on it, and its width; controls become U+FFFD."""
    held, width = "", 0
    for letter in unicodedata.normalize("NFC", text):
        wide = _letter_width(letter)
        if wide == 0 and held:
            held += letter
            continue
        if held:
            yield held, width
        held, width = (letter, wide) if wide > 0 else ("\ufffd", 1)
    if held:
        yield held, width


@lru_cache(maxsize=2048)
def _letter_width(letter: str) -> int:
    """-1 for what must never reach a terminal."""
    if letter.isascii():
        return 1 if letter.isprintable() else -1
    category = unicodedata.category(letter)
    if category in ("Mn", "Me"):
        return 0
    if category[0] == "C" or category in ("Zl", "Zp"):
        return -1
    return 2 if unicodedata.east_asian_width(letter) in ("W", "F") else 1


def clip(text: str, width: int, ellipsis: str = "…") -> str:
    """The text cut to `width` cells at most, its cut shown by the ellipsis, which must be one cell wide."""
    if cell_width(text) <= width:
        return "".join(cluster for cluster, _ in clusters(text))
    kept, room = "", width - 1
    for cluster, wide in clusters(text):
        if wide > room:
            break
        kept, room = kept + cluster, room - wide
    return kept + ellipsis if width > 0 else ""


def fit(text: str, width: int, *, right: bool = False, ellipsis: str = "…") -> str:
    """The text in exactly `width` cells: cut, or filled with blanks on the right (`right`: on the left)."""
    text = clip(text, width, ellipsis)
    blanks = " " * (width - cell_width(text))
    return blanks + text if right else text + blanks


def ascii_text(text: str) -> str:
    """The text in ASCII: Greek letters by name, ∂ as d, accents dropped, anything else as a question mark."""
    return "".join(_ascii_letter(letter) for letter in unicodedata.normalize("NFC", text))


_ASCII: Final = {"∂": "d", "−": "-", "–": "-", "·": "*", "×": "x", "…": "~", "′": "'", "▸": ">", "◂": "<", "Σ": "sum"}


def _ascii_letter(letter: str) -> str:
    if letter.isascii() or letter in _ASCII:
        return _ASCII.get(letter, letter)
    name = unicodedata.name(letter, "")
    if name.startswith("GREEK"):
        return name.split("LETTER ")[-1].split(" WITH")[0].lower()
    plain = unicodedata.normalize("NFKD", letter).encode("ascii", "ignore").decode()
    return plain or "?"


def row_text(row: Row) -> str:
    """The row without its styles."""
    return "".join(run.text for run in row)


def text_of(rows: Iterable[Row]) -> str:
    """The rows as plain lines, blanks at their ends dropped."""
    return "\n".join(row_text(row).rstrip() for row in rows)


class Canvas:
    """A grid of `width` × `height` cells to write text and joining lines on; what lies outside is dropped."""

    def __init__(self, width: int, height: int, *, ascii_only: bool = False) -> None:
        """An empty canvas; `ascii_only` draws lines with + - | = #."""
        self.width, self.height, self.ascii_only = width, height, ascii_only
        self._cells: list[list[tuple[str, str]]] = [[(" ", "")] * width for _ in range(height)]
        self._arms: dict[tuple[int, int], list[int]] = {}

    def write(self, x: int, y: int, text: str, style: str = "") -> None:
        """Text from cell (x, y) to the right; it covers lines."""
        for cluster, wide in clusters(text):
            if 0 <= y < self.height and x >= 0 and x + wide <= self.width:
                self._arms.pop((x, y), None)
                self._cells[y][x] = (cluster, style)
                if wide == 2:
                    self._cells[y][x + 1] = ("", style)
            x += wide

    def arm(self, x: int, y: int, direction: int, weight: int) -> None:
        """Half a line, from the middle of the cell towards UP, RIGHT, DOWN or LEFT; the heavier of two stays."""
        if 0 <= x < self.width and 0 <= y < self.height:
            arms = self._arms.setdefault((x, y), [0, 0, 0, 0])
            arms[direction] = max(arms[direction], weight)

    def horizontal(self, x1: int, x2: int, y: int, weight: int) -> None:
        """A line through whole cells from x1 to x2, both included; nothing when x2 < x1."""
        for x in range(x1, x2 + 1):
            self.arm(x, y, LEFT, weight)
            self.arm(x, y, RIGHT, weight)

    def bridge(self, x: int, y: int, weight: int) -> None:
        """A vertical line that crosses cell (x, y) without joining what is there; the heavier one stays whole."""
        arms = self._arms.get((x, y), [0, 0, 0, 0])
        if max(arms[RIGHT], arms[LEFT]) <= weight:
            self._arms[x, y] = [weight, 0, weight, 0]

    def arms_at(self, x: int, y: int) -> tuple[int, int, int, int]:
        """The weights of the four half lines in a cell."""
        up, right, down, left = self._arms.get((x, y), (0, 0, 0, 0))
        return up, right, down, left

    def rows(self) -> Rows:
        """What was drawn, each row as runs of equal style."""
        for (x, y), arms in self._arms.items():
            self._cells[y][x] = (self._join(arms), "edge.active" if HEAVY in arms else "edge")
        return tuple(_runs(cells) for cells in self._cells)

    def _join(self, arms: list[int]) -> str:
        up, right, down, left = arms
        if not self.ascii_only:
            return _JOINS[up * 27 + right * 9 + down * 3 + left]
        heavy = HEAVY in arms
        if not (up or down):
            return "=" if heavy else "-"
        if not (right or left):
            return "#" if heavy else "|"
        return "#" if heavy else "+"


def _runs(cells: list[tuple[str, str]]) -> Row:
    runs: list[Run] = []
    text, style = "", ""
    for letter, own in cells:
        if own != style and text:
            runs.append(Run(text, style))
            text = ""
        text, style = text + letter, own
    return (*runs, Run(text, style)) if text else tuple(runs)
