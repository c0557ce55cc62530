"""`tutor run --headless`: JSON, CSV, and every option."""

from __future__ import annotations

import csv
import io
import json
import math
from pathlib import Path
from typing import Any

import pytest

from tests.tutor import sample_lessons as lessons
from tests.tutor.commands import Done, run
from tutor.outputs import OUTPUTS


@pytest.fixture
def unit(tmp_path: Path) -> str:
    return lessons.written(tmp_path, lessons.UNIT)


def headless(capsys: pytest.CaptureFixture[str], path: str, *more: str) -> Done:
    return run(capsys, "run", path, "--headless", *more)


def as_json(capsys: pytest.CaptureFixture[str], path: str, *more: str, status: int = 0) -> dict[str, Any]:
    done = headless(capsys, path, "--format", "json", *more)
    assert (done.status, done.err) == (status, "")
    assert done.out.isascii() and done.out.endswith("\n") and done.out.count("\n") == 1
    found: dict[str, Any] = done.json
    return found


def test_the_help_names_every_format(capsys: pytest.CaptureFixture[str]) -> None:
    *others, last = OUTPUTS
    assert f"{', '.join(others)} or {last}." in run(capsys, "run", "--help").out


# -- JSON


def test_json_of_a_graph_is_exactly_the_contract(unit: str, capsys: pytest.CaptureFixture[str]) -> None:
    found = as_json(capsys, unit)
    assert list(found) == ["format", "lesson", "variant", "graphs", "runs", "answers", "score"]
    assert found["lesson"] == {"id": "one-unit", "title": "One unit"}
    graph = found["graphs"]["main"]
    gradients = {"x": -0.125, "y": 1.0, "w": -0.5, "b": -0.25, "a": -0.25, "h": -1.0, "L": 1.0}
    assert list(graph) == ["order", "rows", "total", "jacobians", "gradient_check"]
    assert graph["order"] == ["x", "y", "w", "b", "a", "h", "L"]
    values = {"x": 2.0, "y": 1.0, "w": 0.5, "b": -1.0, "a": 0.0, "h": 0.5, "L": 0.25}
    assert graph["rows"] == [{"values": values, "gradients": gradients}]
    assert graph["total"] == {"value": 0.25, "gradients": gradients}
    assert graph["jacobians"] == {"L/a": -0.25, "L/w": -0.5}
    assert 0 <= graph["gradient_check"]["max_relative_error"] < 1e-9
    assert (found["runs"], found["answers"]) == ({}, {})
    assert found["score"] == {"points": 0, "of": 5}


def test_json_of_rows_has_the_mean_as_its_total(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    graph = as_json(capsys, lessons.written(tmp_path, lessons.ROWS))["graphs"]["main"]
    assert [row["gradients"]["w"] for row in graph["rows"]] == [2, 4, 6]
    assert graph["total"] == {"value": 1, "gradients": {"x": 4, "t": -2, "w": 4, "b": 2, "p": 2, "L": 1}}
    assert graph["jacobians"] == {"L/w": 4}


def test_json_of_runs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = as_json(capsys, lessons.written(tmp_path, lessons.NET))["runs"]
    assert list(found) == ["slow", "fast"]
    for name, lr in (("slow", 0.1), ("fast", 0.5)):
        done = found[name]
        keys = {"settings", "history", "best", "final", "weights", "diverged", "seconds"}
        assert keys <= set(done)
        assert (done["settings"]["lr"], done["settings"]["batch"], done["settings"]["loss"]) == (lr, 10, "bce")
        assert done["history"]["epoch"] == list(range(13))
        assert all(len(values) == 13 for values in done["history"].values())
        losses = done["history"]["validation_loss"]
        assert done["best"] == {"epoch": losses.index(min(losses)), "validation_loss": min(losses)}
        assert done["final"]["train_loss"] == done["history"]["train_loss"][-1]
        assert {name: shape(array) for name, array in done["weights"].items()} == {
            "layer1.weight": (4, 2),
            "layer1.bias": (4,),
            "layer2.weight": (1, 4),
            "layer2.bias": (1,),
        }
        assert (done["diverged"], done["seconds"] > 0) == (False, True)
    assert found["slow"]["history"]["train_loss"][0] == found["fast"]["history"]["train_loss"][0]


def shape(array: Any) -> tuple[int, ...]:
    return (len(array), *shape(array[0])) if isinstance(array, list) else ()


def test_what_is_no_number_is_a_string(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    graph = as_json(capsys, lessons.written(tmp_path, lessons.OVERFLOW))["graphs"]["main"]
    values = graph["rows"][0]["values"]
    assert values == {"x": 1000.0, "big": "inf", "less": "-inf", "what": "nan", "L": "nan"}
    assert graph["total"]["value"] == "nan"
    assert graph["total"]["gradients"]["x"] == "nan"


def test_an_array_as_output_has_jacobians_instead_of_gradients(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = lessons.written(
        tmp_path,
        'format = 1\nid = "v"\ntitle = "v"\n[graph.main]\ngiven = { x = [2.0, -1.0] }\n'
        'weights = { A = [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]] }\nnodes = ["F = A @ x"]\n'
        '[[step]]\nwalk = "forward"\n',
    )
    graph = as_json(capsys, path)["graphs"]["main"]
    assert "gradients" not in graph["rows"][0] and "gradients" not in graph["total"]
    assert graph["total"]["value"] == [0, 2, 4]
    assert graph["jacobians"]["F/x"] == [[1, 2], [3, 4], [5, 6]]
    assert shape(graph["jacobians"]["F/A"]) == (3, 3, 2)


def test_diverging_runs_are_told_by_the_exit_status(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = lessons.written(tmp_path, lessons.ROWS.replace("lr = 0.05", "lr = 50.0").replace("= 20", "= 400"))
    found = as_json(capsys, path, status=1)["runs"]["fit"]
    assert found["diverged"] is True


# -- options


def test_set_changes_what_depends_on_it(unit: str, capsys: pytest.CaptureFixture[str]) -> None:
    values = as_json(capsys, unit, "--set", "w=1.0", "--set", "x = -3")["graphs"]["main"]["rows"][0]["values"]
    assert (values["a"], values["h"]) == (-4, pytest.approx(1 / (1 + math.exp(4))))


def test_set_changes_a_run_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = lessons.written(tmp_path, lessons.NET)
    before = as_json(capsys, path)["runs"]
    after = as_json(capsys, path, "--set", "run.slow.lr=0.5")["runs"]
    assert after["slow"]["settings"]["lr"] == 0.5
    assert after["slow"]["history"]["train_loss"] == before["fast"]["history"]["train_loss"]


@pytest.mark.parametrize(
    ("setting", "says"),
    [
        ("epochs=1.5", "epochs is the number 1.5; a whole number is wanted here"),
        ("stop=loss", 'stop is the text "loss"; a table is wanted here'),
        ("optimizer=adm", 'optimizer cannot be "adm"; did you mean "adam"?'),
        ("lr=-1", "lr must be more than 0"),
    ],
)
def test_a_setting_that_does_not_fit_is_told_as_in_a_lesson(
    setting: str, says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = lessons.written(tmp_path, lessons.NET)
    done = run(capsys, "run", path, "--headless", "--set", f"run.slow.{setting}")
    assert (done.status, done.out, done.err) == (2, "", f"run.slow.{setting}: {says}\n")


def test_a_graph_of_nan_is_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = """format = 1
id = "no-number"
title = "The logarithm of a negative number"
[graph.main]
given = { x = 1.5, y = 0.7 }
weights = { w = 0.8 }
nodes = ["p = log(-x)", "L = (p - y)^2"]
[[step]]
walk = "backward"
"""
    found = as_json(capsys, lessons.written(tmp_path, text))["graphs"]["main"]
    assert found["rows"][0]["values"]["L"] == "nan"
    assert found["gradient_check"]["max_relative_error"] == "nan"


def test_seed_changes_every_run_and_nothing_else_does(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = lessons.written(tmp_path, lessons.NET)
    losses = [
        [r["history"]["train_loss"] for r in as_json(capsys, path, *more)["runs"].values()]
        for more in ((), (), ("--seed", "3"), ("--seed", "4"))
    ]
    assert losses[0] == losses[1] == losses[2]
    assert all(a != b for a, b in zip(losses[0], losses[3], strict=True))


def test_variant_draws_own_numbers_the_same_every_time(unit: str, capsys: pytest.CaptureFixture[str]) -> None:
    drawn = {}
    for name in ("ada", "emmy", "sofia", "grace", "ada"):
        found = as_json(capsys, unit, "--variant", name)
        w = found["graphs"]["main"]["rows"][0]["values"]["w"]
        assert found["variant"] == name
        assert drawn.setdefault(name, w) == w
    assert set(drawn.values()) <= {0.6, 0.7, 0.8, 0.9, 1.1}
    assert len(set(drawn.values())) > 1


# -- answers


def test_right_answers(unit: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = as_json(capsys, unit, "--answers", lessons.answers(tmp_path, lessons.RIGHT))
    verdicts = {key: answer["verdict"] for key, answer in found["answers"].items()}
    assert verdicts == {**dict.fromkeys(lessons.RIGHT, "right"), "why": "unscored"}
    assert found["score"] == {"points": 5, "of": 5}


def test_wrong_answers_are_diagnosed_and_told_by_the_exit_status(
    unit: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = {**lessons.RIGHT, "dl-dw": "2(h - y) x", "dl-da": "0.7", "in-order": "h, a, L", "direction": "9"}
    found = as_json(capsys, unit, "--answers", lessons.answers(tmp_path, given), status=1)
    answer = found["answers"]["dl-dw"]
    assert set(answer) >= {"given", "read_as", "verdict", "points", "of", "witness", "diagnosis"}
    assert (answer["given"], answer["verdict"], answer["points"], answer["of"]) == ("2(h - y) x", "wrong", 0, 2)
    assert answer["diagnosis"]["fault"] == "missing-factor" and answer["diagnosis"]["at"] == "h"
    assert answer["witness"]["given"] != answer["witness"]["right"]
    verdicts = {key: answer["verdict"] for key, answer in found["answers"].items()}
    assert verdicts["dl-da"] == "wrong" and verdicts["in-order"] == "wrong" and verdicts["direction"] == "unreadable"
    assert found["score"]["points"] == 0


def test_missing_answers_are_wrong_too(unit: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    few = {"direction": "2"}
    found = as_json(capsys, unit, "--answers", lessons.answers(tmp_path, few), status=1)
    assert {a["verdict"] for k, a in found["answers"].items() if k != "direction"} == {"missing"}
    assert found["score"]["points"] == 1


def test_an_answers_file_says_its_variant(unit: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wanted = as_json(capsys, unit, "--variant", "ada")["graphs"]["main"]["rows"][0]["values"]["w"]
    for name, more in (("a", {"student": "ada"}), ("b", {"student": "emmy", "variant": "ada"})):
        path = lessons.answers(tmp_path, {"direction": "2"}, name=f"{name}.toml", **more)
        found = as_json(capsys, unit, "--answers", path, status=1)
        assert found["variant"] == "ada"
        assert found["graphs"]["main"]["rows"][0]["values"]["w"] == wanted


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('lesson = "one-unit"\n[answers]\ndl-daa = "1"\n', 'no question "dl-daa"; did you mean "dl-da"?'),
        ('lesson = "other"\n[answers]\n', 'answers to "other", not to "one-unit"'),
        ("[answers]\n", "which lesson"),
        ('lesson = "one-unit"\nanswer = 3\n', 'unknown key "answer"; did you mean "answers"?'),
        ('lesson = "one-unit"\n[answers]\ndl-da = { x = 1 }\n', "dl-da"),
        ('lesson = "one-unit"\n[answers\n', "bad.toml:2:"),
        ('lesson = "one-unit"\nstudent = 3\n', "student is a text"),
        (b'lesson = "\xff"', "bad.toml:1:11"),
    ],
)
def test_a_bad_answers_file_is_one_message(
    text: str | bytes, says: str, unit: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "bad.toml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    done = headless(capsys, unit, "--answers", str(path))
    assert (done.status, done.out) == (2, "")
    assert done.err.count("\n") == 1
    assert says in done.err


# -- CSV


def test_csv_is_one_row_an_epoch_and_exact(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = lessons.written(tmp_path, lessons.NET)
    rows = list(csv.DictReader(io.StringIO(headless(capsys, path, "--format", "csv").out)))
    runs = as_json(capsys, path)["runs"]
    assert [row["run"] for row in rows] == ["slow"] * 13 + ["fast"] * 13
    for name, found in runs.items():
        mine = [row for row in rows if row["run"] == name]
        for key, values in found["history"].items():
            assert [row[key] for row in mine] == ["" if v == "nan" else repr(v) for v in values], key


def test_csv_of_a_lesson_without_runs_is_its_header(unit: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert headless(capsys, unit, "--format", "csv").out == "run\n"


def test_the_list_has_every_lesson_of_the_course(capsys: pytest.CaptureFixture[str]) -> None:
    done = run(capsys, "list")
    ids = [line.split()[0] for line in done.out.splitlines() if line.startswith("  ")]
    assert done.status == 0 and "relu-sigmoid" in ids
    assert len(ids) == len(set(ids))
    assert all(len(line) <= 110 for line in done.out.splitlines())


def test_the_schema_describes_every_field(capsys: pytest.CaptureFixture[str]) -> None:
    schema = json.loads(run(capsys, "schema").out)
    tables = [schema, *schema["$defs"].values()]
    fields = [(key, field) for table in tables for key, field in table.get("properties", {}).items()]
    assert len(fields) > 60
    assert [key for key, field in fields if not field.get("description")] == []


def test_a_fault_that_cannot_be_made_is_told_at_its_place(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    broken = f'{lessons.UNIT}\n[[step]]\nid = "bug"\nbug = "main"\nfault = "wrong-branch"\n'
    path = lessons.written(tmp_path, broken)
    line = broken.splitlines().index('fault = "wrong-branch"') + 1
    done = run(capsys, "run", path, "--headless")
    said = f"{path}:{line}:10: the fault wrong-branch cannot be put into the backward pass of main\n"
    assert (done.status, done.out, done.err) == (2, "", said)
