"""Numbers that do not do what they stand for: outside of their domain, no probabilities, used by nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from engine.errors import EngineError
from engine.expression import Call, Expr, Name, names_in, walk
from engine.names import normalise
from tutor.lesson import GraphSpec
from tutor.lesson_graph import LessonGraph
from tutor.proof.findings import Findings
from tutor.session import Session
from tutor.toml_positions import Path
from tutor.vary import possible

MOST_ROWS = 1000
NEAR = 1e-6
LOSSES = ("bce", "cross_entropy")
"""Losses whose second argument is a probability, or several."""
Numbers = np.ndarray[Any, np.dtype[np.float64]]


def check_numbers(found: Findings, session: Session) -> None:
    """The values of every graph, those of its rows, and what `[vary]` puts in their place."""
    lesson = found.loaded.lesson
    used = set(_used_by_steps(session))
    for name, shown in session.graphs.items():
        spec = lesson.graph[name]
        for place, key, numbers in _numbers(spec, ("graph", name)):
            wrong = _outside(shown, key, numbers)
            if wrong is not None:
                found.warn(place, *wrong)
        for place in _unused(spec, shown, used):
            found.warn(("graph", name, *place), f"nothing uses {place[1]}", f"leave {place[1]} out")
    _check_vary(found)


def _unused(spec: GraphSpec, shown: LessonGraph, used: set[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """Names that no node, question or picture reads. One with a domain stands there on purpose, to be looked at."""
    meant = {key for alias in shown.graph.scope.aliases.values() for key in names_in(alias)}
    meant |= {normalise(name) for name in spec.domain or ()}
    for field in ("given", "weights"):
        for spelling in getattr(spec, field):
            key = normalise(spelling)
            if not shown.graph.consumers(key) and key not in meant and (shown.name, key) not in used:
                yield field, spelling


def _check_vary(found: Findings) -> None:
    """Names that vary have more than one value; where none has, the class is told of as a whole."""
    choices = {name: len(set(possible(vary))) for name, vary in found.loaded.lesson.vary.items()}
    for name, count in choices.items():
        if count == 1 and max(choices.values()) > 1:
            found.warn(("vary", name), f"{name} is the same for everybody", "give more values to choose from")


def _numbers(spec: GraphSpec, path: Path) -> Iterator[tuple[Path, str, Numbers]]:
    """Every value of a graph: where it stands, the name's key, and its numbers."""
    for field in ("given", "weights"):
        for name, value in getattr(spec, field).items():
            yield (*path, field, name), normalise(name), np.asarray(value, dtype=np.float64)
    for i, row in enumerate((spec.rows or ())[:MOST_ROWS]):
        for name, value in row.items():
            yield (*path, "rows", i, name), normalise(name), np.asarray(value, dtype=np.float64)


# -- domains


def _outside(shown: LessonGraph, key: str, numbers: Numbers) -> tuple[str, str] | None:
    """What is wrong with a value in its domain, or as the target of a loss; and what would be right.

    An interval only says where answers are compared: a value beyond it may be there to be seen.
    """
    name = shown.graph.names[key]
    domain = {normalise(word): said for word, said in (shown.domain or {}).items()}.get(key)
    if isinstance(domain, str) and domain in _FITS:
        fits, wanted = _FITS[domain]
        return None if fits(numbers) else (f"{name} is not {domain}, as its domain says", f"wanted: {wanted}")
    loss = next((word for word in LOSSES if key in _targets(shown, word)), None)
    if loss is not None and ((numbers < 0) | (numbers > 1)).any():
        return f"{name} is a target of {loss}, and not between 0 and 1", "a target is 0, 1 or a probability"
    return None


def _is_distribution(numbers: Numbers) -> bool:
    return bool(numbers.ndim and (numbers >= 0).all() and np.allclose(numbers.sum(axis=-1), 1.0, atol=NEAR))


_FITS: dict[str, tuple[Callable[[Numbers], bool], str]] = {
    "positive": (lambda n: bool((n > 0).all()), "numbers above 0"),
    "unit": (lambda n: bool(((n >= 0) & (n <= 1)).all()), "numbers between 0 and 1"),
    "0/1": (lambda n: bool(np.isin(n, (0.0, 1.0)).all()), "0 or 1"),
    "one-hot": (lambda n: _is_distribution(n) and bool(np.isin(n, (0.0, 1.0)).all()), "a list with one 1 and else 0"),
    "probabilities": (_is_distribution, "a list of shares that add up to 1"),
}
"""A domain → whether numbers lie in it, and what it wants."""


def _targets(shown: LessonGraph, loss: str) -> set[str]:
    """The inputs that a graph hands to a loss as what is wanted."""
    found: set[str] = set()
    for node in shown.graph.nodes.values():
        for here in walk(node.expr):
            if isinstance(here, Call) and here.op == loss and isinstance(here.args[-1], Name):
                found.add(here.args[-1].key)
    return found


# -- what is used


def _used_by_steps(session: Session) -> Iterator[tuple[str, str]]:
    """The names that questions, walks and pictures are about, each with its graph."""
    for step in session.steps:
        picture = step.picture
        shown = session.graph_of(step)
        texts = [*step.formulas, *(step.using or ())]
        if shown is not None:
            yield from ((shown.name, key) for text in texts for key in _names(shown, text))
        drawn = session.pictured(step)
        if picture is not None and drawn is not None:
            said = [*(text for _, _, text in picture.formulas), *(picture.across or ()), picture.classes or ""]
            yield from ((drawn.name, key) for text in said if text for key in _names(drawn, text))


def _names(shown: LessonGraph, text: str) -> Iterator[str]:
    try:
        expr: Expr = shown.graph.read(text, rows=True)
    except EngineError:
        return
    yield from names_in(expr)
