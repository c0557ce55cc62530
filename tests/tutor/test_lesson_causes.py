"""One cause is one message, at its place: what follows from a mistake is not told as a mistake of its own."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.network import INITS as KNOWN_INITS
from tests.tutor import sample_lessons as lessons
from tests.tutor.commands import run
from tests.tutor.proof.checked_lesson import CLASSES, NET, UNIT, Change, check, is_the_error, is_the_warning
from tutor.lesson_names import INITS

PLOT = 'train = ["slow", "fast"]'
PLOTTED = NET.replace(PLOT, f'{PLOT}\nplot = ["train_loss", "validation_loss", "weight_norm.layer1"]')
ASKED = NET + '\n[[step]]\nask = "?"\nresult = "best_epoch"\nrun = "fast"\n'
PICTURED = NET + '\n[[step]]\nsay = "x"\npicture = { runs = ["slow"], plot = ["validation_loss"] }\n'
CSV = """format = 1
id = "from-csv"
title = "From a table"
[data.people]
from = "csv"
file = "people.csv"
inputs = ["height", "weight"]
target = "tall"
standardise = true
split = { train = 0.7, validation = 0.3 }
[model.net]
layers = [{ units = 1, activation = "sigmoid" }]
[run.slow]
model = "net"
data = "people"
loss = "bce"
epochs = 3
[run.fast]
like = "slow"
lr = 0.5
[[step]]
train = ["slow", "fast"]
"""
PEOPLE = "height,weight,tall\n" + "".join(f"{150 + 3 * i},{50 + i},{i % 2}\n" for i in range(20))

CAUSES = [
    # tables without a name
    Change(UNIT, "[graph.main]", "[graph]", "this graph has no name; write [graph.main]"),
    Change(NET, "[data.points]", "[data]", "this data has no name; write [data.points]"),
    Change(NET, "[model.net]", "[model]", "this model has no name; write [model.net]"),
    Change(lessons.ROWS, "[run.fit]", "[run]", "this run has no name; write [run.fit]"),
    # settings of a run that others take over
    Change(NET, 'loss = "bce"', 'loss = "mse"', 'loss cannot be "mse"'),
    Change(NET, 'model = "net"', "model = 3", "model is the whole number 3; text is wanted here"),
    Change(NET, 'data = "points"', "data = []", "data is a list; text is wanted here"),
    # what a run measures is not known where its model is not
    *(Change(good, 'model = "net"', 'model = "nett"', 'did you mean "net"?') for good in (PLOTTED, ASKED, PICTURED)),
    *(Change(good, "units = 4", 'units = "4"', "units is the text") for good in (PLOTTED, ASKED, PICTURED)),
    Change(NET, "units = 1,", "units = 3,", "the model has 3 outputs, but moons has 1 for bce", 1),
    # last layers
    Change(NET, 'units = 1, activation = "sigmoid"', 'units = 1, activation = "softmax"', "of one unit is always 1"),
    Change(NET, 'loss = "bce"', 'loss = "cross_entropy"', 'cross_entropy needs one output for each class'),
    # settings out of range, where they are written
    Change(NET, "lr = 0.1", 'lr = 0.1\noptimizer = "momentum"\nmomentum = 9', "momentum lies between 0 and 1", 2),
    Change(NET, "lr = 0.1", 'lr = 0.1\noptimizer = "rmsprop"\nrho = 9', "lies between 0 and 1", 2),
    # arrays
    Change(CLASSES, "[0.2, 0.6]]", "[0.2]]", "W1[1] is a list of 1; a list of 2, as the first one, is wanted here"),
    Change(CLASSES, "[0.2, 0.6]]", "0.2]", "W1[1] is the number 0.2; a list of 2, as the first one, is wanted here"),
    Change(CLASSES, "x = [1.5, -0.5]", "x = [1.5, [2]]", "x[1] is a list of 1; a number, as the first one,"),
    # first weights
    Change(NET, "[model.net]", '[model.net]\ninit = "xavir"', 'unknown init "xavir"; did you mean "xavier"?', 1),
]  # fmt: skip
BLANKS = [
    Change(UNIT, "given = { x = 2.0,", 'given = { "x y" = 1.0, x = 2.0,', '"x y" has a blank in it; a name has'),
    Change(UNIT, "weights = { w = 0.5,", 'weights = { "a b" = 1.0, w = 0.5,', '"a b" has a blank in it'),
    Change(UNIT, '"a = w*x + b"', '"a a = w*x + b", "a = aa"', '"a a" has a blank in it; a name has'),
    Change(lessons.ROWS, "{ x = 1, t = 1 }", '{ x = 1, t = 1, "q r" = 2 }', '"q r" has a blank in it'),
]


@pytest.mark.parametrize("change", CAUSES, ids=lambda change: change.new[:40])
def test_one_cause_is_one_error(change: Change, tmp_path: Path) -> None:
    is_the_error(tmp_path, change)


@pytest.mark.parametrize("change", BLANKS, ids=lambda change: change.says[:20])
def test_a_name_with_a_blank_is_refused_at_its_place(change: Change, tmp_path: Path) -> None:
    said = [problem for problem in check(tmp_path, change.text).errors if "has a blank" in problem.what]
    assert len(said) == 1 and change.says in str(said[0]) and said[0].line == change.line


@pytest.mark.parametrize("name", ["w_{12}", "\\\\hat y", "ŷ", "w₁₂", "x_y"])
def test_names_that_may_be_written(name: str, tmp_path: Path) -> None:
    text = UNIT.replace("b = -1.0", f'b = -1.0, "{name}" = 1.0').replace("+ b", f"+ b + {name}")
    assert check(tmp_path, text).errors == ()


def test_a_graph_may_be_called_as_one_of_its_fields(tmp_path: Path) -> None:
    assert check(tmp_path, UNIT.replace("[graph.main]", "[graph.given]").replace('"main"', '"given"')).errors == ()


def test_other_mistakes_beside_a_missing_name_are_told(tmp_path: Path) -> None:
    text = (
        UNIT.replace("[graph.main]", "[graph]").replace("a = w*x + b", "a = w*x + q").replace("points = 2", "point = 2")
    )
    said = [str(problem) for problem in check(tmp_path, text).errors]
    assert len(said) == 3
    assert (
        sum(part in one for part in ("[graph.main]", "unknown name q", 'did you mean "points"?') for one in said) == 3
    )


def test_an_unknown_init_is_told_wherever_a_lesson_is_opened(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = lessons.written(tmp_path, NET.replace("[model.net]", '[model.net]\ninit = "foo"'))
    line = NET[: NET.index("[model.net]")].count("\n") + 2
    assert run(capsys, "run", path, "--headless").err.startswith(f'{path}:{line}:8: unknown init "foo"; known: zeros')


def test_a_constant_output_that_can_be_trained_on_is_a_warning(tmp_path: Path) -> None:
    text = NET.replace('units = 1, activation = "sigmoid"', 'units = 1, activation = "softmax"')
    is_the_warning(tmp_path, Change(text, 'loss = "bce"', 'loss = "squared_error"', "of one unit is always 1", -4))


def test_the_inits_are_the_engines() -> None:
    assert set(INITS) == set(KNOWN_INITS)


# -- tables of data


def csv_lesson(folder: Path, old: str = "", new: str = "") -> Path:
    (folder / "people.csv").write_text(PEOPLE)
    return Path(lessons.written(folder, CSV.replace(old, new, 1)))


@pytest.mark.parametrize(
    ("old", "new", "place", "says"),
    [
        ('"weight"]', '"wieght"]', "wieght", "has no column 'wieght'; did you mean weight?"),
        ('"tall"\n', '"Tall"\n', 'Tall"', "has no column 'Tall'"),
        ("validation = 0.3", "validation = 0.7", "{ train", "are more than its 20 rows"),
        ('"people.csv"', '"peoples.csv"', 'peoples.csv"', "no such file"),
        ('from = "csv"', 'from = "csv"\nnoise = 0.1', "0.1", "noise means nothing with"),
    ],
)
def test_what_is_wrong_with_data_is_told_at_its_field(
    old: str, new: str, place: str, says: str, tmp_path: Path
) -> None:
    path = csv_lesson(tmp_path, old, new)
    text = path.read_text()
    (problem,) = check(tmp_path, text).errors
    assert says in problem.what
    assert problem.line is not None and problem.column is not None
    assert place in text.splitlines()[problem.line - 1][problem.column - 1 :]


def test_data_that_do_not_fit_are_told_once(tmp_path: Path) -> None:
    path = csv_lesson(tmp_path)
    (tmp_path / "people.csv").write_text(PEOPLE.replace(",1\n", ",2\n"))
    (problem,) = check(tmp_path, path.read_text()).errors
    assert "bce wants targets 0 or 1, found 2" in problem.what


# -- pictures


@pytest.mark.parametrize(
    ("picture", "place", "says"),
    [
        ({"curve": ["h"], "across": "a", "from": -1, "to": 1}, 'a"', "across = a is no given value or weight"),
        ({"line": "a", "across": ["x", "h"]}, 'h"', "across = h is no given value or weight"),
        ({"images": "a", "width": 3}, "width", "1 numbers make no image"),
        ({"line": "h", "across": ["x", "w"]}, 'h"', "h is no straight sum of x and w"),
    ],
)
def test_a_picture_is_told_at_its_field(picture: dict[str, object], place: str, says: str, tmp_path: Path) -> None:
    shown = ", ".join(f"{key} = {json.dumps(value)}" for key, value in picture.items())
    text = UNIT.replace('explore = "main"', f'explore = "main"\npicture = {{ {shown} }}')
    (problem,) = check(tmp_path, text).errors
    assert says in problem.what
    line, column = problem.line or 0, problem.column or 0
    assert text.splitlines()[line - 1][column - 1 :].startswith(place), str(problem)
