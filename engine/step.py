"""What one step of a walk holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from engine.rule import Value

Detail = Literal["node", "op"]
Direction = Literal["forward", "backward"]


@dataclass(frozen=True)
class Share:
    """What one consumer hands back: upstream gradient × local derivative = share.

    `local` is a number, a Jacobian, or None where it is too large to show; `formula` is the local derivative's.
    """

    consumer: str
    upstream: Value
    local: Value | None
    share: Value
    formula: str


@dataclass(frozen=True)
class Step:
    """One step of a walk. `result` is a value (forward) or a gradient (backward) of `name`."""

    direction: Direction
    name: str
    key: str | None
    slot: int
    formula: str
    numbers: str
    result: Value
    sentence: str
    shares: tuple[Share, ...] = ()
    of: str = ""
    """Backward: what is differentiated."""

    @property
    def left(self) -> str:
        """What the step finds: a name, or a derivative."""
        if self.direction == "forward":
            return self.name
        return f"∂{self.of}/∂{in_brackets(self.name)}"


def in_brackets(name: str) -> str:
    """A part of a formula in brackets, a name as it is."""
    return f"({name})" if any(c in name for c in " ·/^@") else name
