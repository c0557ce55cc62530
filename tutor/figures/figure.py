"""What a picture shows, as plain numbers: a screen draws it, a reader hears it in words, a program gets it as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, ClassVar


@dataclass(frozen=True)
class Line:
    """One curve: its values and where they stand; `dots` are points without a line between them, `sign` the number of
    the sign that it has wherever it is drawn."""

    label: str
    places: tuple[float, ...]
    values: tuple[float, ...]
    dots: bool = False
    sign: int | None = None


@dataclass(frozen=True)
class Curves:
    """Curves over one axis. `equal`: a unit is as long across as up, so that a right angle looks like one.

    `marks` are upright lines; `notes` what is to be said besides the curves.
    """

    kind: ClassVar[str] = "curves"
    title: str
    lines: tuple[Line, ...]
    across: str = ""
    log: bool = False
    log_across: bool = False
    marks: tuple[float, ...] = ()
    window: tuple[float, float] | None = None
    equal: bool = False
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Bars:
    """One bar a number, each with its name."""

    kind: ClassVar[str] = "bars"
    title: str
    labels: tuple[str, ...]
    values: tuple[float, ...]
    log: bool = False


@dataclass(frozen=True)
class Matrix:
    """A table of numbers with named rows and columns."""

    kind: ClassVar[str] = "matrix"
    title: str
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    values: tuple[tuple[float, ...], ...]


@dataclass(frozen=True)
class Histogram:
    """How many numbers lie between each two neighbouring edges, for one or several sets of numbers."""

    kind: ClassVar[str] = "histogram"
    title: str
    labels: tuple[str, ...]
    edges: tuple[float, ...]
    counts: tuple[tuple[int, ...], ...]
    means: tuple[float, ...] = ()
    deviations: tuple[float, ...] = ()


@dataclass(frozen=True)
class Images:
    """Small images of numbers, each with its name: rows of pixels, the top row first."""

    kind: ClassVar[str] = "images"
    title: str
    labels: tuple[str, ...]
    images: tuple[tuple[tuple[float, ...], ...], ...]


@dataclass(frozen=True)
class Untold:
    """A picture that cannot be drawn, and why."""

    kind: ClassVar[str] = "untold"
    title: str
    says: str


Figure = Curves | Bars | Matrix | Histogram | Images | Untold
_KINDS: Mapping[str, type[Any]] = {one.kind: one for one in (Curves, Bars, Matrix, Histogram, Images, Untold)}


def to_dict(figure: Figure) -> dict[str, Any]:
    """The figure as plain data, its kind first."""
    return {"kind": figure.kind, **asdict(figure)}


def from_dict(data: Mapping[str, Any]) -> Figure:
    """The figure that `to_dict` wrote, also after it went through JSON. Raises KeyError, TypeError."""
    kind = _KINDS[str(data["kind"])]
    found = {field.name: _frozen(data[field.name]) for field in fields(kind) if field.name in data}
    if "lines" in found:
        found["lines"] = tuple(
            Line(one["label"], _frozen(one["places"]), _frozen(one["values"]), bool(one["dots"]), one.get("sign"))
            for one in data["lines"]
        )
    return kind(**found)  # type: ignore[no-any-return]


def _frozen(value: Any) -> Any:
    """Lists as tuples; the words for what JSON cannot hold as numbers again."""
    if isinstance(value, list | tuple):
        return tuple(_frozen(part) for part in value)
    return float(value) if value in ("nan", "inf", "-inf") else value
