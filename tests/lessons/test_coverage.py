"""Each exercise of the curriculum has a lesson that shows every expected number of it, or asks about the concept."""

from __future__ import annotations

import json
import math
import re
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
# Exercise → its cases; none where it is a concept, or where its numbers come from runs.
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
CONCEPTS = tuple(
    "s1-an-2 s1-an-3 s1-an-6 s1-an-9 s1-an-10 s1-an-12 s1-an-15 s1-an-16 s1-an-17 s1-nn-1 s1-nn-2 s1-nn-3 s1-nn-8"
    " s1-cg-1 s1-cg-11 s3-3-2 s3-4-1 s4-1-1 s4-1-2 s4-1-3 s4-3-2 s4-3-3 s4-3-4".split()
)
SHOWN = [(entry, case) for entry, cases in ENTRIES.items() for case in cases]
LESSONS = [entry for unit in course().units for entry in unit.lessons]
MARKED = ("number", "formula", "array", "choice", "order", "derivation")


def lessons_for(exercise: str) -> list[Path]:
    found = [entry.path for entry in LESSONS if exercise in entry.covers]
    assert found, f"no lesson covers {exercise}"
    return found


def the_lesson_for(exercise: str) -> Path:
    (found,) = lessons_for(exercise)
    return found


@cache
def graphs_of(path: Path) -> dict[str, Any]:
    """The graphs of a lesson's JSON, each with its output. Runs are not trained here."""
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
    if wanted is None:
        return True
    if isinstance(wanted, list):
        return isinstance(found, list) and len(found) == len(wanted) and all(map(same, found, wanted))
    return isinstance(found, float) and math.isclose(found, wanted, rel_tol=1e-9, abs_tol=1e-14)


@cache
def runs_of(path: Path) -> dict[str, Any]:
    """The runs of a lesson's JSON."""
    session = open_lesson(Request(str(path)))
    lesson = session.loaded.lesson
    return {name: plain(train(lesson, name, session.graphs, path.parent).to_dict()) for name in trained_names(lesson)}


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


@pytest.mark.parametrize(("exercise", "case_id"), RUNS, ids=[f"{e}:{c}" for e, c in RUNS])
def test_runs_reach_every_number_of_their_case(exercise: str, case_id: str) -> None:
    runs = runs_of(the_lesson_for(exercise))
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
    values, runs = CASES["s1-an-11"]["expect"]["values"], runs_of(the_lesson_for("s1-an-11"))
    for letter, name in (("s", "small"), ("m", "good"), ("l", "large")):
        assert same(runs[name]["weights"]["th"], values[f"t_{letter}"])
        assert same(runs[name]["final"]["train_loss"], values[f"f_{letter}"])


def test_penalised_run_starts_with_the_step_of_its_case() -> None:
    losses = runs_of(the_lesson_for("s3-2-2"))["cheap"]["history"]["train_loss"]
    values = CASES["s3-2-2"]["expect"]["values"]
    assert same(losses[:2], [values["J"], values["J_new"]])


@pytest.mark.parametrize("exercise", CONCEPTS)
def test_concept_is_asked_about(exercise: str) -> None:
    steps = load(lessons_for(exercise)[0]).lesson.step
    assert sum(step.question_kind in MARKED for step in steps) >= 2


def test_all_85_exercises_are_there() -> None:
    assert len({*ENTRIES, *(exercise for exercise, _ in RUNS)}) == 85
    assert len(set(CONCEPTS)) == 23
