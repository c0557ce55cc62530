"""The mistake behind a wrong formula: the cheapest explanation that gives the answer at all points."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from engine.evaluate import lower
from engine.expression import names_in
from engine.faults import Candidate, cost
from engine.faults.edit_kinds import edits_of
from engine.faults.edits import Edit, Tape
from engine.lead import Array
from tutor.marking.context import Target
from tutor.marking.corrections import correction
from tutor.marking.equality import Comparison
from tutor.marking.feedback import A_NUMBER, UNKNOWN
from tutor.marking.matching import constant_ratio, matches, near_to, without_rows
from tutor.marking.mistakes import Mistakes, agree, flat
from tutor.marking.reading import Reading
from tutor.marking.result import Diagnosis
from tutor.marking.shapes import shape_mistake
from tutor.marking.telling import told
from tutor.marking.updates import ascents

MAX_PAIR = 3.6
"""Two mistakes that are together more surprising than this explain nothing."""

NICE = (-1.0, 2.0, 0.5, -2.0, -0.5, 3.0, 4.0, 0.25, 1 / 3, 6.0, 1 / 6, 8.0, 0.125)


def diagnose_formula(reading: Reading, comparison: Comparison, target: Target) -> Diagnosis:
    """The simplest fault that explains a wrong formula at all points, or "unknown"."""
    given = comparison.given
    if given is None or comparison.shape_differs:
        return _shape(comparison, target)
    search = Search(target, flat(given.value, target.points), comparison.usable, reading)
    found = told(search.explanations(), target.points.graph, of_value=target.is_value)
    if found.fault == "unknown" and not names_in(reading.expr) and np.ptp(target.right.value) > 0:
        return replace(found, says=A_NUMBER)
    return found


def _shape(comparison: Comparison, target: Target) -> Diagnosis:
    """What is said about an answer of another shape."""
    given, right = comparison.given, target.right
    if given is None:
        return Diagnosis("unknown", says=UNKNOWN)
    count = target.points.count
    mine = np.broadcast_to(given.value, (count, *given.value.shape[1:]))[:, 0, 0]
    asked = np.broadcast_to(right.value, (count, *right.value.shape[1:]))[:, 0, 0]
    return shape_mistake(mine, asked, _close, target.is_value)


def _close(a: Array, b: Array) -> bool:
    return bool(np.allclose(a, b, rtol=1e-8, atol=1e-12, equal_nan=True))


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

    def _counts(self) -> list[float]:
        """The numbers that N may be: rows, and lengths of arrays; 2 is just called 2."""
        points = self.target.points
        sizes = {n for slot in points.graph.slots for n in slot.shape[:1]} | {points.row_count}
        return [float(n) for n in sorted(sizes) if n > 2]

    def _factors(self) -> Iterator[Candidate]:
        ratio = constant_ratio(self.answer, self.mistakes.right, self.good)
        if ratio is None or abs(ratio - 1.0) < 1e-3:  # "1 times what it should be" explains nothing
            return
        if near_to(ratio, -1.0):
            yield Candidate("sign", self._output(), self.answer, cost("sign"))
            return
        label = self._label(ratio)
        usual = near_to(abs(ratio), 2.0) or near_to(abs(ratio), 0.5)
        more = 0.8 if label is None else 0.0 if usual else 0.05 if "N" in label else 0.3
        label = label if label is not None else f"{ratio:.6g}"
        yield Candidate("constant-factor", None, self.answer, cost("constant-factor", more), label)

    def _output(self) -> str | None:
        """Where a sign that is wrong as a whole was lost: the output of the derivative."""
        return None

    def _label(self, ratio: float) -> str | None:
        """How a factor is called: 2, 0.5, N, 1/N, -2; None if it is no usual one."""
        for size in self._counts():
            for value, label in ((size, "N"), (1 / size, "1/N"), (-size, "-N"), (-1 / size, "-1/N")):
                if near_to(ratio, value):
                    return label
        return next((f"{ratio:.6g}" for nice in NICE if near_to(ratio, nice)), None)

    def _with_constants(self) -> Iterator[Candidate]:
        """A fault of the catalogue and a sign or constant on top."""
        answer = self.answer[self.good].ravel()
        place = int(np.abs(answer).argmax())
        with np.errstate(all="ignore"):
            ratio = answer[place] / self.mistakes.values[:, self.good].reshape(len(self.mistakes.values), -1)[:, place]
            fits = agree(self.mistakes.values * ratio[:, None, None], self.answer, self.good)
        for i in np.flatnonzero(fits & np.isfinite(ratio) & (ratio != 0)).tolist():
            label = "-1" if near_to(ratio[i], -1.0) else self._label(float(ratio[i]))
            if label is not None and self._varies(self.mistakes.values[i]):
                found = self.mistakes.candidates[i]
                turned = label == "-1"
                other = Candidate("sign" if turned else "constant-factor", None, self.answer, 0.9 if turned else 1.1)
                other = replace(other, factor=None if turned else label)
                factor = found.factor or other.factor
                yield replace(found.and_also(other), value=self.answer, factor=factor)

    def _ascent(self) -> Iterator[Candidate]:
        points = self.target.points.picked(self.good)
        said = self.reading.expr if self.reading is not None else None
        return ascents(self.answer[self.good], self.mistakes.right[self.good], points, self.target, said)

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
            found = without_rows(found, self.mistakes.right)
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
        fault, at, about, more, factor = correction(edit, tape, graph)
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
            if first.cost + second.cost > MAX_PAIR or not (
                self._varies(self.mistakes.values[j]) and self._varies(values[i])
            ):
                continue
            main, other = (first, second) if first.cost <= second.cost else (second, first)
            yield replace(main.and_also(other, 0.3), value=self.answer)

    def _varies(self, value: Array) -> bool:
        """Whether a value is more than one constant number (which anything can be turned into, as a sigmoid turns
        all that is large into 1), if the right one is."""
        return _spread(value[self.good]) or not _spread(self.mistakes.right[self.good])


def _spread(x: Array) -> bool:
    """Whether values differ from point to point by more than rounding."""
    return bool((np.ptp(x, axis=0) > 1e-6 * np.abs(x).max(axis=0)).any())
