"""Error carried forward: only the first wrong link of a walk or table is blamed."""

from __future__ import annotations

import pytest

from engine.errors import EngineError
from engine.graph import Graph
from tests.tutor.marking.cases import sigmoid_net
from tutor.marking.carried import EntryVerdict, judge_entries


def judged(entries: dict[str, str], backward: bool = False, **more: object) -> dict[str, EntryVerdict]:
    context = sigmoid_net()
    assert context.graph is not None
    return judge_entries(context.graph, context.values, entries, backward=backward, **more)  # type: ignore[arg-type]


def test_values_that_follow_from_a_wrong_one_are_right_in_themselves() -> None:
    found = judged({"r1": "3", "r2": "0", "s1": "0.953", "s2": "0.5", "y": "1.453"})
    assert [entry.verdict for entry in found.values()] == ["wrong", "right", "right", "right", "right"]
    assert [name for name, entry in found.items() if entry.carried] == ["s1", "y"]
    assert found["s1"].implied == pytest.approx(0.952574, rel=1e-6)
    assert found["s1"].right == pytest.approx(0.880797, rel=1e-6)


def test_the_true_value_is_right_too_after_a_wrong_one() -> None:
    found = judged({"r1": "3", "s1": "0.881", "y": "1.38"})
    assert [entry.verdict for entry in found.values()] == ["wrong", "right", "right"]
    assert not found["s1"].carried


def test_a_second_mistake_is_blamed_as_well() -> None:
    found = judged({"r1": "3", "s1": "0.7", "y": "1.2"})
    assert [entry.verdict for entry in found.values()] == ["wrong", "wrong", "right"]


def test_entries_may_be_left_out_and_come_in_any_order() -> None:
    found = judged({"y": "1.381", "s₁": "0.8808"})
    assert {name: entry.verdict for name, entry in found.items()} == {"s1": "right", "y": "right"}


def test_roundings_are_not_carried_as_errors() -> None:
    found = judged({"s1": "0.881", "y": "1.38"}, digits=3)
    assert not any(entry.carried for entry in found.values())


def test_gradients_go_the_other_way() -> None:
    found = judged({"y": "1", "s1": "1", "r1": "0.11", "c": "0.11", "e": "-0.11", "a": "0.21"}, backward=True)
    assert {name: entry.verdict for name, entry in found.items()} == {
        "y": "right", "s1": "right", "r1": "wrong", "c": "right", "e": "right", "a": "right",
    }  # fmt: skip
    assert {name for name, entry in found.items() if entry.carried} == {"c", "e"}


def test_what_cannot_be_read_costs_nothing_and_goes_on_with_the_true_value() -> None:
    found = judged({"r1": "two", "s1": "0.881", "s2": " "})
    assert found["r1"].verdict == "unreadable"
    assert found["r1"].note
    assert found["s1"].verdict == "right"
    assert found["s2"].verdict == "missing"


def test_paper_arithmetic_is_followed() -> None:
    found = judged({"s1": "0.9", "y": "1.4"}, decimals=1)
    assert [entry.verdict for entry in found.values()] == ["right", "right"]


def test_arrays_are_entries_too() -> None:
    graph = Graph.build(["a = W @ x", "h = sigmoid(a)", "L = sum(h)"], given={"x": (2,)}, weights={"W": (2, 2)})
    values = {"x": [1.0, -2.0], "W": [[0.5, 0.25], [1.0, -1.0]]}
    found = judge_entries(graph, values, {"a": "[0, 2]", "h": "[0.5, 0.881]", "L": "1.38"})
    assert [entry.verdict for entry in found.values()] == ["wrong", "right", "right"]
    assert found["a"].right == [0.0, 3.0]
    assert judge_entries(graph, values, {"a": "[1, 2, 3]"})["a"].verdict == "unreadable"


def test_an_unknown_name_is_an_error() -> None:
    with pytest.raises(EngineError, match="no name s9"):
        judged({"s9": "1"})
