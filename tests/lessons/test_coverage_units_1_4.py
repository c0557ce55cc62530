"""Units 1 to 4 of the course: each exercise of the curriculum has a lesson that shows every expected number."""

from __future__ import annotations

import json
import math
import re
import textwrap
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from engine.names import normalise
from tutor.course import course
from tutor.lesson_file import load
from tutor.lesson_run import train, trained_names
from tutor.opening import open_lesson
from tutor.outputs.json_output import lesson_object, plain
from tutor.request import Request

CASES = {
    case["id"]: case
    for case in json.loads((Path(__file__).parents[1] / "data" / "curriculum_cases.json").read_text(encoding="utf-8"))[
        "cases"
    ]
}
UNITS = ("neurons", "logistic-regression", "softmax", "gradient-descent")
# Exercise → its cases; none where its numbers come from runs.
ENTRIES: dict[str, tuple[str, ...]] = {
    **{f"s1-an-{n}": (f"s1-an-{n}",) for n in (1, 2, 4, 5, 6, 7, 9, 10, 11, 12, 13, 14, 15, 16, 17, 19, 20)},
    "s1-an-3": ("s1-an-4",),
    "s1-an-8a": ("s1-an-8a",),
    "s1-an-8b": ("s1-an-8b",),
    "s1-an-18a": ("s1-an-18",),
    "s1-an-18b": ("s1-an-18",),
    "s2-1a": ("s2-1a", "s2-1a-j"),
    "s2-1b": ("s2-1b",),
    "s3-1-1": ("s3-1-1",),
    "s3-1-2": ("s3-1-2",),
    "s3-2-1": ("s3-2-1",),
    "s3-2-2": ("s3-2-2",),
    "s3-3-1": ("s3-3-1", "s3-3-1-soft"),
    "s4-1-1": ("s4-1-1",),
    "s4-1-2": ("s4-1-2",),
    "s4-1-3": ("s4-1-3",),
    "s4-4-1": ("s4-4-1-slope",),
}
RUNS: dict[tuple[str, str], dict[str, str]] = {
    ("s4-4-1", "s4-4-2-gd"): {"eta=0.5": "r50"},
    ("s4-4-2", "s4-4-2-gd"): {
        "eta=0.5": "r50",
        "eta=0.3": "r30",
        "eta=0.1": "r10",
        "eta=0.05": "r05",
        "eta=0.01": "r01",
    },
    ("s4-4-3", "s4-4-3-sgd"): {
        "eta=0.5": "one_50",
        "eta=0.3": "one_30",
        "eta=0.1": "one_10",
        "eta=0.05": "one_05",
        "eta=0.01": "one_01",
    },
}
CONCEPTS: tuple[str, ...] = (
    "s1-an-2",
    "s1-an-3",
    "s1-an-6",
    "s1-an-9",
    "s1-an-10",
    "s1-an-12",
    "s1-an-15",
    "s1-an-16",
    "s1-an-17",
)
CONCEPTS += ("s4-1-1", "s4-1-2", "s4-1-3")
SHOWN = [(entry, case) for entry, cases in ENTRIES.items() for case in cases]
LESSONS = [entry for unit in course().units if unit.id in UNITS for entry in unit.lessons]
MARKED = ("number", "formula", "array", "choice", "order", "derivation")


def lesson_for(exercise: str) -> Path:
    found = [entry.path for entry in LESSONS if exercise in load(entry.path).lesson.covers]
    assert len(found) == 1, f"{exercise} is covered by {len(found)} lessons"
    return found[0]


@cache
def graphs_of(path: Path) -> dict[str, Any]:
    """The graphs of a lesson's JSON, without training its runs."""
    found: dict[str, Any] = plain(lesson_object(open_lesson(Request(str(path))))["graphs"])
    return found


@cache
def runs_of(path: Path) -> dict[str, Any]:
    """The runs of a lesson's JSON."""
    session = open_lesson(Request(str(path)))
    lesson = session.loaded.lesson
    return {name: plain(train(lesson, name, session.graphs, path.parent).to_dict()) for name in trained_names(lesson)}


def shown_in(graph: dict[str, Any], label: str) -> Iterator[Any]:
    """Everything that a graph shows under a value's name, or under `d of / d by`."""
    derivative = re.fullmatch(r"d (.+) / d (.+)", label)
    if derivative is None:
        yield from (row["values"][name] for row in graph["rows"] for name in row["values"] if same_name(name, label))
        return
    of, by = derivative[1], derivative[2]
    if same_name(graph["output"], of) and "gradients" in graph["total"]:
        yield from (v for k, v in graph["total"]["gradients"].items() if same_name(k, by))
    yield from (v for k, v in graph["jacobians"].items() if all(map(same_name, k.split("/"), (of, by))))


def same_name(one: str, other: str) -> bool:
    return normalise(one) == normalise(other)


def same(found: Any, wanted: Any) -> bool:
    if wanted is None:
        return True
    if isinstance(wanted, list):
        return isinstance(found, list) and len(found) == len(wanted) and all(map(same, found, wanted))
    return isinstance(found, float) and math.isclose(found, wanted, rel_tol=1e-9, abs_tol=1e-14)


def expected(case: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    for part in ("values", "gradients", "jacobians"):
        yield from case["expect"][part].items()


@pytest.mark.parametrize(("exercise", "case_id"), SHOWN, ids=[f"{e}:{c}" for e, c in SHOWN])
def test_lesson_shows_every_number_of_its_case(exercise: str, case_id: str) -> None:
    path = lesson_for(exercise)
    specs = load(path).lesson.graph
    graphs = [{**g, "output": specs[name].output} for name, g in graphs_of(path).items()]
    for label, wanted in expected(CASES[case_id]):
        found = [value for graph in graphs for value in shown_in(graph, label)]
        assert any(same(value, wanted) for value in found), f"{label} = {wanted}; the lesson shows {found}"


@pytest.mark.parametrize(("exercise", "case_id"), RUNS, ids=[f"{e}:{c}" for e, c in RUNS])
def test_runs_reach_every_number_of_their_case(exercise: str, case_id: str) -> None:
    runs = runs_of(lesson_for(exercise))
    for label, name in RUNS[exercise, case_id].items():
        wanted, history = CASES[case_id]["expect"]["values"][label], runs[name]["history"]
        for epoch, numbers in wanted["after_epoch"].items():
            i = int(epoch)
            assert same(history["train_loss"][i], numbers["nll"]), (label, epoch)
            assert same([history[k][i] for k in ("slope", "intercept")], [numbers["slope"], numbers["intercept"]])
        weights = runs[name]["weights"]
        last = max(map(int, wanted["after_epoch"]))
        assert same([*weights["layer1.weight"][0], *weights["layer1.bias"]], wanted["after_epoch"][str(last)]["w"])
        if wanted["epochs_in_which_nll_rose"] is not None:
            losses = history["train_loss"]
            rose = sum(b > a for a, b in pairwise(losses))
            assert rose == wanted["epochs_in_which_nll_rose"]


def test_learning_rates_on_a_parabola_end_where_the_case_says() -> None:
    values, runs = CASES["s1-an-11"]["expect"]["values"], runs_of(lesson_for("s1-an-11"))
    for letter, name in (("s", "small"), ("m", "good"), ("l", "large")):
        assert same(runs[name]["weights"]["th"], values[f"t_{letter}"])
        assert same(runs[name]["final"]["train_loss"], values[f"f_{letter}"])


def test_penalised_run_starts_with_the_step_of_its_case() -> None:
    losses = runs_of(lesson_for("s3-2-2"))["cheap"]["history"]["train_loss"]
    values = CASES["s3-2-2"]["expect"]["values"]
    assert same(losses[:2], [values["J"], values["J_new"]])


@pytest.mark.parametrize("exercise", CONCEPTS)
def test_concept_is_asked_about(exercise: str) -> None:
    steps = load(lesson_for(exercise)).lesson.step
    assert sum(step.question_kind in MARKED for step in steps) >= 2


def test_units_have_five_marked_questions_a_lesson() -> None:
    counts = [sum(s.question_kind in MARKED for s in load(entry.path).lesson.step) for entry in LESSONS]
    assert sum(counts) >= 5 * len(LESSONS)
    assert min(counts) >= 4


@pytest.mark.parametrize("entry", LESSONS, ids=[entry.id for entry in LESSONS])
def test_lesson_ends_with_a_transfer_question(entry: Any) -> None:
    lesson = load(entry.path).lesson
    about = [step.graph for step in lesson.step if step.question_kind is not None]
    assert about[-1] == "transfer" or "transfer" in about[-2:]
    assert any("What you can now do" in (step.say or "") for step in lesson.step[-4:])


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


@pytest.mark.parametrize("entry", LESSONS, ids=[entry.id for entry in LESSONS])
def test_runs_of_a_lesson_are_all_trained_by_a_step(entry: Any) -> None:
    lesson = load(entry.path).lesson
    assert set(lesson.run) <= set(trained_names(lesson))
