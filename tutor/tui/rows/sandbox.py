"""One's own formulas as a lesson: what is still missing, and the lesson file that they make."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from engine.errors import EngineError
from engine.graph import Graph
from tutor.draw.cells import Row, Run
from tutor.explain import read_number
from tutor.lesson_writer import lesson_text
from tutor.tui.rows.flow import run, wrap

MOST_LINES = 200
EXAMPLE = "L = (sigmoid(w*x + b) - y)^2"


@dataclass(frozen=True)
class Sandbox:
    """The formulas so far, and once they are complete the numbers for their free names."""

    lines: tuple[str, ...] = ()
    numbers: Mapping[str, float] = field(default_factory=dict)
    complete: bool = False

    def graph(self, more: str = "") -> Graph:
        """The graph of the formulas (and one more). Raises EngineError with what is wrong."""
        return Graph.parse("\n".join([*self.lines, *([more] if more.strip() else [])]))

    @property
    def missing(self) -> tuple[str, ...]:
        """The free names that have no number yet, as they are spelled."""
        if not self.lines:
            return ()
        graph = self.graph()
        return tuple(graph.names[key] for key in graph.given if graph.names[key] not in self.numbers)

    def with_line(self, text: str) -> Sandbox:
        """With another formula. Raises EngineError if it cannot be read together with the others."""
        if len(self.lines) >= MOST_LINES:
            raise EngineError(f"more than {MOST_LINES} formulas; write a lesson file instead (tutor new)")
        self.graph(text)
        return replace(self, lines=(*self.lines, text.strip()))

    def with_number(self, text: str) -> Sandbox:
        """With a number for the first name that has none. Raises NumberError."""
        number = read_number(text, text, 0)
        if not isinstance(number, float) or not math.isfinite(number):
            raise EngineError("one number is wanted here")
        return replace(self, numbers={**self.numbers, self.missing[0]: number})

    def without_last(self) -> Sandbox:
        """Without the last number, or the last formula."""
        if self.numbers:
            return replace(self, numbers=dict(list(self.numbers.items())[:-1]))
        if self.complete:
            return replace(self, complete=False)
        return replace(self, lines=self.lines[:-1])

    @property
    def digest(self) -> str:
        """Tells one set of formulas from another, so that what was done with them is kept apart."""
        return hashlib.sha256("\n".join(self.lines).encode()).hexdigest()[:8]

    def lesson(self) -> str:
        """A lesson file: the graph, both passes by every operation, and free play."""
        return lesson_text(f"sandbox-{self.digest}", "Sandbox", self.lines, self.numbers)


def sandbox_rows(box: Sandbox, width: int) -> Iterator[Row]:
    """What has been typed, and what comes next."""
    yield from wrap([run("Any formulas, any numbers: see them forward and backward.")], width)
    yield ()
    for i, line in enumerate(box.lines):
        yield from wrap([run(line, "name.active")], width, first=f" {i + 1:>2}. ")
    for name, value in box.numbers.items():
        yield from wrap([run(f"{name} = "), run(f"{value:g}", "number")], width, first="     ")
    if not box.lines:
        yield (Run(" For example  ", "dim"), run(EXAMPLE, "code"))


def asks(box: Sandbox) -> str:
    """What the line is for."""
    if not box.complete:
        more = "; Enter on an empty line goes on to the numbers" if box.lines else ""
        return f"a formula NAME = …; Enter adds it{more}"
    return "a number; Enter takes it, Backspace on an empty line goes back"
