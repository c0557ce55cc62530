"""The full forward and backward walk of any formula with its numbers."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from engine.equations import parse_in, split_equation
from engine.errors import EngineError, FormulaError, NumberError
from engine.expression import Expr, Name, walk
from engine.graph import Graph
from engine.names import is_name, normalise
from engine.scope import Scope
from engine.values import shape_of
from tutor.lesson_graph import LessonGraph

MAX_DIGITS = 400


def explained(formula: str, settings: Sequence[str]) -> LessonGraph:
    """The graph of one or more formulas (parted by `;`) with the values `name=value`.

    Raises EngineError with the formula and the place.
    """
    lines, values = lines_of(formula, settings)
    graph = Graph.build(lines, given={name: shape_of(value) for name, value in values.items()})
    return LessonGraph("", graph, {normalise(k): v for k, v in values.items()})


_ENTRY = re.compile(r"\[[\d,\s]{1,40}\]$")


def lines_of(formula: str, settings: Sequence[str]) -> tuple[list[str], dict[str, float | list[object]]]:
    """The formulas, each with a name, and the values by name. Raises EngineError with the formula and the place."""
    values = dict(read_setting(setting) for setting in settings)
    lines = [_named(part, i, values) for i, part in enumerate(p for p in formula.split(";") if p.strip())]
    if not lines:
        raise FormulaError("there is no formula here; write 'L = (a*x - y)^2' a=1 x=2 y=3", text=formula, at=0)
    _refuse_missing(lines, values)
    return lines, values


def read_setting(setting: str) -> tuple[str, float | list[object]]:
    """("w", 0.5) of "w=0.5"; arrays are written [1, 2] or [[1, 2], [3, 4]], an entry W[0,1]=0.5.

    Raises NumberError that shows the setting with a caret below what is wrong.
    """
    name, sign, text = setting.partition("=")
    bare = _ENTRY.sub("", name.strip())
    if not sign or not is_name(bare):
        raise NumberError("a value is written name=number", text=setting, at=0, end=len(name) or 1)
    at = len(name) + 1
    return name.strip(), read_number(text, setting, at)


def read_number(text: str, whole: str, at: int) -> float | list[object]:
    """A number or nested lists of numbers. Raises NumberError with the place in `whole`."""
    tokens = [(m.group(), m.start()) for m in re.finditer(r"[\[\],]|[^\[\],\s]+", text[:100_000])]
    if not tokens:
        raise NumberError("a number is missing here", text=whole, at=at)
    value, used = _value(tokens, 0, whole, at, 0)
    if used < len(tokens):
        place = at + tokens[used][1]
        raise NumberError("nothing may follow the number", text=whole, at=place, end=len(whole))
    return value


Tokens = list[tuple[str, int]]


def _value(tokens: Tokens, i: int, whole: str, at: int, depth: int) -> tuple[float | list[object], int]:
    word, place = tokens[i] if i < len(tokens) else ("", len(whole) - at)
    if word != "[":
        return _float(word, whole, at + place), i + 1
    if depth >= 2:
        raise NumberError("arrays have one axis or two", text=whole, at=at + place)
    entries: list[object] = []
    i += 1
    while i < len(tokens) and tokens[i][0] != "]":
        value, i = _value(tokens, i, whole, at, depth + 1)
        entries.append(value)
        if i < len(tokens) and tokens[i][0] == ",":
            i += 1
    if i >= len(tokens):
        raise NumberError("this [ is never closed", text=whole, at=at + place)
    return entries, i + 1


def _float(word: str, whole: str, at: int) -> float:
    word = word.replace("−", "-")
    if not re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", word[:MAX_DIGITS]) or not word.isascii():
        raise NumberError("this is no number", text=whole, at=at, end=at + max(1, len(word)))
    value = float(word[:MAX_DIGITS])
    if value in (float("inf"), float("-inf")):
        raise NumberError("this number is too large for a double", text=whole, at=at, end=at + len(word))
    return value


def _named(part: str, i: int, values: Mapping[str, object]) -> str:
    """The formula with a name on its left, so that it is a node."""
    if re.match(r"\s*[^=<>]+=(?!=)", part):
        return part.strip()
    taken = {normalise(name) for name in values}
    name = next(n for n in ("f", "g", "result", f"node{i}") if n not in taken)
    return f"{name} = {part.strip()}"


def _refuse_missing(lines: list[str], values: Mapping[str, object]) -> None:
    """One clear message for a name that has no value, with the caret below it."""
    defined = {normalise(split_equation(line)[0]) for line in lines}
    known = defined | {normalise(name) for name in values}
    for line in lines:
        _, right, at = split_equation(line)
        names = {**dict.fromkeys(defined, ""), **{normalise(n): n for n in values}}
        scope = Scope(names=names, arrays=frozenset(names))
        try:
            parse_in(line, right, at, scope)
        except FormulaError as error:
            missing = _missing(line, right, at, known) if error.message.startswith("unknown name") else None
            if missing is None:
                continue  # the builder says it, together with whatever else is wrong
            spelled = line[missing.at : missing.end]
            raise FormulaError(
                f"{spelled} has no value: add {spelled}=NUMBER", text=line, at=missing.at, end=missing.end
            ) from None


def _missing(line: str, right: str, at: int, known: set[str]) -> Expr | None:
    try:
        tree = parse_in(line, right, at, Scope(names=dict.fromkeys(known, ""), open=True))
    except EngineError:
        return None
    return next((e for e in walk(tree) if isinstance(e, Name) and e.key not in known), None)
