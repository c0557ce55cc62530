"""The catalogue of mistakes: what a fault is called, and what one instance of it is.

To add a fault: its entry here, and where it is made — a changed local derivative in `slopes` or `array_slopes`, a
change to whole paths in `edges`, `products` and `others`, a change to the computation of a value in `edit_kinds`.
Then what is said about it, in tutor/marking/feedback.py, and its name in the authors' guide, lessons/README.md. Tests
inject it everywhere and ask that it is found again, with words.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

Array = Any


@dataclass(frozen=True)
class Fault:
    """One kind of mistake. `cost` is how surprising it is: the cheapest explanation of an answer wins.

    `in_backward` says whether it can be put into a backward pass as a whole (the bug laboratory does).
    """

    name: str
    title: str
    cost: float
    in_backward: bool = True


FAULTS: dict[str, Fault] = {
    fault.name: fault
    for fault in (
        Fault("sign", "a sign the wrong way round", 1.0),
        Fault("constant-factor", "a constant factor too much or too little", 1.1),
        Fault("missing-factor", "a local derivative left out", 1.2),
        Fault("extra-factor", "a factor too many", 1.8),
        Fault("missing-path", "only some of the paths through a fan-out", 1.25),
        Fault("product-of-paths", "paths multiplied instead of added", 1.7),
        Fault("wrong-argument", "a derivative taken at the wrong place", 1.45),
        Fault("wrong-derivative", "a wrong rule for an operation", 1.5),
        Fault("value-not-derivative", "a value where its derivative belongs", 1.4),
        Fault("wrong-branch", "the other side of a kink", 1.05),
        Fault("diagonal-only", "softmax without its off-diagonal terms", 1.12),
        Fault("transposed", "rows and columns exchanged", 1.35),
        Fault("wrong-index", "a neighbour's index", 1.5),
        Fault("wrong-name", "the derivative with respect to something else", 2.0),
        Fault("missing-regulariser", "the penalty forgotten", 1.2),
        Fault("ascent", "a step up the gradient", 0.9, in_backward=False),
        Fault("claimed-zero", "zero claimed where something depends", 1.25),
        Fault("stopped-early", "an upstream gradient given as the answer", 1.6, in_backward=False),
        Fault("derivative-not-value", "a derivative where the value is asked for", 1.6, in_backward=False),
        Fault("arithmetic-slip", "the right steps, a slip in the digits", 1.7, in_backward=False),
        Fault("wrong-shape", "as many entries as something else has", 1.7, in_backward=False),
        Fault("imprecise", "right, but rounded too coarsely", 1.0, in_backward=False),
        Fault("unknown", "not explained by any fault of the catalogue", 99.0, in_backward=False),
    )
}
"""Fault → its entry. A fault keeps its name for good: answers files, reports and lessons hold it."""


@dataclass(frozen=True, eq=False)
class Candidate:
    """One fault at one place: the value that a student who makes it would give, at every point.

    `at` is the key of a node or name; `about` says what was used, dropped or doubled; `slot` and `argument` are the
    edge of the tape it concerns. `also` is a second mistake that was made as well; `cost` is that of both.
    """

    fault: str
    at: str | None
    value: Array
    cost: float
    factor: str | None = None
    about: str = ""
    slot: int | None = None
    argument: int | None = None
    also: Candidate | None = None

    def times(self, value: Array, extra: float) -> Candidate:
        """The same mistake with another one on top."""
        return replace(self, value=value, cost=self.cost + extra)

    def and_also(self, other: Candidate, extra: float = 0.0) -> Candidate:
        """This mistake and another one, `extra` for how unlikely it is that both are made at once."""
        return replace(self, cost=self.cost + other.cost + extra, also=other)


def cost(fault: str, more: float = 0.0) -> float:
    """How surprising a fault is, `more` for an unusual form of it."""
    return FAULTS[fault].cost + more
