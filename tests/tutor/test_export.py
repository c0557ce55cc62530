"""`tutor export`: scripts of Python, notebooks, and handouts in which foreign text does nothing."""

from __future__ import annotations

import ast
import json
import math
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from engine.graph import Graph
from engine.losses import LOSSES
from engine.ops import OPS
from engine.optimizers import OPTIMIZERS
from tests.tutor import sample_lessons as lessons
from tests.tutor.commands import run
from tutor.course import course
from tutor.draw.inert import as_code, code_block, in_markdown, prose
from tutor.exports.torch_formula import CALLS, INFIX, WRITTEN, identifiers, source
from tutor.exports.torch_script import TRAINING
from tutor.lesson_file import load
from tutor.lesson_writer import lesson_text, lesson_to_go_on
from tutor.tui.rows.sandbox import Sandbox

SHIPPED = [entry.id for unit in course().units for entry in unit.lessons]
FORMULAS = {
    "a*b + c": "a * b + c",
    "a - (b - c)": "a - (b - c)",
    "a/(b*c)": "a / (b * c)",
    "-a^2": "-a ** 2.0",
    "(-a)^2": "(-a) ** 2.0",
    "a^b^c": "a ** b ** c",
    "(a^b)^c": "(a ** b) ** c",
    "2^-a": "2.0 ** (-a)",
    "a b c": "a * b * c",
    "a - -b": "a - (-b)",
    "-a*b": "(-a) * b",
    "sigmoid(a + 1)": "torch.sigmoid(a + 1.0)",
    "max(a, b, 0)": "larger(larger(a, b), constant(0.0))",
    "min(a, 2)": "smaller(a, constant(2.0))",
    "exp(1)": "torch.exp(constant(1.0))",
    "sigma'(a)": "torch.sigmoid(a) * (1.0 - torch.sigmoid(a))",
    "relu'(a)": "above(a, constant(1.0), constant(0.0))",
    "v[0] + V[1,0]": "v[0] + V[1, 0]",
    "sum(v[1:])": "torch.sum(v[1:])",
    "v_1*V_{12}": "v[0] * V[0, 1]",
    "sum(V, 0)": "torch.sum(V, 0)",
    "max(v)": "largest(v)",
    "V@v": "V @ v",
    "V'v": "transposed(V) * v",
    "[a, 1, b^2]": "stack(a, constant(1.0), b ** 2.0)",
    "squared_error(v, 2*v)": "torch.sum((v - (2.0 * v)) ** 2)",
    "softmax(v)": "torch.softmax(v, -1)",
    "cross_entropy(v, v)": "-torch.sum(torch.xlogy(v, v))",
    "Σ_i v_i v_i": "v[0] * v[0] + v[1] * v[1]",
}


def test_everything_of_the_engine_has_its_pytorch() -> None:
    assert {op for op in OPS if op not in {*CALLS, *INFIX, *WRITTEN}} == set()
    trainable = {name for name, loss in LOSSES.items() if loss.trainable}
    assert {name for name in {*OPTIMIZERS, *trainable} if f'"{name}"' not in TRAINING} == set()


@pytest.mark.parametrize(("formula", "python"), FORMULAS.items(), ids=FORMULAS)
def test_a_formula_in_pytorch(formula: str, python: str) -> None:
    graph = Graph.build([f"L = {formula}"], given={"a": (), "b": (), "c": (), "v": (2,), "V": (2, 2)})
    assert source(graph.nodes["L"].expr, graph, identifiers(graph)) == python
    ast.parse(python)


def test_names_that_python_or_the_script_uses_are_changed() -> None:
    graph = Graph.build(["λ = x + 1", "torch = λ*class", "node = torch"], given={"x": (), "class": ()})
    names = identifiers(graph)
    assert names["lambda"] == "lambda_" and names["class"] == "class_"
    assert {names["torch"], names["node"]} == {"torch_", "node_"}
    assert len(set(names.values())) == len(names)


@pytest.mark.parametrize("lesson", SHIPPED)
def test_every_lesson_is_a_script_of_python(lesson: str, capsys: pytest.CaptureFixture[str]) -> None:
    done = run(capsys, "export", lesson, "--to", "pytorch")
    assert (done.status, done.err) == (0, "")
    tree = ast.parse(done.out)
    imported = {name.name for part in ast.walk(tree) if isinstance(part, ast.Import) for name in part.names}
    assert "torch" in imported and not {n for n in imported if n.startswith(("tutor", "engine", "os", "sub"))}
    used = {part.id for part in ast.walk(tree) if isinstance(part, ast.Name)}
    assert not used & {"eval", "exec", "__import__", "open"}


def test_a_script_holds_the_runs_settings(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = lessons.written(tmp_path, lessons.NET)
    text = run(capsys, "export", path, "--to", "pytorch").out
    settings = [ast.literal_eval(part.value) for part in ast.parse(text).body if is_settings(part)]
    assert [s["lr"] for s in settings] == [0.1, 0.5]
    for found in settings:
        about = {key: found[key] for key in ("loss", "batch", "epochs", "shuffle", "activations", "optimizer")}
        assert about == {
            "loss": "bce",
            "batch": 10,
            "epochs": 12,
            "shuffle": True,
            "activations": ["tanh", "sigmoid"],
            "optimizer": "sgd",
        }


def is_settings(part: ast.stmt) -> bool:
    return isinstance(part, ast.Assign) and isinstance(part.targets[0], ast.Name) and part.targets[0].id[:4] == "run_"


def test_the_scripts_order_of_rows_is_the_lessons() -> None:
    from engine.random import Random, key_of
    from tutor.exports.torch_script import TRAINING

    tree = ast.parse(TRAINING)
    body = [part for part in tree.body if isinstance(part, ast.FunctionDef) and part.name == "order"]
    scope: dict[str, Any] = {}
    exec(compile(ast.Module(body, []), "order", "exec"), scope)
    for seed, rows in ((0, 1), (1, 2), (7, 50)):
        stream = Random(seed, "shuffle")
        for epoch in range(4):
            assert scope["order"](key_of(seed, "shuffle"), epoch, rows) == stream.permutation(rows).tolist()


# -- notebooks


@pytest.mark.parametrize("answers", [False, True])
@pytest.mark.parametrize("lesson", ["relu-sigmoid", "softmax-jacobian"])
def test_a_notebook_has_the_format_and_every_question(
    lesson: str, answers: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    done = run(capsys, "export", lesson, "--to", "notebook", *(["--answers"] if answers else []))
    book = json.loads(done.out)
    assert (book["nbformat"], book["nbformat_minor"]) == (4, 5)
    cells = book["cells"]
    assert len({cell["id"] for cell in cells}) == len(cells)
    for cell in cells:
        keys = {"cell_type", "metadata", "source", "id"}
        assert set(cell) == (keys if cell["cell_type"] == "markdown" else keys | {"execution_count", "outputs"})
        if cell["cell_type"] == "code":
            ast.parse("".join(cell["source"]))
            assert cell["outputs"] == [] and cell["execution_count"] is None
    text = "".join("".join(cell["source"]) for cell in cells)
    assert text.count('answer = ""') == text.count("**Question ")
    assert ("Right: " in text) == answers


# -- handouts


def test_a_handout_without_answers_gives_nothing_away(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = lessons.written(tmp_path, lessons.UNIT)
    without, with_them = (run(capsys, "export", path, "--to", "markdown", *more).out for more in ((), ("--answers",)))
    for secret in ("-0.25", "Right:", "because", "h is below y", "top at h = 1/2"):
        assert secret not in without
    for wanted in ("Right: `-0.25`", "Right: 2. h is below y and moves up.", "top at h = 1/2", "Right: `a, h, L`"):
        assert wanted in with_them
    assert "| ∂L/∂a | |" in without and "∂L/∂a = ∂L/∂h·h·(1 - h)" in with_them


ON_PAPER = """
format = 1
id = "on-paper"
title = "One decimal"

[graph.main]
given = { r = 2.0 }
weights = { a = 1.0 }
nodes = ["s = sigmoid(a*r)"]
decimals = 1

[[step]]
id = "slope"
ask = "What is ∂s/∂a?"
number = "ds/da"
"""


def test_on_paper_the_rounded_numbers_are_right(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = lessons.written(tmp_path, ON_PAPER)
    text = run(capsys, "export", path, "--to", "markdown", "--answers").out
    assert text.split("Right: `")[1].split("`")[0] == "0.18"


def test_a_file_is_written_whole(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "proof.py"
    done = run(capsys, "export", "seven-nodes", "--to", "pytorch", "--out", str(path))
    assert (done.status, done.out) == (0, "") and str(path) in done.err
    assert path.read_text("utf-8") == run(capsys, "export", "seven-nodes", "--to", "pytorch").out


@pytest.mark.parametrize("to", ["pytorch", "notebook", "markdown"])
def test_a_variant_has_its_own_numbers(to: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = lessons.written(tmp_path, lessons.UNIT)
    plain, varied = (run(capsys, "export", path, "--to", to, *more).out for more in ((), ("--variant", "ada")))
    assert plain != varied


HOSTILE = {
    "[click](javascript:alert(1))": r"\[click\](javascript:alert(1))",
    "![x](http://evil/x.png)": r"\!\[x\](http\://evil/x.png)",
    "<script>": "&lt;script&gt;",
    "**bold** _it_": r"\*\*bold\*\* \_it\_",
    "# heading": r"\# heading",
    "- item": r"\- item",
    "1. item": r"1\. item",
    "a | b": r"a \| b",
    "$x$": r"\$x\$",
    "www.evil.org": r"www\.evil.org",
    "&lt;": "&amp;lt;",
    "`code`": r"\`code\`",
    "two\nlines": "two lines",
    "\x1b[31mred": "red",
    "plain words, 2·h": "plain words, 2·h",
}


@pytest.mark.parametrize(("text", "inert"), HOSTILE.items(), ids=ascii)
def test_foreign_text_in_markdown_is_text(text: str, inert: str) -> None:
    assert in_markdown(text) == inert


def test_code_cannot_be_left() -> None:
    assert as_code("a ``` b") == "```` a ``` b ````".replace("` a", "`a").replace("b `", "b`")
    assert as_code("`x`") == "`` `x` ``"
    block = code_block("x\n```\n[out](http://evil)\n````")
    assert block.startswith("`````\n") and block.endswith("\n`````")


def test_an_authors_prose_keeps_emphasis_and_code_and_loses_links() -> None:
    text = "See *this* and `a[0]`:\n\n    x[i] = 3\n\n- one ![i](http://e)\n- two <b>\n\nodd ` tick\n`[x](http://y)`"
    assert prose(text).split("\n") == [
        "See *this* and `a[0]`:",
        "",
        "```",
        "x[i] = 3",
        "```",
        "",
        "",
        r"- one \!\[i\](http\://e)",
        "- two &lt;b>",
        "",
        "odd ' tick",
        "`[x](http://y)`",
    ]


def test_a_hostile_title_stays_in_the_scripts_docstring(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    title = r"\"\"\"\nimport os; os.system(\"true\") \\"
    path = lessons.written(tmp_path, lessons.UNIT.replace('title = "One unit"', f'title = "{title}"'))
    text = run(capsys, "export", path, "--to", "pytorch").out
    tree = ast.parse(text)
    assert "os.system" in (ast.get_docstring(tree) or "")
    assert not re.search(r"^import os", text, re.MULTILINE)


# -- as a lesson file

FORMULA = "z = w*x + b; L = (sigmoid(z) - y)^2"
VALUES = ("x=1.5", "y=0.25", "w=-0.5", "b=0.3")


def numbers_of(found: dict[str, Any]) -> dict[str, float]:
    return {**found["graphs"]["main"]["rows"][0]["values"], **found["graphs"]["main"]["rows"][0]["gradients"]}


def test_a_formula_as_a_lesson_to_go_on_with(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "my-unit" / "lesson.toml"
    done = run(capsys, "export", FORMULA, *VALUES, "--to", "lesson", "--out", str(path))
    assert (done.status, done.out) == (0, "")
    checked = run(capsys, "check", str(path.parent))
    assert checked.out == f"{path.parent}: sound\n", checked.err
    found = run(capsys, "run", str(path), "--headless", "--format", "json").json
    assert found["lesson"] == {"id": "my-unit", "title": "My unit"} and len(found["graphs"]["main"]["order"]) == 6
    z = -0.5 * 1.5 + 0.3
    h = 1 / (1 + math.exp(-z))
    assert numbers_of(found)["w"] == pytest.approx(2 * (h - 0.25) * h * (1 - h) * 1.5, rel=1e-12)
    assert len(load(path).lesson.step) == 7


def test_the_sandbox_as_a_lesson(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    nothing = run(capsys, "export", "sandbox", "--to", "lesson")
    assert nothing.status == 2 and "nothing was kept in the sandbox" in nothing.err
    box = Sandbox()
    for line in FORMULA.split(";"):
        box = box.with_line(line)
    for number in ("-0.5", "1.5", "0.3", "0.25"):
        box = box.with_number(number)
    (tmp_path / "tutor" / "sandbox").mkdir(parents=True)
    lessons.written(tmp_path / "tutor" / "sandbox", box.lesson())
    kept = run(capsys, "run", str(tmp_path / "tutor" / "sandbox"), "--headless", "--format", "json").json
    lessons.written(tmp_path, run(capsys, "export", "sandbox", "--to", "lesson").out)
    exported = run(capsys, "run", str(tmp_path), "--headless", "--format", "json").json
    assert numbers_of(exported) == numbers_of(kept)
    script = run(capsys, "export", "sandbox", "--to", "pytorch").out
    assert "torch.sigmoid" in script and ast.parse(script)


@pytest.mark.parametrize("to", ["pytorch", "notebook", "markdown", "lesson"])
def test_a_formula_in_every_form(to: str, capsys: pytest.CaptureFixture[str]) -> None:
    done = run(capsys, "export", "dot(v, w) + a", "v=[1.5, 2]", "w=[3, -4]", "a=-2.5", "--to", to)
    assert (done.status, done.err) == (0, "") and "2.5" in done.out


def test_a_lesson_as_its_own_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = lessons.written(tmp_path, lessons.UNIT)
    assert run(capsys, "export", path, "--to", "lesson").out == lessons.UNIT
    refused = run(capsys, "export", path, "--to", "lesson", "--variant", "ada")
    assert refused.status == 2 and "--variant" in refused.err


@pytest.mark.parametrize("text", ["L = (x", "L = x*q", "= 3", "L = exp(exp(x"])
def test_a_broken_formula_is_a_message(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    done = run(capsys, "export", text, "x=1", "--to", "lesson")
    assert done.status == 2 and done.out == "" and "^" in done.err


def test_hostile_names_and_lines_stay_in_their_strings() -> None:
    line = 'L = "a\\" \x7f\n[[step]]\n# é'
    for text in (
        lesson_text("a", "b", [line], {'x"\n': 1.0}),
        lesson_to_go_on("a", "b", [line], {'x"\n': 1.0}, 'L"', ['x"\n']),
    ):
        found = tomllib.loads(text)
        assert found["graph"]["main"]["nodes"] == [line] and list(found["graph"]["main"]["given"]) == ['x"\n']
