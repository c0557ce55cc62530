"""What the schema has against a lesson, in an author's words: one finding for each cause, with its path in the file."""

from __future__ import annotations

import datetime
import itertools
import re
import types
from collections.abc import Callable, Iterator, Mapping
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from tutor.errors import did_you_mean
from tutor.lesson import DataSpec, GraphSpec, Lesson, ModelSpec, RunSpec
from tutor.lesson_part import Part
from tutor.lesson_schema import schema
from tutor.lesson_values import KEY, MAX_KEY
from tutor.text import quoted, safe
from tutor.toml_positions import Finding, Path

_WANTED = {
    "string_type": "text",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "list_type": "a list",
    "dict_type": "a table",
    "model_type": "a table",
    "model_attributes_type": "a table",
}
_BOUNDS = {
    "greater_than": ("gt", "must be more than"),
    "greater_than_equal": ("ge", "must be at least"),
    "less_than": ("lt", "must be less than"),
    "less_than_equal": ("le", "must be at most"),
    "string_too_short": ("min_length", "needs characters: at least"),
    "string_too_long": ("max_length", "is too long; characters: at most"),
    "too_short": ("min_length", "has too few entries; at least"),
    "too_long": ("max_length", "has too many entries; at most"),
}
SLUG_CURE = 'lower-case letters, digits and single hyphens, such as "chain-rule"'


def findings(part: type[Part], data: Mapping[str, Any], most: int) -> list[Finding]:
    """Everything that keeps `data` from being such a part, `most` at most."""
    model = schema(part)
    unnamed, named = without_names(data) if part is Lesson else ([], data)
    try:
        model.model_validate(named)
    except ValidationError as error:
        return [*unnamed, *_findings(error, named, model, most)]
    return unnamed


def without_names(data: Mapping[str, Any]) -> tuple[list[Finding], Mapping[str, Any]]:
    """Tables such as [graph] that were to have a name, as [graph.main] has; and the data with names in their place."""
    found: list[Finding] = []
    for kind, (part, usual) in _NAMED.items():
        table = data.get(kind)
        if not isinstance(table, dict):
            continue
        keys = {meaning.alias or name for name, meaning in part.meanings.items()}
        inner = {key: value for key, value in table.items() if key in keys}
        if all(isinstance(value, dict) for value in inner.values()):
            continue  # [graph.given] is a graph of that name
        name = next((word for word in _named_in(data, kind) if word not in table), usual)
        found.append(Finding((kind,), f"this {kind} has no name", f"write [{kind}.{name}]", at_key=True))
        others = {key: value for key, value in table.items() if key not in inner}
        data = {**data, kind: {**others, name: inner}}
    return found, data


_NAMED: dict[str, tuple[type[Part], str]] = {
    "graph": (GraphSpec, "main"),
    "data": (DataSpec, "points"),
    "model": (ModelSpec, "net"),
    "run": (RunSpec, "first"),
}
"""Tables that have names: of what kind they are, and a name for one."""
_NAMING = {
    "graph": ("graph", "explore", "bug"),
    "data": ("data",),
    "model": ("model",),
    "run": ("train", "run", "like"),
}
"""The fields of steps and runs that name such a table."""


def _named_in(data: Mapping[str, Any], kind: str) -> Iterator[str]:
    """The names by which steps and runs call a table of this kind."""
    steps, runs = data.get("step"), data.get("run")
    tables = [*(steps if isinstance(steps, list) else ()), *(runs.values() if isinstance(runs, dict) else ())]
    for table in [*tables, runs]:
        for field in _NAMING[kind] if isinstance(table, dict) else ():
            said = table.get(field)
            yield from (word for word in (said if isinstance(said, list) else [said]) if is_table_name(word))


def is_table_name(word: object) -> bool:
    """Whether a table may be called so."""
    return isinstance(word, str) and re.fullmatch(KEY, word) is not None and len(word) <= MAX_KEY


def _findings(error: ValidationError, data: Mapping[str, Any], model: type[BaseModel], most: int) -> list[Finding]:
    by_path: dict[Path, list[ErrorDetails]] = {}
    for details in error.errors(include_url=False):
        by_path.setdefault(_path(details, data), []).append(details)
    around = {path[:length] for path in by_path for length in range(len(path))}
    deepest = ((path, several) for path, several in by_path.items() if path not in around)
    named = [_finding(path, several, model) for path, several in itertools.islice(deepest, most)]
    return [finding for finding in named if not _misspelt(finding, named)]


def _misspelt(finding: Finding, findings: list[Finding]) -> bool:
    """Whether a key is missing because an unknown one beside it was meant to be it: one cause, one finding."""
    if not finding.what.startswith(f"{finding.path[-1:] and finding.path[-1]} is missing"):
        return False
    meant = f"did you mean {quoted(str(finding.path[-1]))}?"
    return any(other.path[:-1] == finding.path[:-1] and other.cure == meant for other in findings)


def found(value: Any) -> str:
    """A value of the file as it is called in a message."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return f"the text {quoted(value, 40)}"
    if isinstance(value, int):
        return f"the whole number {value}" if abs(value) < 10**20 else "a very large whole number"
    if isinstance(value, float):
        return f"the number {value!r}"
    if isinstance(value, datetime.date | datetime.time):
        return "a date or time"
    return "a list" if isinstance(value, list) else "a table"


def options_at(model: type[BaseModel], path: Path) -> tuple[str, ...]:
    """The keys that the schema knows at a path; none for tables with keys of the author's own."""
    here: list[Any] = [model]
    for part in path:
        here = [inner for annotation in here for inner in _step_in(annotation, part)]
    models = [a for a in here if isinstance(a, type) and issubclass(a, BaseModel)]
    return tuple(field.alias or name for m in models for name, field in m.model_fields.items())


def _step_in(annotation: Any, part: str | int) -> list[Any]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        fields = {field.alias or name: field for name, field in annotation.model_fields.items()}
        return _plain(fields[part].annotation) if part in fields else []
    origin, args = get_origin(annotation), get_args(annotation)
    return _plain(args[-1]) if origin in (dict, list) else []


def _plain(annotation: Any) -> list[Any]:
    """The alternatives of a type without its decorations."""
    if get_origin(annotation) is Annotated:
        return _plain(get_args(annotation)[0])
    if get_origin(annotation) in (Union, types.UnionType):
        return [plain for arg in get_args(annotation) for plain in _plain(arg)]
    return [annotation]


def _path(details: ErrorDetails, data: Any) -> Path:
    """The path in the file: pydantic's also names the alternatives of a union, which the file does not have."""
    path: Path = ()
    parts = list(details["loc"])
    if details["type"] == "missing":
        parts = parts[:-1]
    here = data
    for part in parts:
        known = part in here if isinstance(here, dict) else isinstance(here, list) and isinstance(part, int)
        if known:
            path = (*path, part)
            here = here[part]
    if details["type"] == "missing":
        return (*path, details["loc"][-1])
    return (*path, *details.get("ctx", {}).get("at", ()))


def _finding(path: Path, several: list[ErrorDetails], model: type[BaseModel]) -> Finding:
    """One finding from all that is said of one value: where its type fits one alternative, what that one says."""
    details = min(several, key=_rank)
    kind = details["type"]
    if kind == "extra_forbidden" or (kind == "literal_error" and details["loc"][-1] == "[key]"):
        return _unknown_key(path, details, model)
    if kind == "missing":
        return Finding(path, f"{path[-1]} is missing{_described(model, path)}", at_key=True)
    if kind == "literal_error" and isinstance(details["input"], str | int):
        return _not_an_option(path, details)
    if kind in _WANTED or kind == "literal_error":
        wanted = " or ".join(dict.fromkeys(_WANTED[d["type"]] for d in several if d["type"] in _WANTED))
        what = f"{_called(path)} is {found(details['input'])}"
        return Finding(path, what, f"{wanted or _options_of(details)} is wanted here")
    return _SAYS.get(kind, _plain_message)(path, details)


def _rank(details: ErrorDetails) -> int:
    kind = details["type"]
    return 2 if kind in _WANTED else 1 if kind == "literal_error" and isinstance(details["input"], str) else 0


def _unknown_key(path: Path, details: ErrorDetails, model: type[BaseModel]) -> Finding:
    options = options_at(model, path[:-1])
    if details["type"] == "literal_error":
        options = tuple(_options(details))
    if path[-1] in options:  # of another of the tables that this one could be
        return Finding(path, f"{path[-1]} does not go with the other keys here", "keep one kind", at_key=True)
    return Finding(path, f"unknown key {quoted(str(path[-1]))}", did_you_mean(str(path[-1]), options), at_key=True)


def _not_an_option(path: Path, details: ErrorDetails) -> Finding:
    value = details["input"]
    said = quoted(value) if isinstance(value, str) else found(value)
    near = did_you_mean(value, _options(details)) if isinstance(value, str) else None
    return Finding(path, f"{_called(path)} cannot be {said}", near or f"{_options_of(details)} is wanted here")


def _options(details: ErrorDetails) -> list[str]:
    return re.findall(r"'([^']*)'", str(details.get("ctx", {}).get("expected", "")))


def _options_of(details: ErrorDetails) -> str:
    return str(details.get("ctx", {}).get("expected", "another value")).replace("'", '"')


def _described(model: type[BaseModel], path: Path) -> str:
    """What the schema says about a field that is not there."""
    here: list[Any] = [model]
    for part in path[:-1]:
        here = [inner for annotation in here for inner in _step_in(annotation, part)]
    for owner in here:
        if isinstance(owner, type) and issubclass(owner, BaseModel):
            for name, field in owner.model_fields.items():
                if (field.alias or name) == path[-1] and field.description:
                    return f": {field.description[0].lower()}{field.description[1:].rstrip('.')}"
    return ""


def _called(path: Path) -> str:
    """The value by its key: `lr`, `nodes[3]`."""
    tail = ""
    for part in reversed(path):
        if isinstance(part, str):
            return safe(part, 60) + tail
        tail = f"[{part}]{tail}"
    return "this" + tail


def _bound(path: Path, details: ErrorDetails) -> Finding:
    key, says = _BOUNDS[details["type"]]
    limit = details["ctx"][key]
    shown = f"{limit:g}" if isinstance(limit, float) else limit
    return Finding(path, f"{_called(path)} {says} {shown}")


def _slug(path: Path, details: ErrorDetails) -> Finding:
    if details["loc"][-1] == "[key]":
        what = f"{quoted(str(path[-1]))} cannot name a table"
        return Finding(path, what, "a letter, then letters, digits, _ and -", True)
    return Finding(path, f"{quoted(str(details['input']))} is not a slug", SLUG_CURE)


def _own_message(path: Path, details: ErrorDetails) -> Finding:
    what, _, cure = details["msg"].removeprefix("Value error, ").partition("; ")
    return Finding(path, what, cure or None)


def _no_number(path: Path, details: ErrorDetails) -> Finding:
    value = details["ctx"]["found"]
    said = f"a list of {len(value)}" if isinstance(value, list) else found(value)
    return Finding(path, f"{_called(path)} is {said}", details["msg"])


def _plain_message(path: Path, details: ErrorDetails) -> Finding:
    return Finding(path, f"{_called(path)}: {details['msg']}")


_SAYS: dict[str, Callable[[Path, ErrorDetails], Finding]] = {
    **dict.fromkeys(_BOUNDS, _bound),
    "string_pattern_mismatch": _slug,
    "value_error": _own_message,
    "number": _no_number,
}
