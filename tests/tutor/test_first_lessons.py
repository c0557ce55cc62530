"""The first lessons give every number of the curriculum, and running them loads nothing heavy."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from typing import Any

import pytest

from tutor.cli import main
from tutor.opening import open_lesson
from tutor.request import Request

ROWS = [  # CURRICULUM s1-cg-12b: s1 s2 s3 h1 h2 h3 a b c d e yhat L
    "0.09 0.08 0.07 0.522484824792 0.519989340156 0.517492857666 0.0104496964958 0.0155996802047 0.0206997143067 "
    "0.0260493767005 0.0467490910072 0.0567490910072 63.0952350032",
    "0.12 0.1 0.08 0.529964051765 0.524979187479 0.519989340156 0.0105992810353 0.0157493756244 0.0207995736062 "
    "0.0263486566597 0.0471482302659 0.0571482302659 119.746004854",
    "0.11 0.09 0.1 0.527472304345 0.522484824792 0.524979187479 0.0105494460869 0.0156745447438 0.0209991674992 "
    "0.0262239908306 0.0472231583298 0.0572231583298 98.8588113233",
]
NAMES = "s1 s2 s3 h1 h2 h3 a b c d e yhat L".split()
TOTALS = {  # s1-cg-12c
    "v0": -57.6577590408,
    "v1": -30.3881710669,
    "v2": -30.1402504914,
    "v3": -30.0409855817,
    "w10": -0.28743499866,
    "w11": -0.38656260359,
    "w12": -0.68390551589,
    "w20": -0.431531479368,
    "w21": -0.580371527396,
    "w22": -1.0267960613,
    "w30": -0.575537030053,
    "w31": -0.773896255437,
    "w32": -1.36958129742,
}


def near(found: float, wanted: float) -> bool:
    """Equal to the twelve digits that the curriculum states."""
    return math.isclose(found, wanted, rel_tol=6e-12, abs_tol=1e-15)


def graphs(lesson: str, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    assert main(["run", lesson, "--headless", "--format", "json"]) == 0
    return json.loads(capsys.readouterr().out)["graphs"]


def test_relu_sigmoid_exact(capsys: pytest.CaptureFixture[str]) -> None:
    """s2-2b, against the closed form."""
    main_graph = graphs("relu-sigmoid", capsys)["main"]
    s1 = 1 / (1 + math.exp(-2))
    slope = s1 * (1 - s1)
    gradients = main_graph["total"]["gradients"]
    assert main_graph["order"][-1] == "y"
    assert math.isclose(main_graph["total"]["value"], s1 + 0.5, rel_tol=1e-12)
    wanted = {"a": 2 * slope, "b": 0, "c": slope, "d": 0, "e": -slope, "f": 0}
    for name, value in wanted.items():
        assert math.isclose(gradients[name], value, rel_tol=1e-12, abs_tol=1e-15), name
    assert near(s1, 0.880797077978)
    assert near(gradients["a"], 0.209987170807)
    assert near(gradients["c"], 0.104993585404)
    assert main_graph["gradient_check"]["max_relative_error"] < 1e-8


def test_relu_sigmoid_on_paper(capsys: pytest.CaptureFixture[str]) -> None:
    paper = graphs("relu-sigmoid", capsys)["paper"]
    assert paper["rows"][0]["values"]["s1"] == 0.9
    assert paper["total"]["value"] == 1.4
    wanted = {"a": 0.18, "b": 0, "c": 0.09, "d": 0, "e": -0.09, "f": 0}
    for name, value in wanted.items():
        assert math.isclose(paper["total"]["gradients"][name], value, rel_tol=1e-12, abs_tol=1e-15), name


def test_seven_nodes(capsys: pytest.CaptureFixture[str]) -> None:
    """s2-2a: 2 3 4 5 4 3 5, and 8x + 1 = 9 backward."""
    graph = graphs("seven-nodes", capsys)["main"]
    assert [graph["rows"][0]["values"][f"n{i}"] for i in range(1, 8)] == [2, 3, 4, 5, 4, 3, 5]
    assert graph["total"]["gradients"]["x"] == 9


def test_three_hidden_units(capsys: pytest.CaptureFixture[str]) -> None:
    """s1-cg-12b and s1-cg-12c."""
    graph = graphs("three-hidden-units", capsys)["main"]
    for row, line in zip(graph["rows"], ROWS, strict=True):
        for name, text in zip(NAMES, line.split(), strict=True):
            assert near(row["values"][name], float(text)), name
    for name, wanted in TOTALS.items():
        assert near(graph["total"]["gradients"][name], wanted), name
    assert near(graph["total"]["value"], 281.700051181)
    firsts = [row["gradients"]["yhat"] for row in graph["rows"]]
    for found, wanted in zip(firsts, (-15.886501818, -21.8857035395, -19.8855536833), strict=True):
        assert near(found, wanted)


def test_the_loss_over_all_rows_is_their_sum() -> None:
    """281.7, as the curriculum has it, and not the first row's 63.1."""
    session = open_lesson(Request("three-hidden-units"))
    step, question = next((s, q) for s, q in session.questions() if q.id == "loss-sum")
    verdicts = {text: session.marked(text, question, step).verdict for text in ("281.7", "63.10", "93.90")}
    assert verdicts == {"281.7": "right", "63.10": "wrong", "93.90": "wrong"}


@pytest.mark.parametrize("lesson", ["relu-sigmoid", "seven-nodes", "three-hidden-units"])
def test_a_headless_lesson_imports_neither_a_compiler_nor_a_screen(lesson: str) -> None:
    code = (
        "import sys; from tutor.cli import main; "
        f"status = main(['run', {lesson!r}, '--headless', '--format', 'json']); "
        "heavy = [m for m in ('numba', 'llvmlite', 'textual', 'plotext', 'rich') if m in sys.modules]; "
        "print(status, heavy, file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "0 []"
    json.loads(done.stdout)


def test_another_value_changes_what_depends_on_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "seven-nodes", "--headless", "--format", "json", "--set", "x=2"]) == 0
    graph = json.loads(capsys.readouterr().out)["graphs"]["main"]
    assert graph["rows"][0]["values"]["n3"] == 16
    assert graph["total"]["gradients"]["x"] == 17  # 8x + 1


def test_a_value_that_is_not_there_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "seven-nodes", "--headless", "--set", "q=2"]) == 2
    assert "no graph of this lesson has a value q" in capsys.readouterr().err
