"""Every fault, put into graphs at every place, is found again or is the same function as what is found."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.errors import EngineError
from engine.evaluate import evaluate
from engine.faults import FAULTS
from engine.faults.injection import INJECTABLE, broken_gradients, injections
from engine.gradcheck import check_gradients
from engine.graph import Graph
from engine.trace import Trace
from tests.tutor.marking.cases import RIGHT, context_of, sigmoid_net
from tutor.marking.context import Context, Target
from tutor.marking.diagnosis import Search
from tutor.marking.mistakes import agree
from tutor.marking.telling import told
from tutor.opening import checked, open_loaded
from tutor.request import Request

CASES = [
    "s0-bp-1", "s0-bp-2", "s1-an-18", "s1-cg-4", "s1-cg-10", "s1-cg-11", "s1-cg-12b-r1", "s1-cg-13d-r1",
    "s1-cg-14-single", "s1-nn-4", "s1-nn-7", "s2-1a-j", "s2-2b", "s3-2-2", "s3-3-2", "s4-2", "s4-3-1-short",
]  # fmt: skip


def _targets(case: str) -> list[dict[str, Any]]:
    return [item for item in RIGHT if item["case"] == case and ":" in item["id"]][:3]


@pytest.mark.parametrize("case", CASES)
def test_every_fault_at_every_place_is_found_again(case: str) -> None:
    exact = 0
    count = 0
    for item in _targets(case):
        context = context_of(item)
        assert context.graph is not None
        target = context.target(item["question"])
        mistakes = target.mistakes
        for candidate, value in zip(mistakes.candidates, mistakes.values, strict=True):
            search = Search(target, value)
            found = search.explanations()
            diagnosis = told(found, context.graph)
            count += 1
            place = context.graph.names.get(candidate.at, candidate.at) if candidate.at else None
            exact += (diagnosis.fault, diagnosis.at) == (candidate.fault, place)
            same = [other for other in found if (other.fault, other.at) == (candidate.fault, candidate.at)]
            assert same, (item["question"], candidate.fault, candidate.at, candidate.about, diagnosis)
            assert diagnosis.fault != "unknown"
    assert count > 20
    assert exact / count > 0.4  # the others are the same function as a simpler mistake


LESSONS = sorted((Path(__file__).parents[2] / "lessons").glob("*/*/lesson.toml"))


def _lesson_targets() -> Iterator[Target]:
    """One derivative of each of the shipped lessons, where its graph is of moderate size."""
    for path in LESSONS:
        session = open_loaded(checked(path), Request(lesson=str(path)))
        for step, question in session.questions():
            if question.kind in {"number", "formula"}:
                target = session.context(step).target(question.target)
                if target.is_derivative and 15 <= len(target.mistakes.candidates) <= 250:
                    yield target
                    break


def test_faults_in_the_lessons_graphs_are_found_again() -> None:
    lessons = 0
    for target in _lesson_targets():
        lessons += 1
        mistakes = target.mistakes
        for candidate, value in zip(mistakes.candidates, mistakes.values, strict=True):
            found = Search(target, value).explanations()
            assert any((other.fault, other.at) == (candidate.fault, candidate.at) for other in found)
            assert told(found, target.points.graph).fault != "unknown"
    assert lessons >= 12


def test_no_candidate_is_the_right_answer() -> None:
    for item in RIGHT[::7]:
        target = context_of(item).target(item["question"])
        mistakes = target.mistakes
        if mistakes.candidates:
            assert not agree(mistakes.values, mistakes.right, np.isfinite(mistakes.right).all(axis=1)).any()


def test_the_derivative_itself_is_the_engines() -> None:
    context = sigmoid_net()
    target = context.target("dy/da")
    right = evaluate(target.expr, target.points)
    assert np.allclose(right.value.ravel(), target.mistakes.right.ravel(), rtol=1e-14)


# -- the bug laboratory


def _trace() -> tuple[Graph, Trace]:
    context = sigmoid_net(d=3.0)
    assert context.graph is not None
    return context.graph, context.graph.trace(context.values)


def test_a_missing_slope_multiplies_out_of_the_gradients_below() -> None:
    graph, trace = _trace()
    found = broken_gradients(graph, trace, "missing-factor", "s1")
    slope = trace.value("s1") * (1 - trace.value("s1"))
    for key in ("a", "c", "e", "x1"):
        right = trace.share(key, "s1") if key == "a" else trace.gradient(key)
        if key in {"a", "c", "e"}:
            assert found[key] == pytest.approx(right / slope, rel=1e-12)
    assert found["b"] == pytest.approx(trace.gradient("b"), rel=1e-12)


@pytest.mark.parametrize("fault", INJECTABLE)
def test_an_injected_fault_fails_the_gradient_check_at_its_place(fault: str) -> None:
    graph, trace = _trace()
    assert check_gradients(trace).max_relative_error < 1e-6
    places = {injection.at for injection in injections(graph, trace, fault)}
    for at in places:
        broken = broken_gradients(graph, trace, fault, at)
        assert any(abs(broken[key] - trace.gradient(key)) > 1e-3 * abs(trace.gradient(key)) for key in graph.weights)
        above = [key for key in graph.nodes if graph.slot_of[key] > graph.slot_of[at]]
        assert all(broken[key] == pytest.approx(trace.gradient(key)) for key in above)


def test_most_faults_can_be_injected_somewhere() -> None:
    graph, trace = _trace()
    found = {injection.fault for injection in injections(graph, trace)}
    assert found >= {
        "sign", "constant-factor", "missing-factor", "extra-factor", "wrong-argument", "wrong-derivative",
        "value-not-derivative", "wrong-branch", "claimed-zero", "wrong-index",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("nodes", "target", "is_loss"),
    [
        (["s = w*u + k*v", "L = (s - y)^2"], "d(s)/d(w)", False),
        (["s = sigmoid(w*u)", "L = (s - y)^2"], "d(s)/d(w)", False),
        (["s = w*u + k*v", "L = (s - y)^2"], "d(L)/d(w)", True),
        (["s = w*u + k*v", "L = (s - y)*(s - y)"], "d(L)/d(w)", True),
        (["s = sigmoid(w*u)", "L = -(y*log(s) + (1 - y)*log(1 - s))"], "d(L)/d(w)", True),
    ],
)
def test_only_what_may_be_a_loss_is_taken_for_another_loss(nodes: list[str], target: str, is_loss: bool) -> None:
    values = {"u": 1.5, "v": -2.0, "y": 1.0, "w": 0.4, "k": 0.25}
    graph = Graph.build(nodes, given={"u": (), "v": (), "y": ()}, weights={"w": (), "k": ()})
    found = [c.about for c in Context(graph, values).target(target).mistakes.candidates if c.about]
    assert any("squared error" in about or "target" in about for about in found) is is_loss


def test_a_fault_that_cannot_be_made_is_said_so() -> None:
    graph, trace = _trace()
    with pytest.raises(EngineError, match="there is no fault signs; did you mean sign"):
        broken_gradients(graph, trace, "signs")
    with pytest.raises(EngineError, match="cannot be put into this backward pass at y"):
        broken_gradients(graph, trace, "diagonal-only", "y")


def test_the_catalogue_keeps_every_name_that_files_may_hold() -> None:
    assert (
        list(FAULTS)
        == (
            "sign constant-factor missing-factor extra-factor missing-path product-of-paths wrong-argument "
            "wrong-derivative value-not-derivative wrong-branch diagonal-only transposed wrong-index wrong-name "
            "missing-regulariser ascent claimed-zero stopped-early derivative-not-value arithmetic-slip wrong-shape "
            "imprecise unknown"
        ).split()
    )
