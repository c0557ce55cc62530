"""Points are drawn with a seed, within domains, on the lesson's branch."""

from __future__ import annotations

import numpy as np
import pytest

from engine.branches import at_kink, left_branch
from engine.errors import EngineError
from engine.graph import Graph
from engine.sampling import Domain, Situation, drawn

RELU = Graph.build(
    ["p = w*x + b", "r = relu(p)", "m = max(x, b)", "L = r + m"], given={"x": (), "n": ()}, weights={"w": (), "b": ()}
)
VALUES = {"x": 0.5, "n": 3, "w": 2.0, "b": 0.25}


def test_the_same_seed_gives_the_same_points() -> None:
    situation = Situation(RELU, VALUES)
    one, two, other = drawn(situation, 9, 4), drawn(situation, 9, 4), drawn(situation, 9, 5)
    assert np.array_equal(one.at("L"), two.at("L"))
    assert not np.array_equal(one.at("L"), other.at("L"))
    assert one.count == 9


def test_points_on_the_branch_have_every_kink_on_the_lessons_side() -> None:
    points = drawn(Situation(RELU, VALUES), 60, 1)
    assert (points.at("p") > 0).all()
    assert (points.at("x") > points.at("b")).all()
    beyond = drawn(Situation(RELU, VALUES), 60, 1, branch=False, reach=2.0)
    assert (beyond.at("p") < 0).any()
    home = Situation(RELU, VALUES).here()
    assert not any(left.any() for left in left_branch(home, points).values())


def test_whole_numbers_stay_fixed_and_decimals_vary() -> None:
    points = drawn(Situation(RELU, VALUES), 5, 1)
    assert (points.at("n") == 3).all()
    assert len(np.unique(points.at("x"))) == 5


@pytest.mark.parametrize(
    ("word", "holds"),
    [
        ("positive", lambda p: (p > 0).all()),
        ("unit", lambda p: ((p > 0) & (p < 1)).all()),
        ("0/1", lambda p: np.isin(p, (0, 1)).all()),
        ("one-hot", lambda p: (np.sort(p, axis=-1)[..., -1] == 1).all() and (p.sum(axis=-1) == 1).all()),
        ("probabilities", lambda p: np.allclose(p.sum(axis=-1), 1) and (p > 0).all()),
        ("fixed", lambda p: (p == [0.2, 0.3, 0.5]).all()),
        ([2.0, 3.0], lambda p: ((p >= 2) & (p <= 3)).all()),
    ],
)
def test_domains(word: object, holds: object) -> None:
    graph = Graph.build(["s = sum(p)"], given={"p": (3,)})
    points = drawn(Situation(graph, {"p": [0.2, 0.3, 0.5]}, domains={"p": word}), 30, 2)
    assert points.count == 30
    assert holds(points.at("p"))  # type: ignore[operator]


def test_points_outside_a_domain_of_a_function_are_replaced() -> None:
    graph = Graph.build(["y = log(x) + sqrt(x - 0.9)"], given={"x": ()})
    points = drawn(Situation(graph, {"x": 1.0}), 12, 0)
    assert points.count == 12
    assert np.isfinite(points.at("y")).all()


def test_a_lesson_at_a_kink_is_noticed() -> None:
    assert len(at_kink(Situation(RELU, {**VALUES, "w": -0.5}).here())) == 1
    assert not at_kink(Situation(RELU, VALUES).here())


@pytest.mark.parametrize("said", ["complex", [3, 1], 7, [1, 2, 3]])
def test_what_is_no_domain_is_said_so(said: object) -> None:
    with pytest.raises(EngineError, match="a domain is an interval"):
        Domain.read(said)
