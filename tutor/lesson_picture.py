"""The schema of a step's picture: what it shows, and how."""

from typing import Annotated

from tutor.lesson_part import Field, Limits, Part
from tutor.lesson_values import Line, Names, Real, Whole

PICTURE_KINDS = ("curve", "bars", "matrix", "line", "differences", "runs", "path", "histogram", "images")


class PictureSpec(Part):
    """A picture beside a step's text: exactly one of curve, bars, matrix, line, differences, runs, path, histogram,
    images."""

    curve: Names | None = Field(
        None, description="Formulas as curves over an input, or over the data rows.", min_length=1, max_length=6
    )
    bars: Names | None = Field(None, description="Numbers or arrays as bars.", min_length=1, max_length=400)
    matrix: Line | None = Field(None, description="An array, or a Jacobian such as dy/dx, with its rows and columns.")
    line: Line | None = Field(None, description="Where this formula is 0 on the plane of two inputs, and its normal.")
    differences: Line | None = Field(
        None, description="A derivative of one number by another: the error of finite differences by step size."
    )
    runs: Names | None = Field(None, description="Histories of these runs.", min_length=1, max_length=6)
    path: str | None = Field(None, description="The way of a run's separator through slope and intercept.")
    histogram: Names | None = Field(
        None,
        description="How often which value stands in an array (with run: in its weights).",
        min_length=1,
        max_length=4,
    )
    images: Line | None = Field(None, description="The rows of an array (with run: of its weights) as small images.")

    graph: str | None = Field(None, description="The graph that formulas are read in; the step's if left out.")
    run: str | None = Field(None, description="histogram, images: the run whose last weights are shown.")
    across: Names | None = Field(
        None, description="curve: the input along the axis; line: the two inputs.", min_length=1, max_length=2
    )
    from_: Real | None = Field(None, alias="from", description="curve, line: where the axis begins.")
    to: Real | None = Field(None, description="curve, line: where the axis ends.")
    log: bool = Field(False, description="Powers of ten on the value axis.")
    log_across: bool = Field(False, description="curve: powers of ten on the other axis.")
    classes: str | None = Field(None, description="line: the input that holds each row's class.")
    data: str | None = Field(None, description="line: the data set whose points are shown.")
    labels: list[Line] | None = Field(None, description="Names of the curves, bars or images.", max_length=400)
    rows: list[Line] | None = Field(None, description="matrix: names of its rows.", max_length=64)
    columns: list[Line] | None = Field(None, description="matrix: names of its columns.", max_length=64)
    plot: list[str] | None = Field(None, description="runs: which histories.", min_length=1, max_length=6)
    best: bool = Field(False, description="runs: mark the epoch of the smallest validation loss.")
    width: Annotated[Whole, Limits(ge=1, le=256)] | None = Field(
        None, description="images: pixels in a row; left out: they are square."
    )
    title: Line = Field("", description="What is written above it.")

    @property
    def kind(self) -> str:
        """Which of the kinds of picture it is."""
        return next(kind for kind in PICTURE_KINDS if getattr(self, kind) is not None)

    @property
    def formulas(self) -> tuple[tuple[str, int, str], ...]:
        """Every formula over the names of its graph, with its field and its place there."""
        fields = ("curve", "bars", "matrix", "line", "differences", *(() if self.run else ("histogram", "images")))
        found = [(field, getattr(self, field)) for field in fields if getattr(self, field) is not None]
        return tuple(
            (name, k, text) for name, said in found for k, text in enumerate(said if isinstance(said, list) else [said])
        )

    @property
    def run_names(self) -> tuple[str, ...]:
        """The runs that it shows."""
        one = [name for name in (self.path, self.run) if name is not None]
        return (*(self.runs or ()), *one)

    def check(self) -> None:
        """One kind of picture."""
        kinds = [kind for kind in PICTURE_KINDS if getattr(self, kind) is not None]
        if len(kinds) != 1:
            said = " and ".join(kinds) if kinds else "none"
            raise ValueError(f"a picture has exactly one of {', '.join(PICTURE_KINDS)}; this one has {said}")
