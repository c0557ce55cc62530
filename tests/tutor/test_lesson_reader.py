"""The quick reader takes exactly what the schema takes, and makes the same of it."""

import copy
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

import lessons
from tutor.lesson import Lesson, RunSpec, Step
from tutor.lesson_part import as_table
from tutor.lesson_reader import DoubtError, read
from tutor.lesson_schema import schema
from tutor.lesson_variation import Choose, Interval

SHIPPED = sorted(Path(lessons.__file__).parent.glob("**/lesson.toml"))
VALUES = st.one_of(
    st.sampled_from(
        [True, False, 0, 1, -1, 2**60, 0.5, float("nan"), float("inf"), -3.0, "", "a", "all", "Slug-s", "a\n"]
    ),
    st.sampled_from([[], [1], ["a"], [[1, 2.0]], [True], {}, {"from": 0, "to": 1, "step": 0.5}, {"choose": [1]}]),
    st.sampled_from(
        ["step", "mean", "x" * 501, {"kind": "step", "every": 0}, {"from": 2, "to": 1, "step": 1}, {"say": "a"}]
    ),
)
KEYS = st.sampled_from(["extra", "like", "seed", "from", "from_", "walk", "ask", "id", "lr", "init", "2", "a b"])


@cache
def data_of(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text("utf-8"))


def plain(value: Any) -> Any:
    """What the schema made, as the table of a file that says everything."""
    if isinstance(value, BaseModel):
        return {field.alias or name: plain(getattr(value, name)) for name, field in type(value).model_fields.items()}
    if isinstance(value, dict):
        return {key: plain(inner) for key, inner in value.items()}
    return [plain(inner) for inner in value] if isinstance(value, list) else value


def outcome(part: type, data: object) -> object:
    try:
        return as_table(read(part, data))
    except DoubtError:
        return "doubt"


def explained(part: type, data: object) -> object:
    try:
        return plain(schema(part).model_validate(data))
    except ValidationError:
        return "doubt"


def containers(data: Any) -> list[Any]:
    """Every table and list in the data, the data first."""
    inside = data.values() if isinstance(data, dict) else data
    return [data, *(found for value in inside if isinstance(value, dict | list) for found in containers(value))]


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.parent.name or path.name)
def test_lessons_are_read_as_the_schema_reads_them(path):
    found = outcome(Lesson, data_of(path))
    assert found == explained(Lesson, data_of(path))
    assert found != "doubt"


@settings(max_examples=400, deadline=None)
@given(st.data())
def test_changed_lessons_are_taken_or_doubted_as_the_schema_does(draw):
    changed = copy.deepcopy(data_of(draw.draw(st.sampled_from(SHIPPED))))
    for _ in range(draw.draw(st.integers(1, 2))):
        here = draw.draw(st.sampled_from(containers(changed)))
        if not here or (isinstance(here, dict) and draw.draw(st.booleans())):
            where = draw.draw(KEYS)
        else:
            where = draw.draw(st.sampled_from(list(here) if isinstance(here, dict) else list(range(len(here)))))
        if isinstance(here, list):
            here[:] = [*here, copy.deepcopy(draw.draw(VALUES))] if isinstance(where, str) else here
            where = len(here) - 1 if isinstance(where, str) else where
        if draw.draw(st.booleans()) or where not in here:
            here[where] = copy.deepcopy(draw.draw(VALUES))
        else:
            del here[where]
    assert repr(outcome(Lesson, changed)) == repr(explained(Lesson, changed))


@settings(max_examples=300, deadline=None)
@given(st.sampled_from([Step, RunSpec, Interval, Choose]), st.data())
def test_single_fields_of_any_kind(part, draw):
    fields = [meaning.alias or name for name, meaning in part.meanings.items()]
    table = draw.draw(st.dictionaries(st.sampled_from(fields), VALUES, max_size=4))
    assert repr(outcome(part, table)) == repr(explained(part, table))


def test_what_is_written_is_known_and_what_is_not_has_its_default():
    run = read(RunSpec, {"lr": 1, "schedule": "cosine"})
    assert run.written == {"lr", "schedule"}
    assert (run.lr, type(run.lr), run.seed) == (1.0, float, None)
    assert run.schedule is not None and run.schedule.end == 0.0
    assert run.replaced(seed=3).written == {"lr", "schedule", "seed"}


def test_a_part_needs_its_fields_and_has_no_others():
    with pytest.raises(TypeError, match="needs choose"):
        Choose()
    with pytest.raises(TypeError, match="no field chose"):
        Choose(choose=[1.0], chose=[2.0])
    first, second = Step(say="a"), Step(say="b")
    first.hints.append("x")
    assert second.hints == []


SMALL = {"format": 1, "id": "a", "title": "A", "step": [{"say": ""}]}
EDGES = [
    ({}, True), ({"format": True}, True), ({"format": 2}, False), ({"format": "1"}, False),
    ({"id": "a\n"}, False), ({"id": "a-b"}, True),
    ({"id": "-a"}, False), ({"title": ""}, False), ({"title": "é" * 200}, True), ({"title": "é" * 201}, False),
    ({"minutes": 1}, True), ({"minutes": 601}, False), ({"minutes": True}, False), ({"run": {"a b": {}}}, False),
    ({"step": []}, False), ({"step": [{"say": "", "points": 0}]}, True), ({"step": [{"say": "", "within": 0}]}, False),
    ({"step": [{"say": "", "train": "a"}]}, False), ({"step": [{"train": "a"}]}, True),
    ({"run": {"a": {"batch": "all"}}}, True),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "sound"), EDGES)
def test_the_edges_are_where_the_fields_say(changes, sound):
    data = {**SMALL, **changes}
    assert outcome(Lesson, data) == explained(Lesson, data)
    assert (outcome(Lesson, data) != "doubt") is sound
