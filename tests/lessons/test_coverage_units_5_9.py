"""Units 5 to 9 of the course: each exercise of the curriculum has a lesson that shows every expected number."""

from __future__ import annotations

import json
import math
import re
import textwrap
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from engine.names import normalise
from tutor.course import course
from tutor.lesson_file import load
from tutor.lesson_run import trained_names
from tutor.opening import open_lesson
from tutor.outputs.json_output import lesson_object, plain
from tutor.request import Request

CASES = {
    case["id"]: case
    for case in json.loads((Path(__file__).parents[1] / "data" / "curriculum_cases.json").read_text(encoding="utf-8"))[
        "cases"
    ]
}
UNITS = ("computation-graphs", "jacobians", "two-layer-networks", "depth", "real-training")
# Exercise → its cases; none where it is a concept.
ENTRIES: dict[str, tuple[str, ...]] = {
    "s0-bp-1": ("s0-bp-1",),
    "s0-bp-2": ("s0-bp-2",),
    "s0-mnist": ("s0-mnist",),
    "s1-nn-1": (),
    "s1-nn-2": (),
    "s1-nn-3": ("s1-nn-3",),
    "s1-nn-4": ("s1-nn-4",),
    "s1-nn-5": ("s1-nn-5",),
    "s1-nn-6": ("s1-nn-6",),
    "s1-nn-7": ("s1-nn-7",),
    "s1-nn-8": ("s1-nn-8",),
    "s1-cg-1": (),
    "s1-cg-2a": ("s1-cg-2a",),
    "s1-cg-2b": ("s1-cg-2b",),
    "s1-cg-3a": ("s1-cg-3a",),
    "s1-cg-3b": ("s1-cg-3b",),
    "s1-cg-4": ("s1-cg-4",),
    "s1-cg-5": tuple(f"s1-cg-5{letter}" for letter in "abcdef"),
    "s1-cg-6": ("s1-cg-6",),
    "s1-cg-7": ("s1-cg-7",),
    "s1-cg-8": ("s1-cg-8",),
    "s1-cg-9": ("s1-cg-9",),
    "s1-cg-10": ("s1-cg-10",),
    "s1-cg-11": ("s1-cg-11",),
    "s1-cg-12a": ("s1-cg-12a",),
    "s1-cg-12b": ("s1-cg-12b-r1", "s1-cg-12b-r2", "s1-cg-12b-r3"),
    "s1-cg-12c": ("s1-cg-12c", "s1-cg-12b-r1", "s1-cg-12b-r2", "s1-cg-12b-r3"),
    "s1-cg-12d": ("s1-cg-12d",),
    "s1-cg-13a": ("s1-cg-13a",),
    "s1-cg-13b": ("s1-cg-13b", "s1-cg-13b-at12"),
    "s1-cg-13c": ("s1-cg-13c",),
    "s1-cg-13d": ("s1-cg-13d-r1", "s1-cg-13d-r2", "s1-cg-13d-r3"),
    "s1-cg-14": ("s1-cg-14", "s1-cg-14-single"),
    "s2-2a": ("s2-2a",),
    "s2-2b": ("s2-2b", "s2-2b-rounded"),
    "s3-3-2": ("s3-3-2",),
    "s3-3-3": ("s3-3-3", "s3-3-3-sigmoid"),
    "s3-4-1": ("s3-4-1",),
    "s3-4-2": ("s3-4-1",),
    "s4-2-1": ("s4-2",),
    "s4-2-2": ("s4-2",),
    "s4-2-3a": ("s4-2",),
    "s4-2-3b": ("s4-2",),
    "s4-2-4a": ("s4-2",),
    "s4-2-4b": ("s4-2",),
    "s4-3-1": ("s4-3-1-short", "s4-3-1-chain153"),
    "s4-3-2": ("s4-3-1-chain153",),
    "s4-3-3": ("s4-3-3-on", "s4-3-3-off", "s4-3-3-chain153-relu"),
    "s4-3-4": ("s4-3-4-on", "s4-3-4-one-off", "s4-3-4-layer-off"),
    "s4-5": ("s4-5-best",),
}
CONCEPTS = ("s1-nn-1", "s1-nn-2", "s1-nn-3", "s1-nn-8", "s1-cg-1", "s1-cg-11", "s3-3-2", "s3-4-1", "s4-3-2")
SHOWN = [(entry, case) for entry, cases in ENTRIES.items() for case in cases]
LESSONS = [entry for unit in course().units if unit.id in UNITS for entry in unit.lessons]
MARKED = ("number", "formula", "array", "choice", "order", "derivation")


def lessons_for(exercise: str) -> list[Path]:
    found = [entry.path for entry in LESSONS if exercise in entry.covers]
    assert found, f"no lesson covers {exercise}"
    return found


@cache
def graphs_of(path: Path) -> dict[str, Any]:
    """The graphs of a lesson's JSON, each with its output. Runs are not trained: no expected number comes from one."""
    session = open_lesson(Request(str(path)))
    found: dict[str, Any] = plain(lesson_object(session))
    for name, shown in session.graphs.items():
        found["graphs"][name]["output"] = shown.graph.output
    graphs: dict[str, Any] = found["graphs"]
    return graphs


def shown_in(graph: dict[str, Any], label: str) -> Iterator[Any]:
    """Everything that a graph shows under a value's name, or under `d of / d by`."""
    derivative = re.fullmatch(r"d (.+) / d (.+)", label)
    if derivative is None:
        yield from (row["values"][name] for row in graph["rows"] for name in row["values"] if same_name(name, label))
        return
    of, by = derivative[1], derivative[2].replace("(", "").replace(")", "")
    if same_name(graph["output"], of) and "gradients" in graph["total"]:
        shown = [graph["total"], *graph["rows"]]
        yield from (part["gradients"][k] for part in shown for k in part["gradients"] if same_name(k, by))
    yield from (v for k, v in graph["jacobians"].items() if all(map(same_name, k.split("/"), (of, by))))


def same_name(one: str, other: str) -> bool:
    return normalise(one) == normalise(other)


def same(found: Any, wanted: Any) -> bool:
    if isinstance(wanted, list):
        return isinstance(found, list) and len(found) == len(wanted) and all(map(same, found, wanted))
    return isinstance(found, float) and math.isclose(found, wanted, rel_tol=1e-9, abs_tol=1e-14)


def numbers(value: Any) -> Iterator[float]:
    """Every number within."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for entry in value:
            yield from numbers(entry)
    elif isinstance(value, int | float):
        yield float(value)


def expected(case: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    for part in ("values", "gradients", "jacobians"):
        yield from case["expect"][part].items()


# The drawn net has a name for every entry; the case's arrays are then found entry by entry.
BY_ENTRY = {"s2-2b-rounded": ("dy_da", "dy_db", "dy_dc", "dy_dd", "dy_de", "dy_df")}


@pytest.mark.parametrize(("exercise", "case_id"), SHOWN, ids=[f"{e}:{c}" for e, c in SHOWN])
def test_lesson_shows_every_number_of_its_case(exercise: str, case_id: str) -> None:
    missing = [missing_numbers(graphs_of(path), case_id) for path in lessons_for(exercise)]
    assert min(missing, key=len) == []


def missing_numbers(graphs: dict[str, Any], case_id: str) -> list[str]:
    """The expected numbers of a case that a lesson does not show, with what it shows in their place."""
    missing: list[str] = []
    pool = sorted(numbers([graph["rows"] for graph in graphs.values()] + [g["total"] for g in graphs.values()]))
    for label, wanted in expected(CASES[case_id]):
        if label in BY_ENTRY.get(case_id, ()):
            found = pool
        else:
            found = [value for graph in graphs.values() for value in shown_in(graph, label)]
        if not any(same(value, wanted) for value in found):
            missing.append(f"{label} = {wanted}; the lesson shows {found[:20]}")
    return missing


@pytest.mark.parametrize("exercise", CONCEPTS)
def test_concept_is_asked_about(exercise: str) -> None:
    steps = load(lessons_for(exercise)[0]).lesson.step
    assert sum(step.question_kind in MARKED for step in steps) >= 2


def test_units_have_five_marked_questions_a_lesson() -> None:
    counts = [sum(s.question_kind in MARKED for s in load(entry.path).lesson.step) for entry in LESSONS]
    assert sum(counts) >= 5 * len(LESSONS)
    assert min(counts) >= 4


@pytest.mark.parametrize("entry", LESSONS, ids=[entry.id for entry in LESSONS])
def test_lesson_fits_a_small_screen(entry: Any) -> None:
    """80×24: what is read in one step stays below 15 lines, a paragraph below 7."""
    for step in load(entry.path).lesson.step:
        lines = (step.say or "").strip().splitlines()
        assert len(lines) <= 14
        assert all(len(line) <= 76 for line in lines), [line for line in lines if len(line) > 76]
        for paragraph in (step.say or "").strip().split("\n\n"):
            assert len(paragraph.splitlines()) <= 6, paragraph
        for text in [*step.hints, *(option.because for option in step.choice or ())]:
            assert len(textwrap.wrap(text, 76)) <= 6, text


@pytest.mark.parametrize("entry", LESSONS, ids=[entry.id for entry in LESSONS])
def test_lesson_explains_every_option_and_hints_at_what_is_typed(entry: Any) -> None:
    for step in load(entry.path).lesson.step:
        for option in step.choice or ():
            assert option.because, option.text
        if step.question_kind in ("number", "formula", "array", "order", "derivation"):
            assert step.hints, step.id


def test_runs_of_a_lesson_are_all_trained_by_a_step() -> None:
    for entry in LESSONS:
        lesson = load(entry.path).lesson
        assert set(lesson.run) <= set(trained_names(lesson)) | {run.like for run in lesson.run.values()}, entry.id
