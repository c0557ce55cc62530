"""The lesson's fields as a schema that says of any data what is wrong with it, and as JSON Schema for editors."""

from __future__ import annotations

import types
from collections.abc import Callable
from functools import cache
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    create_model,
    model_validator,
)
from pydantic_core import PydanticCustomError

from tutor.lesson_part import MISSING, Before, Limits, Meaning, NotANumberError, OneOf, Part


class Table(BaseModel):
    """Unknown keys are errors, and nothing is taken for what it is not."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


def schema(part: type[Part]) -> type[Table]:
    """The schema of one of the lesson's tables, with those inside it."""
    return _made(part)  # type: ignore[arg-type]


@cache
def _made(part: Any) -> type[Table]:
    fields: dict[str, Any] = {name: (_kind(meaning.type), _field(meaning)) for name, meaning in part.meanings.items()}
    checks: dict[str, Any] = {"check": model_validator(mode="after")(_checking(part))}
    own = {} if part.check is Part.check else checks
    return create_model(part.__name__, __base__=Table, __doc__=part.__doc__, __validators__=own, **fields)


def _field(meaning: Meaning) -> Any:
    said: dict[str, Any] = {"description": meaning.description, **_bounds(meaning.limits)}
    if meaning.alias is not None:
        said["alias"] = meaning.alias
    return Field(**said) if meaning.default is MISSING else Field(meaning.default, **said)


def _bounds(limits: Limits) -> dict[str, Any]:
    return {name: bound for name, bound in limits._asdict().items() if bound is not None}


def _checking(part: type[Part]) -> Callable[[Any], Any]:
    def check(table: Any) -> Any:
        part.check(table)
        return table

    return check


def _kind(kind: Any) -> Any:
    """The type with tables as schemas and decorations as pydantic knows them."""
    origin, inner = get_origin(kind), get_args(kind)
    if origin is Annotated:
        return _decorated(inner[0], inner[1:])
    if origin in (Union, types.UnionType):
        return Union[tuple(_kind(each) for each in inner)]  # noqa: UP007 - made while running
    if origin in (list, dict):
        return origin[tuple(_kind(each) for each in inner)]
    return schema(kind) if isinstance(kind, type) and issubclass(kind, Part) else kind


def _decorated(kind: Any, decorations: tuple[Any, ...]) -> Any:
    made = _kind(kind)
    for each in decorations:
        if isinstance(each, OneOf):
            tagged = tuple(Annotated[_kind(table), Tag(table.__name__)] for table in get_args(kind))
            made = Annotated[Union[tagged], Discriminator(each.name)]  # noqa: UP007 - made while running
        elif isinstance(each, Limits):
            made = Annotated[made, Field(**_bounds(each))]
        elif isinstance(each, Before):
            made = Annotated[made, BeforeValidator(_reported(each.change))]
    return made


def _reported(change: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """The same; what is no number is said with its place in the array."""

    def changed(value: Any) -> Any:
        try:
            return change(value)
        except NotANumberError as error:
            told = {"wanted": error.wanted, "at": error.at, "found": error.found}
            raise PydanticCustomError("number", "{wanted} is wanted here", told) from None

    return changed
