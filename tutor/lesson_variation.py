"""The lesson file's schema: how a value varies from student to student."""

from typing import Annotated, Any

from tutor.lesson_part import Field, Limits, OneOf, Part
from tutor.lesson_values import Real

MAX_CHOICES = 1000


class Interval(Part):
    """Numbers from … to … in steps."""

    from_: Real = Field(alias="from", description="The smallest value.")
    to: Real = Field(description="The largest value.")
    step: Annotated[Real, Limits(gt=0)] = Field(description="The distance between two neighbours.")

    def check(self) -> None:
        """The values can be listed."""
        if self.to < self.from_:
            raise ValueError(f"from = {self.from_:g} is above to = {self.to:g}; from is the smaller one")
        if (self.to - self.from_) / self.step > MAX_CHOICES:
            raise ValueError(f"more than {MAX_CHOICES} steps from {self.from_:g} to {self.to:g}; make step larger")


class Choose(Part):
    """One of these numbers."""

    choose: list[Real] = Field(description="The possible values.", min_length=1, max_length=MAX_CHOICES)


def _vary_kind(value: Any) -> str:
    return "Interval" if isinstance(value, dict) and "from" in value else "Choose"


Vary = Annotated[Interval | Choose, OneOf(_vary_kind)]
"""How one value varies from student to student."""
