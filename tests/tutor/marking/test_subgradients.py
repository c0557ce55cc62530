"""At a kink every subgradient is right, written in any way; what only happens to be one there is not."""

from __future__ import annotations

from typing import Any

import pytest

from engine.graph import Graph
from engine.values import shape_of
from tutor.marking import Context, mark
from tutor.questions.question import Question

KINKS: dict[str, tuple[list[str], dict[str, Any], str]] = {
    "relu": (["L = relu(x)*w"], {"x": 0.0, "w": 2.5}, "x"),
    "inside": (["z = u*v", "r = relu(z)", "L = (r - t)^2"], {"u": 0.0, "v": 1.3, "t": 0.7}, "u"),
    "max": (["m = max(a, b)", "L = m*c"], {"a": 1.5, "b": 1.5, "c": 0.7}, "a"),
    "abs": (["L = abs(q)*c"], {"q": 0.0, "c": 0.7}, "q"),
    "leaky": (["L = leaky_relu(x)*w"], {"x": 0.0, "w": 2.5}, "x"),
    "largest": (["m = max(v)", "L = m*c"], {"v": [1.5, 1.5, 0.2], "c": 0.7}, "v"),
    "three": (
        ["r = relu(x)", "m = max(a, b)", "k = abs(q)", "L = r*w + m*c + k"],
        {"x": 0.0, "w": 2.5, "a": 1.5, "b": 1.5, "c": 0.7, "q": 0.0},
        "a",
    ),
}


def verdict(kink: str, answer: str) -> str:
    nodes, values, by = KINKS[kink]
    weights = {name: shape_of(value) for name, value in values.items()}
    context = Context(Graph.build(nodes, weights=weights), values)
    kind = "array" if isinstance(values[by], list) else "formula"
    return mark(Question("q", kind, target=f"dL/d{by}"), context, answer).verdict


@pytest.mark.parametrize(
    ("kink", "answer"),
    [
        *(("relu", text) for text in ("0", "w", "w/2", "0.25w", "w*step(x)", "w*relu'(x)")),
        *(("inside", text) for text in ("0", "2(r-t)v", "-2t v", "(r-t)v", "-t v")),
        *(("max", text) for text in ("c", "0", "c/2")),
        *(("abs", text) for text in ("c", "-c", "0", "0.5c")),
        *(("leaky", text) for text in ("w", "0.01w", "0.5w")),
        *(("largest", text) for text in ("[c, 0, 0]", "[0, c, 0]", "[c/2, c/2, 0]")),
        *(("three", text) for text in ("c", "0", "c/2")),
    ],
)
def test_any_subgradient_is_right(kink: str, answer: str) -> None:
    assert verdict(kink, answer) == "right"


@pytest.mark.parametrize(
    ("kink", "answer"),
    [
        *(("relu", text) for text in ("2w", "-w", "1.3", "w x", "w + x")),
        *(("inside", text) for text in ("-3t v", "2t v")),
        *(("max", text) for text in ("2c", "-c", "c/2 + 0.1", "a")),
        *(("abs", text) for text in ("2c", "c q", "q")),
        *(("leaky", text) for text in ("0", "2w")),
        *(("largest", text) for text in ("[0, 0, c]", "[c, c, 0]", "[0, 0, 0]")),
    ],
)
def test_what_is_none_is_wrong(kink: str, answer: str) -> None:
    assert verdict(kink, answer) == "wrong"
