"""Words of an author's formulas that were read letter by letter: `hh` for `h` is no unknown name but a product."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import groupby, pairwise

from engine.equations import split_equation
from engine.errors import EngineError, closest
from engine.expression import Name
from engine.formula_names import CALLING
from engine.graph import Graph
from engine.names import normalise
from engine.ops import FUNCTIONS
from engine.printing import show
from engine.scan import Token, Unit, scan
from engine.scope import Function, Piece, Scope, Splitter
from tutor.lesson import FORMULA_KINDS, GraphSpec, Step
from tutor.proof.findings import Findings
from tutor.session import Session
from tutor.toml_positions import Path

SHORTEST_TYPO = 3
"""Letters of a word from which on it may be a longer name with a slip; two letters are a product like any other."""


def check_words(found: Findings, session: Session) -> None:
    """Every formula of every graph, question and picture."""
    lesson = found.loaded.lesson
    for name, shown in session.graphs.items():
        for place, at, text in _of_graph(lesson.graph[name], ("graph", name)):
            _check(found, shown.graph, place, at, text)
    for i, step in enumerate(lesson.step):
        for place, about, text in _of_step(step, i):
            graph = session.graphs.get(about) if about is not None else session.graph_of(step)
            if graph is not None:
                _check(found, graph.graph, place, 0, text)


def _of_graph(spec: GraphSpec, path: Path) -> Iterator[tuple[Path, int, str]]:
    """The formulas of a graph, each with its place and where it begins there."""
    for k, line in enumerate(spec.nodes):
        _, formula, at = split_equation(line)
        yield (*path, "nodes", k), at, formula
    for spelling, text in (spec.aliases or {}).items():
        yield (*path, "aliases", spelling), 0, text


def _of_step(step: Step, i: int) -> Iterator[tuple[Path, str | None, str]]:
    """The formulas of a step, each with its place and the graph that it names, if it does."""
    for kind in FORMULA_KINDS:
        if (text := getattr(step, kind)) is not None:
            yield ("step", i, kind), None, text
    picture = step.picture
    if picture is None:
        return
    across = tuple(("across", k, text) for k, text in enumerate(picture.across or ()))
    for field, k, text in (*picture.formulas, *across):
        several = isinstance(said := getattr(picture, field), list) and len(said) > 1
        place: Path = ("step", i, "picture", field)
        yield (*place, k) if several else place, picture.graph, text


def _check(found: Findings, graph: Graph, place: Path, at: int, text: str) -> None:
    try:
        tokens = scan(text)
    except EngineError:
        return  # said by whoever reads it
    scope = replace(graph.scope, rows=True)
    for before, token, after in zip([None, *tokens], tokens, tokens[1:], strict=False):
        if token.kind == "run" and (said := _slip(token, before, after, scope)) is not None:
            what, cure, offset = said
            found.warn(place, what, cure, at + offset)


def _slip(token: Token, before: Token | None, after: Token, scope: Scope) -> tuple[str, str, int] | None:
    """What a word was read as, what it was meant to be, and where it begins; None for a product that may be meant."""
    units = _without_d(token.units, before, after)
    called = after.kind in CALLING
    pieces = Splitter(units, scope, (), called).split() if units and after.kind != "mark" else None
    if pieces is None or len(pieces) < 2:
        return None
    word = "".join(unit.text for unit in units)
    shown = [_shown(piece, scope) for piece in pieces]
    letters = sum(not unit.subscript for unit in units)
    if (name := _near(word, shown, scope, called) if letters >= SHORTEST_TYPO else None) is not None:
        meant = name
    elif any(a == b and isinstance(a, Name) for a, b in pairwise(pieces)):
        meant = f"{'·'.join(_powers(shown, False))}, or {'·'.join(_powers(shown, True))}"
    else:
        return None
    return f"{word} is read as {'·'.join(shown)}", f"did you mean {meant}?", units[0].at


def _without_d(units: tuple[Unit, ...], before: Token | None, after: Token) -> tuple[Unit, ...]:
    """A word without the d of `dL/dw`."""
    beside = after.kind == "/" or (before is not None and before.kind == "/")
    return units[1:] if beside and units[0].key == "d" and len(units) > 1 and not units[1].subscript else units


def _near(word: str, pieces: list[str], scope: Scope, called: bool) -> str | None:
    """The name, or the function, that is no part of a word but one slip away."""
    known = {**({name: name for name in FUNCTIONS} if called else {}), **scope.names}
    own, key = {normalise(piece) for piece in pieces}, normalise(word)
    near = [name for name in known if len(name) >= SHORTEST_TYPO and name not in own and one_slip(key, name)]
    return known[closest(key, near) or near[0]] if near else None


def _powers(pieces: list[str], counted: bool) -> Iterator[str]:
    """The pieces, each that stands there several times in a row once; with its power if they are `counted`."""
    for piece, group in groupby(pieces):
        times = sum(1 for _ in group)
        yield f"{piece}^{times}" if counted and times > 1 else piece


def one_slip(word: str, name: str) -> bool:
    """Whether one letter more, less, another one, or two exchanged ones tell them apart."""
    if word == name or abs(len(word) - len(name)) > 1:
        return False
    start = next((i for i, (a, b) in enumerate(zip(word, name, strict=False)) if a != b), min(len(word), len(name)))
    a, b = word[start:], name[start:]
    return a[1:] == b[1:] or a[1:] == b or a == b[1:] or (a[:2] == b[1::-1] and a[2:] == b[2:])


def _shown(piece: Piece, scope: Scope) -> str:
    return piece.op if isinstance(piece, Function) else show(piece, scope.names)
