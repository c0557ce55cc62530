"""What the tables of a lesson file are made of: frozen records whose fields carry their meaning and their limits.

Two read them: `lesson_reader`, which is quick and takes sound data only, and `lesson_schema`, which says what is
wrong. They are no dataclasses, whose making costs a command more than the reading of its lesson.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import FrozenInstanceError
from typing import Any, ClassVar, NamedTuple, NoReturn, Self, dataclass_transform

MISSING: Any = object()
"""The default of a field that must be there."""


class Limits(NamedTuple):
    """Bounds of a number, of a text's or list's length, and the pattern of a text. None: no bound."""

    gt: float | None = None
    ge: float | None = None
    le: float | None = None
    min_length: int | None = None
    max_length: int | None = None
    pattern: str | None = None


class Before(NamedTuple):
    """What is done to a value of the file before its type is looked at; it may raise `NotANumberError`."""

    change: Callable[[Any], Any]


class OneOf(NamedTuple):
    """Which of several tables a value is meant to be, by the class's name."""

    name: Callable[[Any], str]


class Meaning(NamedTuple):
    """What a field says of itself: its key in the file where that is no Python name, and the limits of its value."""

    description: str
    default: Any
    alias: str | None
    limits: Limits
    type: Any = None


class NotANumberError(ValueError):
    """What was wanted instead of `found`, which is the entry `at` of an array."""

    def __init__(self, wanted: str, at: tuple[int, ...], found: Any) -> None:
        super().__init__(f"{wanted} is wanted here")
        self.wanted, self.at, self.found = wanted, at, found


def Field(default: Any = MISSING, *, description: str, alias: str | None = None, **limits: Any) -> Any:
    """A field of a table of the lesson file; without a default it must be there."""
    return Meaning(description, default, alias, Limits(**limits))


@dataclass_transform(kw_only_default=True, frozen_default=True, field_specifiers=(Field,))
class Part:
    """A table of a lesson: nothing is changed after reading.

    `written` has the names of the fields that the file has. Raises ValueError where the fields do not fit each other.
    """

    meanings: ClassVar[Mapping[str, Meaning]] = {}
    written: frozenset[str] = frozenset()

    def __init_subclass__(cls) -> None:
        kinds = cls.__annotations__
        found = {name: said for name in kinds if isinstance(said := cls.__dict__[name], Meaning)}
        cls.meanings = {name: meaning._replace(type=kinds[name]) for name, meaning in found.items()}
        for name in found:
            delattr(cls, name)

    def __init__(self, *, written: frozenset[str] | None = None, **values: Any) -> None:
        unknown = values.keys() - self.meanings.keys()
        if unknown:
            raise TypeError(f"{type(self).__name__} has no field {', '.join(sorted(unknown))}")
        for name, meaning in self.meanings.items():
            value = values.get(name, meaning.default)
            if value is MISSING:
                raise TypeError(f"{type(self).__name__} needs {name}")
            self.__dict__[name] = type(value)(value) if name not in values and isinstance(value, dict | list) else value
        self.__dict__["written"] = frozenset(values) if written is None else written
        self.check()

    def check(self) -> None:
        """Raises ValueError where the fields do not fit each other."""

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise FrozenInstanceError(f"{type(self).__name__} is frozen: cannot set {name}")

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and as_table(other) == as_table(self)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{n}={getattr(self, n)!r}' for n in self.meanings)})"

    def replaced(self, **changes: Any) -> Self:
        """The same with other values, which count as written in the file."""
        kept = {name: getattr(self, name) for name in self.meanings}
        return type(self)(**{**kept, **changes}, written=self.written | changes.keys())


def as_table(value: Any) -> Any:
    """A part as the table of a file that says everything, defaults too."""
    if isinstance(value, Part):
        return {meaning.alias or name: as_table(getattr(value, name)) for name, meaning in value.meanings.items()}
    if isinstance(value, dict):
        return {key: as_table(inner) for key, inner in value.items()}
    return [as_table(inner) for inner in value] if isinstance(value, list) else value
