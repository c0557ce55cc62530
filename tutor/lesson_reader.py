"""The data of a lesson file → a lesson, where everything is sound; else only a doubt, without saying more.

The quick way in: a sound lesson is opened without `lesson_schema`, whose library would cost more time and memory than
the lesson. Both follow the same fields; what this one doubts, that one explains.
"""

from __future__ import annotations

import re
import types
from collections.abc import Callable, Mapping
from functools import cache
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin

from tutor.lesson_part import Before, Limits, Part
from tutor.text import quoted

Reader = Callable[[Any], Any]
"""A value of the file → the value of the lesson. Raises DoubtError."""
T = TypeVar("T", bound=Part)


class DoubtError(ValueError):
    """Something is not as the fields say."""


def read(cls: type[T], table: object) -> T:
    """The part that a table of the file is. Raises DoubtError if anything in it is not as the fields say."""
    if not isinstance(table, dict):
        raise DoubtError(f"{cls.__name__} is no table")
    readers = _fields(cls)  # type: ignore[arg-type]
    values = {}
    for key, value in table.items():
        if key not in readers:
            raise DoubtError(f"{quoted(str(key))} is no field")
        name, reader = readers[key]
        values[name] = reader(value)
    try:
        return cls(**values)
    except (TypeError, ValueError) as error:
        raise DoubtError(str(error)) from None


@cache
def _fields(cls: Any) -> Mapping[str, tuple[str, Reader]]:
    """By the key in the file: the field's name and reader."""
    return {
        meaning.alias or name: (name, _limited(_reader(meaning.type), meaning.limits))
        for name, meaning in cls.meanings.items()
    }


def _reader(kind: Any) -> Reader:
    """How a value of an annotated type is read."""
    origin, inner = get_origin(kind), get_args(kind)
    if origin is Annotated:
        return _decorated(_reader(inner[0]), inner[1:])
    if origin in (Union, types.UnionType):
        return _first_of([_reader(each) for each in inner if each is not types.NoneType])
    if origin is Literal:
        return _choice(inner)
    if origin is list:
        return _list(_reader(inner[0]))
    if origin is dict:
        return _table(_reader(inner[0]), _reader(inner[1]))
    if kind is Any:
        return lambda value: value
    return (lambda value: read(kind, value)) if issubclass(kind, Part) else _exactly(kind)


def _decorated(reader: Reader, decorations: tuple[Any, ...]) -> Reader:
    for each in decorations:
        if isinstance(each, Limits):
            reader = _limited(reader, each)
        elif isinstance(each, Before):
            reader = _after(each.change, reader)
    return reader


def _after(change: Reader, reader: Reader) -> Reader:
    def read_changed(value: Any) -> Any:
        try:
            return reader(change(value))
        except DoubtError:
            raise
        except ValueError as error:
            raise DoubtError(str(error)) from None

    return read_changed


def _exactly(kind: type) -> Reader:
    def read_exactly(value: Any) -> Any:
        if type(value) is not kind:
            raise DoubtError(f"{kind.__name__} is wanted")
        return value

    return read_exactly


def _choice(options: tuple[Any, ...]) -> Reader:
    def read_choice(value: Any) -> Any:
        for option in options:
            if value == option:
                return option
        raise DoubtError("not one of the options")

    return read_choice


def _first_of(readers: list[Reader]) -> Reader:
    if len(readers) == 1:
        return readers[0]

    def read_first(value: Any) -> Any:
        for reader in readers:
            try:
                return reader(value)
            except DoubtError:
                continue
        raise DoubtError("none of the alternatives")

    return read_first


def _list(reader: Reader) -> Reader:
    def read_list(value: Any) -> Any:
        if type(value) is not list:
            raise DoubtError("a list is wanted")
        return [reader(entry) for entry in value]

    return read_list


def _table(key_reader: Reader, reader: Reader) -> Reader:
    def read_table(value: Any) -> Any:
        if type(value) is not dict:
            raise DoubtError("a table is wanted")
        return {key_reader(key): reader(entry) for key, entry in value.items()}

    return read_table


def _limited(reader: Reader, limits: Limits) -> Reader:
    tests = _tests(limits)

    def read_limited(value: Any) -> Any:
        found = reader(value)
        if not all(test(found) for test in tests):
            raise DoubtError("out of its limits")
        return found

    return read_limited if tests else reader


def _tests(limits: Limits) -> list[Callable[[Any], bool]]:
    """What must be true of a value within the limits."""
    made: list[tuple[Any, Callable[[Any, Any], bool]]] = [
        (limits.gt, lambda value, bound: value > bound),
        (limits.ge, lambda value, bound: value >= bound),
        (limits.le, lambda value, bound: value <= bound),
        (limits.min_length, lambda value, bound: len(value) >= bound),
        (limits.max_length, lambda value, bound: len(value) <= bound),
        (limits.pattern, lambda value, bound: re.fullmatch(bound, value) is not None),
    ]
    return [lambda value, b=bound, t=test: t(value, b) for bound, test in made if bound is not None]  # type: ignore[misc]
