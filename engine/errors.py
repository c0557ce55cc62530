"""One family of errors; each carries the place and the names as fields, so that every face can point at it."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class EngineError(Exception):
    """Something the engine was given cannot be used.

    `text` is the formula (or other source) it concerns; `at` and `end` are character offsets into it.
    """

    def __init__(self, message: str, *, text: str | None = None, at: int | None = None, end: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.text = text
        self.at = at
        self.end = end

    def caret(self, width: int = 76) -> str:
        """The source line with a caret below the place, cut to `width` columns around it; "" without a place."""
        if self.text is None or self.at is None:
            return ""
        return caret(self.text, self.at, self.end, width)


class FormulaError(EngineError):
    """A formula that cannot be read."""


class GraphError(EngineError):
    """Formulas that do not make a graph: a cycle, a name twice, an unknown output.

    `part` says in which part of the graph's description: ("nodes", 3), ("given", "x1"), ("output",).
    """

    def __init__(
        self,
        message: str,
        *,
        text: str | None = None,
        at: int | None = None,
        end: int | None = None,
        part: tuple[str | int, ...] = (),
    ) -> None:
        super().__init__(message, text=text, at=at, end=end)
        self.part = part


class GraphProblems(GraphError):
    """Everything that is wrong with one graph, in reading order."""

    def __init__(self, errors: tuple[GraphError, ...]) -> None:
        first = errors[0]
        super().__init__(
            "\n".join(e.message for e in errors), text=first.text, at=first.at, end=first.end, part=first.part
        )
        self.errors = errors


class ShapeError(GraphError):
    """Shapes that do not fit together."""


class NumberError(EngineError):
    """A value that is no finite number, or of another shape than the graph's input."""


class DataError(EngineError):
    """Data that cannot be read or does not fit."""


class CheckpointError(EngineError):
    """A checkpoint that cannot be read or does not fit."""


def caret(text: str, at: int, end: int | None = None, width: int = 76) -> str:
    """Two lines: the line of `text` around offset `at`, and carets under `at`…`end`."""
    start = text.rfind("\n", 0, at) + 1
    stop = text.find("\n", at)
    line = text[start : len(text) if stop < 0 else stop].replace("\t", " ")
    column = at - start
    length = max(1, min((end if end is not None else at + 1) - at, len(line) - column))
    if len(line) > width:
        cut = max(0, min(column - width // 2, len(line) - width))
        line, column = line[cut : cut + width], column - cut
        length = min(length, width - column)
    return f"{line}\n{' ' * column}{'^' * length}"


def closest(word: str, options: Iterable[str]) -> str | None:
    """The option that `word` was probably meant to be, or None."""
    found = difflib.get_close_matches(word[:80], list(options), 1, 0.6)
    return found[0] if found else None


def did_you_mean(word: str, options: Iterable[str]) -> str:
    """ "; did you mean …?" or nothing."""
    found = closest(word, options)
    return f"; did you mean {found}?" if found else ""
