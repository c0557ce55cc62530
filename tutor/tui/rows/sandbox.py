"""One's own formulas as a lesson: what is still missing, and the lesson file that they make."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

from engine.equations import parse_in, split_equation
from engine.errors import EngineError
from engine.expression import Name, walk
from engine.graph import Graph
from engine.names import normalise
from engine.numbers import show_value
from engine.scope import Scope
from engine.trace import Trace
from engine.values import shape_of
from tutor.draw.cells import Row, Run, fit
from tutor.explain import read_number, read_setting
from tutor.lesson_writer import lesson_text
from tutor.text import safe
from tutor.tui.rows.flow import heading, run, wrap

MOST_LINES = 200
CLOSE = 1e-5
"""A relative error that only rounding makes."""
EXAMPLE = "L = (sigmoid(w*x + b) - y)^2"


Number = float | list[Any]


@dataclass(frozen=True)
class Sandbox:
    """The formulas so far, and numbers for their free names: typed as `x = [1, 2]` at any time, or asked for one by
    one once the formulas are complete. `typed` is what was taken, in order, as it was typed."""

    lines: tuple[str, ...] = ()
    numbers: Mapping[str, Number] = field(default_factory=dict)
    complete: bool = False
    typed: tuple[str, ...] = ()

    def graph(self, more: str = "") -> Graph:
        """The graph of the formulas (and one more). Raises EngineError with what is wrong."""
        lines = [*self.lines, *([more] if more.strip() else [])]
        if not any(isinstance(number, list) for number in self.numbers.values()):
            return Graph.parse("\n".join(lines))
        shapes = {name: shape_of(number) for name, number in self.numbers.items()}
        return Graph.build(lines, given={**dict.fromkeys(self._free(lines), ()), **shapes})

    @property
    def values(self) -> dict[str, Number]:
        """The numbers that the formulas use."""
        used = set(self.graph().given)
        return {name: number for name, number in self.numbers.items() if normalise(name) in used}

    def _free(self, lines: Sequence[str]) -> Iterator[str]:
        """The names that no formula defines and no number was typed for."""
        split = [(line, *split_equation(line)) for line in lines]
        known = {normalise(name): name for name in [*self.numbers, *(left for _, left, _, _ in split)]}
        for line, _, right, at in split:
            tree = parse_in(line, right, at, Scope(names=known, open=True, arrays=frozenset(known)))
            yield from (line[e.at : e.end] for e in walk(tree) if isinstance(e, Name) and e.key not in known)

    @property
    def missing(self) -> tuple[str, ...]:
        """The free names that have no number yet, as they are spelled."""
        if not self.lines:
            return ()
        graph = self.graph()
        known = {normalise(name) for name in self.numbers}
        return tuple(graph.names[key] for key in graph.given if key not in known)

    @property
    def is_ready(self) -> bool:
        """Whether nothing is missing any more."""
        return self.complete and not self.missing

    def with_line(self, text: str) -> Sandbox:
        """With another formula, or a number for a name. Raises EngineError if it cannot be read with the others."""
        if len(self.lines) >= MOST_LINES:
            raise EngineError(f"more than {MOST_LINES} formulas; write a lesson file instead (tutor new)")
        given = setting(text)
        self._refuse_twice(text, given)
        if given is not None:
            changed = replace(self, numbers={**self.numbers, given[0]: given[1]}, typed=(*self.typed, text.strip()))
            if self.lines:
                changed.graph()
            return changed
        self.graph(text)
        return replace(self, lines=(*self.lines, text.strip()), typed=(*self.typed, text.strip()))

    def _refuse_twice(self, text: str, given: tuple[str, Number] | None) -> None:
        name = given[0] if given else text.partition("=")[0].strip()
        defined = {normalise(split_equation(line)[0]) for line in self.lines}
        if given and normalise(name) in defined:
            raise EngineError(f"{safe(name, 40)} is a formula already", text=text, at=0, end=len(name))
        if not given and normalise(name) in {normalise(each) for each in self.numbers}:
            raise EngineError(f"{safe(name, 40)} has a number already", text=text, at=0, end=len(name))

    def completed(self) -> Sandbox:
        """With no more formulas to come. Raises EngineError if they make no graph."""
        self.graph()
        return replace(self, complete=True)

    def with_number(self, text: str) -> Sandbox:
        """With a number for the first name that has none. Raises NumberError."""
        number = read_number(text, text, 0)
        if not isinstance(number, float) or not math.isfinite(number):
            raise EngineError("one number is wanted here; an array is typed among the formulas, as x = [1, 2]")
        name = self.missing[0]
        return replace(self, numbers={**self.numbers, name: number}, typed=(*self.typed, f"{name} = {text.strip()}"))

    def without_last(self) -> tuple[Sandbox, str]:
        """Without what was typed last, and that, to be changed; from the numbers back to the formulas first."""
        if self.complete and (not self.typed or self.typed[-1] in self.lines):
            return replace(self, complete=False), ""
        if not self.typed:
            return replace(self, lines=self.lines[:-1]), "".join(self.lines[-1:])
        *typed, last = self.typed
        box = Sandbox(complete=self.complete)
        for text in typed:
            box = box.with_line(text)
        asked = self.complete and box.missing and setting(last) is not None
        return box, last.partition("=")[2].strip() if asked else last

    @property
    def kept(self) -> tuple[str, ...]:
        """The lines that bring it back, as they were typed; the empty one comes last."""
        return (*self.typed, "") if self.complete else self.typed

    @classmethod
    def brought_back(cls, lines: Sequence[str]) -> Sandbox:
        """From lines that were kept; one that cannot be read any more costs only itself."""
        box = cls()
        for line in lines:
            with suppress(EngineError):
                box = box.with_line(line) if line else box.completed()
        return box

    @property
    def digest(self) -> str:
        """Tells one set of formulas from another, so that what was done with them is kept apart."""
        return hashlib.sha256("\n".join(self.lines).encode()).hexdigest()[:8]

    def lesson(self) -> str:
        """A lesson file: the graph, both passes by every operation, and free play."""
        return lesson_text(f"sandbox-{self.digest}", "Sandbox", self.lines, self.values)


def setting(text: str) -> tuple[str, Number] | None:
    """The name and number of `x = 0.5` or `x = [1, 2]`; None of what is a formula."""
    try:
        return read_setting(text)
    except EngineError:
        return None


def sandbox_rows(box: Sandbox, width: int) -> Iterator[Row]:
    """What has been typed, and what comes next."""
    yield from wrap([run("Any formulas, any numbers: see them forward and backward.")], width)
    yield ()
    for i, line in enumerate(box.lines):
        yield from wrap([run(line, "name.active")], width, first=f" {i + 1:>2}. ")
    for name, value in box.numbers.items():
        yield from wrap([run(f"{name} = "), run(shown(value), "number")], width, first="     ")
    if not box.lines:
        yield (Run(" For example  ", "dim"), run(EXAMPLE, "code"))
        yield (
            Run(" Numbers too  ", "dim"),
            run("x = [1, 2]", "code"),
            Run("   before the formula that needs it", "dim"),
        )


def shown(number: Number) -> str:
    """A number or an array, short."""
    return f"{number:g}" if isinstance(number, float) else json.dumps(number)


def result_rows(box: Sandbox, width: int) -> Iterator[Row]:
    """Values, gradients and their check. Raises EngineError where the numbers lead out of what a formula allows."""
    graph = box.graph()
    trace = graph.trace(box.values)
    yield ()
    yield heading("Result", width)
    for key, name in graph.names.items():
        gradient = show_value(trace.gradient(key), 6, 4) if trace.is_scalar else ""
        value = fit(show_value(trace.value(key), 6, 4), 24)
        row = (run(f" {fit(safe(name, 40), 10)} ", "name"), run(value, "value"))
        yield (*row, run(f" ∂ {gradient}", "gradient")) if gradient else row
    yield ()
    if trace.is_scalar and not math.isfinite(float(trace.value(graph.output))):
        why = "a formula has no finite value there, as log has none below 0"
        yield from wrap(
            [Run(" ✗ ", "wrong"), run(f"No number comes out with these numbers: {why}.")], width, rest="   "
        )
    elif trace.is_scalar:
        yield from checked_rows(trace, width)
    else:
        last = graph.names[graph.output]
        yield from wrap([run(f" {last} is an array. Gradients are of one number: end with sum({last}).")], width)


def checked_rows(trace: Trace, width: int) -> Iterator[Row]:
    """The gradients against finite differences."""
    from engine.gradcheck import check_gradients

    check = check_gradients(trace)
    is_close = check.max_relative_error < CLOSE
    said = f" {'✓' if is_close else '✗'} Gradients and finite differences {'agree' if is_close else 'differ'}"
    more = f": largest relative error {check.max_relative_error:.1e}, {check.checked} compared"
    yield from wrap([Run(said, "right" if is_close else "wrong"), Run(more, "text")], width, rest="   ")
    if check.at_kinks:
        yield from wrap([run(f" At a kink, not compared: {', '.join(check.at_kinks)}", "warn")], width, rest="   ")


def asks(box: Sandbox) -> str:
    """What the line is for."""
    if not box.complete:
        more = "; Enter on an empty line goes on" if box.lines else ""
        return f"a formula NAME = …; Enter adds it{more}"
    return "a number; Enter takes it, Backspace on an empty line goes back"
