"""Every graph of the curriculum's cases as a lesson file: `tutor run --headless --format json` gives its numbers."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tutor.cli import main

CASES = json.loads((Path(__file__).parents[1] / "data" / "curriculum_cases.json").read_text(encoding="utf-8"))["cases"]
BY_RULE = {"s4-3-1-chain153": "sigmoid", "s4-3-3-chain153-relu": "relu"}
RUNS = {"s4-4-2-gd", "s4-4-3-sgd", "s4-5-best"}
GRAPHS = [case for case in CASES if case["id"] not in RUNS and case["id"] not in BY_RULE]


def toml_value(value: Any) -> str:
    return json.dumps(value)


def as_formula(expression: str) -> str:
    text = expression.replace("maximum(", "max(").replace("minimum(", "min(")
    return re.sub(r"sum0\((.*)\)$", r"sum(\1, 0)", text)


def lesson_of(case: dict[str, Any]) -> str:
    """A lesson with the case's graph and one question for each expected derivative."""
    given = ", ".join(f"{name} = {toml_value(value)}" for name, value in case["given"].items())
    nodes = ",\n".join(toml_value(f"{name} = {as_formula(text)}") for name, text in case["expressions"].items())
    lines = [
        "format = 1",
        f'id = "{case["id"].lower()}"',
        f"title = {toml_value(case['title'])}",
        "[graph.main]",
        f"given = {{ {given} }}",
        f"nodes = [\n{nodes}\n]",
        '[[step]]\nwalk = "forward"',
    ]
    for i, derivative in enumerate(derivatives(case)):
        lines.append(f'[[step]]\nid = "q{i}"\nask = "?"\narray = {toml_value(derivative)}')
    return "\n".join(lines) + "\n"


def derivatives(case: dict[str, Any]) -> Iterator[str]:
    for label in [*case["expect"]["gradients"], *case["expect"]["jacobians"]]:
        of, by = re.fullmatch(r"d (.+) / d (.+)", label).groups()
        yield f"d({of})/d({by})"


def headless(path: Path, capsys: pytest.CaptureFixture[str], *more: str) -> dict[str, Any]:
    status = main(["run", str(path), "--headless", "--format", "json", *more])
    captured = capsys.readouterr()
    assert status == 0, captured.err
    return json.loads(captured.out)


def same(found: Any, wanted: Any) -> bool:
    if isinstance(wanted, list):
        return isinstance(found, list) and len(found) == len(wanted) and all(map(same, found, wanted))
    return math.isclose(found, wanted, rel_tol=1e-9, abs_tol=1e-14)


@pytest.mark.parametrize("case", GRAPHS, ids=[case["id"] for case in GRAPHS])
def test_case_as_a_lesson(case: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "lesson.toml"
    path.write_text(lesson_of(case), encoding="utf-8")
    graph = headless(path, capsys)["graphs"]["main"]
    values = graph["rows"][0]["values"]
    for name, wanted in case["expect"]["values"].items():
        assert same(values[name], wanted), name
    for part in ("gradients", "jacobians"):
        for label, wanted in case["expect"][part].items():
            of, by = re.fullmatch(r"d (.+) / d (.+)", label).groups()
            assert same(graph["jacobians"][f"{of}/{by}"], wanted), label


@pytest.mark.parametrize(("case_id", "function"), BY_RULE.items())
def test_chain_of_153_layers(case_id: str, function: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    case = next(case for case in CASES if case["id"] == case_id)
    weights = ", ".join(f"w{layer} = {case['given']['w_all']}" for layer in range(1, 153))
    nodes = ["z1 = 1*x"]
    for layer in range(2, 153):
        nodes += [f"a{layer} = w{layer - 1}*z{layer - 1}", f"z{layer} = {function}(a{layer})"]
    nodes += ["a153 = w152*z152", "E = (a153 - t)^2/2"]
    path = tmp_path / "lesson.toml"
    path.write_text(
        f'format = 1\nid = "chain"\ntitle = "Chain"\n[graph.main]\ngiven = {{ x = 1.0, t = 0.5 }}\n'
        f"weights = {{ {weights} }}\nnodes = {json.dumps(nodes)}\n[[step]]\nsay = 'x'\n",
        encoding="utf-8",
    )
    graph = headless(path, capsys)["graphs"]["main"]
    gradients = graph["total"]["gradients"]
    for label, wanted in case["expect"]["gradients"].items():
        layer = re.fullmatch(r"d E / d w\((\d+)\)", label)
        assert layer is not None
        assert math.isclose(gradients[f"w{layer[1]}"], wanted, rel_tol=1e-9), label
