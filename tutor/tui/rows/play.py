"""Free play with a graph's numbers: the inputs one can change, and what a change did against what the gradient said."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine.names import normalise
from engine.numbers import show_value
from tutor.draw.cells import Row, Run, cell_width, fit
from tutor.revealed import trace_of
from tutor.tui.rows.flow import run, wrap
from tutor.tui.rows.graph_rows import label, short

if TYPE_CHECKING:
    from engine.trace import Trace
    from tutor.lesson_graph import LessonGraph
    from tutor.session import Session

MOST_KNOBS = 400
UNSEEN = 1e-12
"""A change by a smaller share than this is rounding."""
EPSILON = 2**-52
"""The share by which numbers differ that can be told apart at all."""
NUMBER = 10
"""The cells of a number in a row of its own."""


@dataclass(frozen=True)
class Knob:
    """One number that can be changed: a given or a weight, or one entry of it (`entry` is its index)."""

    key: str
    name: str
    entry: tuple[int, ...] = ()


@dataclass(frozen=True)
class Change:
    """One change of one number: what it was and is, what the output was and is, and what the gradient promised."""

    name: str
    before: float
    after: float
    output: str
    output_before: float
    output_after: float
    slope: float
    largest: float = 0.0
    """The largest number of the graph, whose rounding nothing that is worked out from it gets rid of."""

    @property
    def promised(self) -> float:
        """Gradient × change."""
        return self.slope * (self.after - self.before)

    @property
    def really(self) -> float:
        """How much the output changed."""
        return self.output_after - self.output_before


def knobs(session: Session) -> tuple[Knob, ...]:
    """Every number of the present graph that can be changed, weights after givens; not what its domain calls fixed."""
    shown = session.graph
    if shown is None:
        return ()
    found: list[Knob] = []
    for key in _free(shown):
        shape = shown.graph.slots[shown.graph.slot_of[key]].shape
        name = label(shown.graph, key)
        found.extend(Knob(key, f"{name}{_spelled(entry)}", entry) for entry in _entries(shape))
        if len(found) > MOST_KNOBS:
            break
    return tuple(found[:MOST_KNOBS])


def _free(shown: LessonGraph) -> list[str]:
    inputs = [*shown.graph.given, *shown.graph.weights]
    fixed = {normalise(name) for name, kind in (shown.domain or {}).items() if kind == "fixed"}
    return [key for key in inputs if key not in fixed] or inputs


def _entries(shape: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
    if not shape:
        yield ()
        return
    for i in range(min(shape[0], MOST_KNOBS)):
        yield from ((i, *rest) for rest in _entries(shape[1:]))


def _spelled(entry: tuple[int, ...]) -> str:
    return f"[{','.join(map(str, entry))}]" if entry else ""


def number_at(value: Any, knob: Knob) -> float:
    """The number of a knob in a value (or a gradient) of its name."""
    return float(value[knob.entry]) if knob.entry else float(value)


def value_of(session: Session, knob: Knob) -> float:
    """The present number."""
    return number_at(trace_of(session).value(knob.key), knob)


def with_number(session: Session, knob: Knob, number: float) -> Session:
    """The session with another number. Raises EngineError if it does not fit."""
    shown = session.graph
    assert shown is not None
    if not knob.entry:
        return session.edit(shown.name, knob.key, number)
    changed = trace_of(session).value(knob.key).copy()
    changed[knob.entry] = number
    return session.edit(shown.name, knob.key, changed)


def step_of(start: Session, knob: Knob) -> float:
    """How far + and − move a number: a tenth of the power of ten of its value in the lesson; > and < ten times that."""
    size = abs(value_of(start, knob))
    return 10.0 ** (math.floor(math.log10(size)) - 1) if 0 < size < math.inf else 0.1


def moved(number: float, by: float) -> float:
    """A number moved by a step, without the dust of binary fractions."""
    return float(f"{number + by:.12g}") + 0.0


def change(before: Session, after: Session, knob: Knob) -> Change | None:
    """What a change did; None where the output is no number."""
    old, new = trace_of(before), trace_of(after)
    if not old.is_scalar:
        return None
    return Change(
        knob.name,
        number_at(old.value(knob.key), knob),
        number_at(new.value(knob.key), knob),
        label(old.graph, old.graph.output),
        float(old.values[old.output]),
        float(new.values[new.output]),
        number_at(old.gradient(knob.key), knob),
        max((_largest(value) for value in new.values), default=0.0),
    )


def _largest(value: Any) -> float:
    numbers = value.ravel().tolist() if getattr(value, "ndim", 0) else [float(value)]
    return max((abs(number) for number in numbers if math.isfinite(number)), default=0.0)


def changed_keys(before: Trace, after: Trace) -> frozenset[str]:
    """The names whose value differs between two traces of one graph."""
    return frozenset(key for key in after.graph.names if _differs(before.value(key), after.value(key)))


def _differs(a: Any, b: Any) -> bool:
    return bool((a != b).any()) if getattr(a, "ndim", 0) else bool(a != b)


# -- rows


def play_rows(session: Session, start: Session, cursor: int, last: Change | None, width: int) -> list[Row]:
    """What can be done, what the last change did, and every number with its gradient; the cursor is a sign."""
    found = knobs(session)
    step = step_of(start, found[cursor % len(found)]) if found else 0.1
    by = f"+ and − change it by {show_value(step)}, > and < by {show_value(10 * step)}"
    rows = wrap([run(f"↑↓ choose a number; {by}; e types one.")], width)
    rows += [(), *change_rows(last, width)] if last is not None else []
    rows.append(())
    return [*rows, *knob_rows(session, start, cursor, width)]


def change_rows(last: Change, width: int) -> Iterator[Row]:
    """What the gradient said and what really happened."""
    number = [Run("▸ ", "prompt"), run(f"{last.name}: ", "strong"), run(show_value(last.before), "number")]
    moved_by = f"   ({_signed(last.after - last.before)})"
    yield from wrap(
        [*number, Run(" → ", "dim"), run(show_value(last.after), "value.active"), run(moved_by, "dim")], width
    )
    slope, by = show_value(last.slope), _signed(last.after - last.before)
    said = [
        run("  The gradient says  "),
        run(f"{slope} × {by} = ", "dim"),
        run(_signed(last.promised), "gradient.active"),
    ]
    yield from wrap(said, width, rest="    ")
    really = [run(f"  {last.output} really changed  "), run(_signed(last.really), "value.active")]
    span = f"   ({show_value(last.output_before)} → {show_value(last.output_after)})"
    yield from wrap([*really, run(span, "dim")], width, rest="    ")
    yield from wrap([run(verdict(last), "dim")], width, first="  ")


def verdict(last: Change) -> str:
    """How well the gradient foretold the change, in words."""
    gap = abs(last.really - last.promised)
    if not math.isfinite(gap):
        return "Far from where the gradient was taken it says nothing."
    size, output = max(abs(last.really), abs(last.promised)), max(abs(last.output_before), abs(last.output_after))
    dust = 1e-14 * output  # what rounding alone can make
    if size == 0:
        return f"Nothing moves: over this step {last.output} does not depend on {last.name}."
    if size <= max(UNSEEN * output, EPSILON * last.largest):
        return "Too small to see: numbers of this size are rounded by more than that."
    if gap <= 1e-9 * size + dust:
        return "Exactly so: along this value the output is a straight line here."
    if gap <= 0.1 * size:
        return "Close: the step is small enough for the slope to hold."
    far = "further" if abs(last.really) > abs(last.promised) else "not as far"
    if last.really * last.promised > 0 and gap <= 0.5 * size:
        return f"The right way, but {far}: on this step the slope itself changes. A smaller step comes closer."
    return "Not so: over this step the output bends, or another branch has won. Try a smaller step."


def _signed(number: float) -> str:
    text = show_value(float(number), 4)
    return text if text.startswith("-") or text == "0" else f"+{text}"


def knob_rows(session: Session, start: Session, cursor: int, width: int) -> Iterator[Row]:
    """One row a number: value, gradient, and what it was in the lesson where that differs."""
    found = knobs(session)
    names = max((cell_width(knob.name) for knob in found), default=1)
    trace = trace_of(session)
    for i, knob in enumerate(found):
        value, first = value_of(session, knob), value_of(start, knob)
        gradient = short(number_at(trace.gradient(knob.key), knob), NUMBER) if trace.is_scalar else ""
        was = f"   was {show_value(first)}" if value != first else ""
        chosen = i == cursor
        yield (
            Run("▸ " if chosen else "  ", "prompt"),
            Run(fit(knob.name, names), "name.active" if chosen else "name"),
            Run(" = ", "dim"),
            Run(fit(short(value, NUMBER), NUMBER), "value.active" if chosen else "value"),
            Run(f"  gradient {fit(gradient, NUMBER)}" if gradient else "", "gradient.active" if chosen else "gradient"),
            Run(was, "changed"),
        )
