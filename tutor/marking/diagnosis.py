"""The mistake behind a wrong answer: the cheapest explanation that gives the answer at all points."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from engine.batched import Array
from engine.evaluate import lower
from engine.expression import names_in
from engine.fault_edits import Edit, Tape, edits_of
from engine.faults import Candidate, cost
from engine.graph import Graph
from tutor.marking.context import Target
from tutor.marking.equality import Comparison
from tutor.marking.feedback import AMBIGUOUS, UNKNOWN, either, says
from tutor.marking.mistakes import Mistakes, agree, flat, mistakes_at, place_of, relation
from tutor.marking.numbers import RightValues, Typed
from tutor.marking.reading import Reading
from tutor.marking.result import Diagnosis

MAX_PAIR = 3.6
"""Two mistakes that are together more surprising than this explain nothing."""
TIE = 0.06
"""Explanations whose costs differ by less are told as a tie."""
NUMBER_TIE = 0.25
"""The same for a single number, which many explanations give."""
MOST_TIES = 3
MOST_NUMBER = 1.75
"""A number is not explained by mistakes more surprising than this: too many would fit by chance."""
_NICE = (-1.0, 2.0, 0.5, -2.0, -0.5, 3.0, 4.0, 0.25, 1 / 3, 6.0, 1 / 6, 8.0, 0.125)


def diagnose_formula(reading: Reading, comparison: Comparison, target: Target) -> Diagnosis:
    """The simplest fault that explains a wrong formula at all points, or "unknown"."""
    given = comparison.given
    if given is None or comparison.shape_differs:
        return _shape(comparison, target)
    search = Search(target, flat(given.value, target.points), comparison.usable, reading)
    return told(search.explanations(), target.points.graph)


def _shape(comparison: Comparison, target: Target) -> Diagnosis:
    """What is said about an answer of another shape: rows and columns exchanged, or just the shape."""
    given, right = comparison.given, target.right
    if given is not None and len(given.shape) == 2 and given.shape == right.shape[::-1]:
        turned = given.value.swapaxes(-1, -2)
        if np.allclose(np.broadcast_to(turned, right.value.shape), right.value, rtol=1e-8, equal_nan=True):
            said = "Rows and columns are exchanged: which index belongs to the output and which to the input?"
            return Diagnosis("transposed", says=said)
    return Diagnosis("unknown", says="Check the shape first: one entry for every entry of what is differentiated.")


def told(found: list[Candidate], graph: Graph, tie: float = TIE) -> Diagnosis:
    """The cheapest explanation, with the others that are as good."""
    if not found:
        return Diagnosis("unknown", says=UNKNOWN)
    ordered = sorted(found, key=lambda c: c.cost)
    best = ordered[0]
    distinct: dict[tuple[str, str | None], Candidate] = {}
    for candidate in ordered:
        if candidate.cost <= best.cost + tie:
            distinct.setdefault((candidate.fault, candidate.at), candidate)
    texts = list(dict.fromkeys(says(candidate, graph) for candidate in distinct.values()))[:3]
    at = graph.names.get(best.at, best.at) if best.at is not None else None
    return Diagnosis(best.fault, at, best.factor, texts[0] if len(texts) == 1 else either(texts))


@dataclass
class Search:
    """Looks for what explains one answer: first single faults, then a fault with a constant, then pairs."""

    target: Target
    answer: Array
    usable: Array | None = None
    reading: Reading | None = None

    def __post_init__(self) -> None:
        finite = np.isfinite(self.answer).all(axis=1) & np.isfinite(self.mistakes.right).all(axis=1)
        self.good = finite if self.usable is None else finite & self.usable

    @property
    def mistakes(self) -> Mistakes:
        """What common mistakes give: for the total, or for each row where the answer has no sum."""
        points = self.target.points
        if points.rows and self.answer.shape[1:] == self.target.mistakes_of_rows.right.shape[1:]:
            return self.target.mistakes_of_rows
        return self.target.mistakes

    def explanations(self) -> list[Candidate]:
        """Everything that explains the answer with the fewest mistakes, placed where that can be told."""
        found = self._found()
        places: dict[str, set[str]] = {}
        for candidate in found:
            if candidate.at is not None and candidate.cost <= cost(candidate.fault) + 0.45:
                places.setdefault(candidate.fault, set()).add(candidate.at)
        return [
            replace(c, at=next(iter(places[c.fault])))
            if c.at is None and len(places.get(c.fault, ())) == 1 and c.fault in {"sign", "constant-factor"}
            else c
            for c in found
        ]

    def _found(self) -> list[Candidate]:
        if self.good.sum() < 2 or self.answer.shape != self.mistakes.right.shape:
            return []
        singles = [*self._constant_answer(), *self._catalogue(), *self._factors(), *self._ascent(), *self._edits()]
        if singles or not len(self.mistakes.values):
            return singles
        return [*self._with_constants(), *self._pairs()]

    def _equal(self, value: Array) -> bool:
        return bool(agree(value[None], self.answer, self.good)[0])

    def _constant_answer(self) -> Iterator[Candidate]:
        if self.reading is not None and not names_in(self.reading.expr) and self._equal(self.answer * 0.0):
            yield Candidate("claimed-zero", None, self.answer, 0.5)

    def _catalogue(self) -> Iterator[Candidate]:
        for i in self.mistakes.matching(self.answer, self.good):
            yield self.mistakes.candidates[i]

    # -- constants

    def _counts(self) -> dict[str, float]:
        points = self.target.points
        sizes = {n for slot in points.graph.slots for n in slot.shape[:1]} | {points.row_count}
        return {f"{n}": float(n) for n in sorted(sizes) if n > 1}

    def _factors(self) -> Iterator[Candidate]:
        ratio = constant_ratio(self.answer, self.mistakes.right, self.good)
        if ratio is None:
            return
        if _near(ratio, -1.0):
            yield Candidate("sign", self._output(), self.answer, cost("sign"))
            return
        label = self._label(ratio)
        more = 0.0 if label is not None else 0.8
        label = label if label is not None else f"{ratio:.6g}"
        yield Candidate("constant-factor", None, self.answer, cost("constant-factor", more), label)

    def _output(self) -> str | None:
        """Where a sign that is wrong as a whole was lost: the output of the derivative."""
        return None

    def _label(self, ratio: float) -> str | None:
        """How a factor is called: 2, 0.5, N, 1/N, -2; None if it is no usual one."""
        for size in self._counts().values():
            for value, label in ((size, "N"), (1 / size, "1/N"), (-size, "-N"), (-1 / size, "-1/N")):
                if _near(ratio, value) and not (size == 2.0 and label in {"N", "-N"}):
                    return label
        return next((f"{ratio:.6g}" for nice in _NICE if _near(ratio, nice)), None)

    def _with_constants(self) -> Iterator[Candidate]:
        """A fault of the catalogue and a sign or constant on top."""
        answer = self.answer[self.good].ravel()
        place = int(np.abs(answer).argmax())
        with np.errstate(all="ignore"):
            ratio = answer[place] / self.mistakes.values[:, self.good].reshape(len(self.mistakes.values), -1)[:, place]
            fits = agree(self.mistakes.values * ratio[:, None, None], self.answer, self.good)
        for i in np.flatnonzero(fits & np.isfinite(ratio) & (ratio != 0)).tolist():
            label = "-1" if _near(ratio[i], -1.0) else self._label(float(ratio[i]))
            if label is not None:
                found = self.mistakes.candidates[i]
                factor = found.factor or (label if label != "-1" else None)
                yield replace(found.times(self.answer, 0.9 if label == "-1" else 1.1), factor=factor)

    # -- updates

    def _ascent(self) -> Iterator[Candidate]:
        """A step in the other direction: the answer and the right one lie on both sides of the weight."""
        if self.target.is_derivative:
            return
        middle = ((self.answer + self.mistakes.right) / 2)[self.good]
        points = self.target.points
        if points.rows and middle.shape[1] == points.row_count:
            return
        for key in (*points.graph.given, *points.graph.weights):
            if key not in points.shared:
                continue
            value = flat(points.at(key), points)[self.good]
            options = [value] if value.shape == middle.shape else []
            if middle.shape[1] == 1:
                options += [value[:, j : j + 1] for j in range(min(value.shape[1], 200))]
            if any(np.any(own) and np.allclose(own, middle, rtol=1e-9, atol=1e-12) for own in options):
                yield Candidate("ascent", key, self.answer, cost("ascent"))
                return

    # -- changes to the answer that would set it right

    def _tape(self) -> Tape:
        assert self.reading is not None
        low = lower(self.reading.expr, self.target.points)
        return Tape(low.slots, low.values, low.start, low.slot)

    @cached_property
    def _edited(self) -> tuple[Tape, list[Edit], Array]:
        tape = self._tape()
        edits = edits_of(tape, self.target.points) if tape.used else []
        if not edits:
            return tape, edits, np.zeros((0, *self.answer.shape))
        found = np.moveaxis(tape.run(edits), 2, 0)
        count = self.target.points.count
        found = np.broadcast_to(found, (found.shape[0], count, *found.shape[2:]))
        if found.shape[2] > 1 and self.answer.shape == self.mistakes.right.shape:
            found = _without_rows(found, self.mistakes.right)
        return tape, edits, found.reshape(len(edits), count, -1)

    def _edits(self) -> Iterator[Candidate]:
        if self.reading is None:
            return
        tape, edits, values = self._edited
        if values.shape[1:] != self.mistakes.right.shape:
            return
        right = self.mistakes.right
        for i in np.flatnonzero(agree(values, right, self.good)).tolist():
            yield self._named(edits[i], tape)

    def _named(self, edit: Edit, tape: Tape) -> Candidate:
        graph = self.target.points.graph
        fault, at, about, more, factor = _inverse(edit, tape, graph)
        if edit.kind == "name" and edit.name and self.reading is not None and not names_in(self.reading.expr):
            more = -0.35  # a fixed number all through: the point is wrong, not the rule
        return Candidate(fault, at, self.answer, cost(fault, more), factor, about)

    def _pairs(self) -> Iterator[Candidate]:
        """A change to the answer that makes it one of the catalogue's mistakes."""
        if self.reading is None:
            return
        tape, edits, values = self._edited
        if values.shape[1:] != self.mistakes.right.shape or not len(edits):
            return
        for i, j in matches(values, self.mistakes.values, self.good):
            first, second = self.mistakes.candidates[j], self._named(edits[i], tape)
            if first.cost + second.cost > MAX_PAIR or not self._varies(j):
                continue
            main, other = (first, second) if first.cost <= second.cost else (second, first)
            yield main.times(self.answer, other.cost + 0.3)

    def _varies(self, j: int) -> bool:
        """Whether a candidate is more than one constant number (which anything can be turned into)."""
        value = self.mistakes.values[j][self.good]
        return bool(np.ptp(value, axis=0).any()) or not np.ptp(self.mistakes.right[self.good], axis=0).any()


def _without_rows(found: Array, right: Array) -> Array:
    """Changes × points × rows …: where the right answer has no rows, a change that gives each row its own is none."""
    size = int(np.prod(found.shape[2:]))
    if right.shape[1] == size:
        return found
    first = found[:, :, :1]
    alike = (found == first).reshape(len(found), -1).all(axis=1)
    return np.where(alike.reshape(-1, *(1,) * (found.ndim - 1)), first, np.nan)


def matches(a: Array, b: Array, good: Array) -> Iterator[tuple[int, int]]:
    """The pairs of rows of a and b (each points × entries) that agree at all good points."""
    one, two = a[:, good].reshape(len(a), -1), b[:, good].reshape(len(b), -1)
    if not one.size or not two.size:
        return
    weights = np.cos(np.arange(one.shape[1]) * 1.7 + 0.3)
    with np.errstate(all="ignore"):
        x, y = one @ weights, two @ weights
        size = np.abs(two) @ np.abs(weights)
    order = np.argsort(y)
    sorted_y = y[order]
    for i in range(len(x)):
        if not np.isfinite(x[i]) or not np.any(one[i]):
            continue
        slack = 1e-8 * float(np.abs(one[i]) @ np.abs(weights))
        low, high = np.searchsorted(sorted_y, [x[i] - slack, x[i] + slack])
        for j in order[low:high].tolist():
            if np.isfinite(size[j]) and np.allclose(
                one[i], two[j], rtol=1e-8, atol=1e-11 * float(np.abs(one[i]).max())
            ):
                yield i, j


def constant_ratio(a: Array, b: Array, good: Array) -> float | None:
    """κ if a = κ·b at all good points, and b is not zero everywhere."""
    x, y = a[good], b[good]
    clear = np.abs(y) > 1e-300
    if not clear.any():
        return None
    ratio = float(np.median(x[clear] / y[clear]))
    scale = float(np.abs(x).max())
    if ratio == 0 or not np.allclose(x, ratio * y, rtol=1e-8, atol=1e-12 * scale):
        return None
    return ratio


def _near(a: float, b: float) -> bool:
    return abs(a - b) <= 1e-7 * abs(b)


def _inverse(edit: Edit, tape: Tape, graph: Graph) -> tuple[str, str | None, str, float, str | None]:
    """A change that sets an answer right, as the mistake that made it wrong: fault, at, about, extra cost, factor."""
    about = edit.about
    key = tape.slots[edit.new].name if edit.new is not None else None
    at = key if key in graph.names else place_of(edit, tape, graph)
    match edit.kind:
        case "sign":
            return "sign", None, _text(edit.old, tape, graph), 0.7, None
        case "keep term":
            return "extra-factor", None, f"the term {_text(edit.old, tape, graph)}", 0.6, None
        case "keep":
            old = tape.slots[edit.old].name if edit.old is not None else None
            return "extra-factor", old if old in graph.names else None, _text(edit.old, tape, graph), 0.2, None
        case "bare":
            return "extra-factor", None, about, 0.3, None
        case "count":
            return "constant-factor", None, "", 0.2, {"N": "1/N", "1/N": "N"}[about]
        case "name":
            return _inverse_name(edit, tape, graph)
        case "times":
            return "missing-factor", at, "" if edit.name == "slope" else about, 0.75, None
        case "function":
            return "missing-factor", None, about, 1.0, None
        case "over":
            return "extra-factor", at, about, 0.35, None
        case "plus":
            return "missing-path", at, f"the term {about}", 0.6, None
        case _:
            return "extra-factor", at, f"the term {about}", 0.6, None


def _inverse_name(edit: Edit, tape: Tape, graph: Graph) -> tuple[str, str | None, str, float, str | None]:
    fault, place = relation(edit, tape, graph)
    if fault == "wrong-index":
        place = edit.name or place
    more = 0.45 if len(edit.places) > 1 else 0.5
    if fault == "wrong-name" and not edit.name:
        more = -0.1  # a letter where a plain number belongs
    wrong = _text(edit.old, tape, graph)
    if edit.old is not None and tape.slots[edit.old].op == "const":
        wrong = f"the number {wrong}"
    return fault, place or (edit.name or None), wrong, more, None


def _text(slot: int | None, tape: Tape, graph: Graph) -> str:
    from tutor.marking.mistakes import _said

    return _said(slot, tape, graph)


# -- numbers


def diagnose_number(typed: Typed, right: RightValues, target: Target) -> Diagnosis:
    """The fault behind a wrong number, where the faults' numbers are distinct."""
    found = [c for c in _numbers(typed, target) if c.cost <= MOST_NUMBER]
    whole = _number_factor(typed, right)
    if whole is not None:
        found.append(whole)
    best = min((c.cost for c in found), default=0.0)
    close = {(c.fault, c.at) for c in found if c.cost <= best + NUMBER_TIE}
    if found and len(close) <= MOST_TIES:
        return told(found, target.points.graph, NUMBER_TIE)
    return Diagnosis("unknown", says=UNKNOWN if not found else AMBIGUOUS)


def _slack(typed: Typed, value: float) -> float:
    """How far a number may be from a mistake's and still show it: half its last digit."""
    exact = 1e-6 * abs(value)
    if typed.unit is None or typed.significant < 2:
        return exact
    return max(exact, 0.5 * typed.unit * (1 + 1e-9))


def _numbers(typed: Typed, target: Target) -> Iterator[Candidate]:
    """The catalogue's mistakes whose number this is."""
    mistakes = target.mistakes_here
    for candidate, value in zip(mistakes.candidates, mistakes.values, strict=True):
        number = float(value.flat[0])
        if (number == 0 and typed.value == 0) or (np.isfinite(number) and number != 0 and abs(number - typed.value) <= _slack(typed, number)):
            yield candidate


def _number_factor(typed: Typed, right: RightValues) -> Candidate | None:
    """A sign or a usual constant factor on the right number."""
    value = right.nearest(typed.value)
    if value == 0 or not np.isfinite(value):
        return None
    nothing = np.zeros((1, 1, 1))
    if typed.value == 0:
        return Candidate("claimed-zero", None, nothing, 0.5)
    for nice in _NICE:
        if abs(typed.value - nice * value) <= _slack(typed, nice * value):
            if nice == -1.0:
                return Candidate("sign", None, nothing, cost("sign"))
            return Candidate("constant-factor", None, nothing, cost("constant-factor", 0.4), f"{nice:.6g}")
    return None


__all__ = ["Search", "constant_ratio", "diagnose_formula", "diagnose_number", "matches", "mistakes_at", "told"]
