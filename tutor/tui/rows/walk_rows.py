"""One step of a walk in three lines (formula, numbers put in, result), and what each path hands back.

Where there is room for it, formula and numbers stand in two dimensions.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from engine.errors import EngineError
from engine.expression import Expr, Name
from engine.graph import Graph
from engine.numbers import counted, show_value
from engine.steps import Share
from engine.steps import Step as WalkStep
from tutor.draw.cells import Row, Run, cell_width
from tutor.revealed import trace_of
from tutor.tui.rows.flow import run, wrap

if TYPE_CHECKING:
    from tutor.draw.mathematics import Equation
    from tutor.session import Session

SHOWN_SHARES = 6
INDENT = 14
END: Row = (Run("  That was the last step; ", "dim"), Run("→", "prompt"), Run(" goes on.", "dim"))


Drawn: TypeAlias = "tuple[Equation | None, Equation | None]"
"""Formula and numbers in two dimensions, None where one line must do."""
IN_LINES: Drawn = (None, None)


def walk_rows(session: Session, width: int, room: int = 0, *, hidden: bool = False) -> list[Row]:
    """The present step of the present walk, in `room` rows if that can be; before the first one, what the walk starts
    from. A hidden result is still to be predicted."""
    steps = session.walk_steps()
    if not session.cursor or not steps:
        return list(start_rows(session, len(steps), width))
    step, output = steps[session.cursor - 1], output_name(session)
    last: list[Row] = [(), END] if session.cursor == len(steps) else []
    rows: list[Row] = []
    for drawn in drawings(session, step, width, room):
        rows = [*step_rows(step, output, width, hidden=hidden, drawn=drawn), *last]
        if len(rows) <= room:
            break
    return rows


def drawings(session: Session, step: WalkStep, width: int, room: int) -> Iterator[Drawn]:
    """The ways in which a step can be written, the finest first, in plain lines last."""
    shown = session.graph
    if shown is not None and room > 0:
        left = Name(step.left) if step.direction == "forward" else _read(shown.graph, step.left)
        formula = _drawn(shown.graph, left, step.formula, width) if left is not None else None
        if formula is not None:
            numbers = _drawn(shown.graph, None, step.numbers, width - formula.sign)
            yield from [(formula, numbers)] if numbers is not None else []
            yield formula, None
    yield IN_LINES


def _drawn(graph: Graph, left: Expr | None, right: str, width: int) -> Equation | None:
    from tutor.draw.mathematics import equation as drawn_equation  # the first screen is seldom a step of a walk

    read = _read(graph, right)
    return None if read is None else drawn_equation(left, read, width - 2, graph.names)


def _read(graph: Graph, text: str) -> Expr | None:
    """A printed formula as a tree; None for what only people read, such as `1 if a > b else 0`."""
    try:
        return graph.read(text, rows=True)
    except EngineError:
        return None


def output_name(session: Session) -> str:
    """How the present graph's output is spelled."""
    shown = session.graph
    return shown.graph.names[shown.graph.output] if shown else ""


def start_rows(session: Session, count: int, width: int) -> Iterator[Row]:
    """What a walk is about to do."""
    shown = session.graph
    if shown is None:
        return
    if session.step.walk == "forward":
        said = "Forward: every node is computed from the nodes it reads, inputs first."
    else:
        said = "Backward: every gradient is upstream × local, summed where paths meet. It starts at the output, with 1."
    yield from wrap([run(said)], width)
    if shown.decimals is not None:
        yield from wrap(
            [run(f"Paper arithmetic: every node is rounded to {counted(shown.decimals, 'decimal')}.", "dim")], width
        )
    trace = trace_of(session)
    inputs = [*shown.graph.given, *shown.graph.weights]
    values = ", ".join(f"{shown.graph.names[k]} = {show_value(trace.value(k), 6, 6)}" for k in inputs)
    yield from wrap([run(f"Given: {values}", "dim")], width, rest="  ")
    yield ()
    promise = f" shows the first of {count} steps." if count > 1 else " shows the only step."
    yield (Run("→", "prompt"), Run(promise, "dim"))


def step_rows(
    step: WalkStep, output: str, width: int, *, hidden: bool = False, drawn: Drawn = IN_LINES
) -> Iterator[Row]:
    """Formula, numbers, result; then the shares; then what there is to say. Of a result to be predicted the formula
    alone: with the numbers put in, nothing but a multiplication would be left."""
    forward = step.direction == "forward"
    left = step.left
    style = "value.active" if forward else "gradient.active"
    result = "?" if hidden else show_value(step.result)
    numbers = [] if hidden and step.formula else [Part(step.numbers, "number", drawn[1])]
    parts = [Part(step.formula, "text", drawn[0]), *numbers, Part(result, style)]
    yield from equation(left, [part for part in parts if part.text and part.text != left], width)
    if hidden:
        return
    if not forward:
        yield from share_rows(step, output, width)
    if step.sentence:
        yield from wrap([run(step.sentence, "dim")], width, first="  ")


@dataclass(frozen=True)
class Part:
    """One right-hand side: its text, its style, and the same in two dimensions where that is wanted."""

    text: str
    style: str
    drawn: Equation | None = None


def equation(left: str, parts: list[Part], width: int) -> Iterator[Row]:
    """`left = first`, and each further part on a line of its own below the first; a part that says nothing new is
    left out."""
    first = parts[0].drawn if parts else None
    indent = first.sign - 1 if first else min(cell_width(left), INDENT)
    if first is None and cell_width(left) > INDENT:
        yield from wrap([run(left, "name.active")], width, first=" ", rest="   ")
        left = ""
    start: list[Run] = [run(left + " " * (indent - cell_width(left)), "name.active")]
    said = ""
    for part in parts:
        if part.text == said:
            continue
        said = part.text
        if part.drawn is not None:
            yield from equation_rows(part.drawn, indent + 2, part.style)
        else:
            yield from wrap([*start, run(" = ", "dim"), run(part.text, part.style)], width, " ", " " * (indent + 4))
        start = [Run(" " * indent, "text")]


def equation_rows(drawn: Equation, sign: int, style: str) -> Iterator[Row]:
    """A drawn equation with its sign of equality in a given cell."""
    before = " " * (sign - drawn.sign)
    for y, row in enumerate(drawn.rows):
        middle = Run(row[drawn.sign], "dim" if y == drawn.level else style)
        yield (Run(before), Run(row[: drawn.sign], "name.active"), middle, Run(row[drawn.sign + 1 :], style))


def share_rows(step: WalkStep, output: str, width: int) -> Iterator[Row]:
    """What each consumer hands back: upstream × local = share; how many more where there are many."""
    for share in step.shares[:SHOWN_SHARES]:
        yield from wrap(list(_share(share, output)), width, first="   ", rest="       ")
    if len(step.shares) > SHOWN_SHARES:
        yield (Run(f"   … and {len(step.shares) - SHOWN_SHARES} more paths", "dim"),)


def _share(share: Share, output: str) -> Iterator[Run]:
    yield run(f"through {share.consumer}: ", "dim")
    yield run("upstream ", "dim")
    yield run(show_value(share.upstream, 6, 6), "gradient")
    if share.local is not None:
        yield run(" × local ", "dim")
        yield run(show_value(share.local, 6, 6), "number")
    yield run(" = share ", "dim")
    yield run(show_value(share.share, 6, 6), "gradient")


def tallest(session: Session, width: int, most: int = 80) -> int:
    """How many rows the tallest step of the present walk takes, so that the pane keeps its height."""
    steps = session.walk_steps()[:most]
    output = output_name(session)
    heights = [sum(1 for _ in step_rows(step, output, width)) for step in steps]
    heights[-1:] = [height + 2 for height in heights[-1:]]
    return max([*heights, sum(1 for _ in start_rows(session, len(steps), width))], default=3)
