"""`tutor check`: each of many broken lessons is named at its line, and good ones are silent."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.tutor import sample_lessons as lessons
from tests.tutor.commands import Done, run
from tutor.checking import Seen, shown_since
from tutor.course import course
from tutor.lesson_check import Checked, check_lesson
from tutor.lesson_file import load
from tutor.opening import open_loaded
from tutor.proof.findings import Findings
from tutor.proof.training import check_runs
from tutor.request import Request

ROWS = lessons.ROWS.replace("ask =", "accept_hidden = true\nask =")
NET = lessons.NET.replace("[model.net]", '[model.net]\ninit = "xavier"')
GOOD = {"unit": lessons.UNIT, "rows": ROWS, "net": NET}
SHIPPED = [entry.id for unit in course().units for entry in unit.lessons]


@dataclass(frozen=True)
class Broken:
    """One thing changed in a good lesson: the line of `new` is where the problem is, plus `below`."""

    good: str
    old: str
    new: str
    says: str
    below: int = 0

    def text(self) -> str:
        text = GOOD[self.good]
        assert self.old in text, self.old
        return text.replace(self.old, self.new, 1)

    def line(self) -> int:
        text = GOOD[self.good]
        return text[: text.index(self.old)].count("\n") + 1 + self.below


ERRORS = [
    # a fault that has no place in the graph, where the step names it
    Broken("unit", "[[step]]", '[[step]]\nbug = "main"\nfault = "diagonal-only"\n\n[[step]]', "cannot be put into", 2),
    # keys and types
    Broken("unit", "summary =", "sumary =", 'unknown key "sumary"; did you mean "summary"?'),
    Broken("unit", "weights =", "wieghts =", 'did you mean "weights"?'),
    Broken("unit", "points = 2", "point = 2", 'did you mean "points"?'),
    Broken("unit", "[graph.main]", "[grpah.main]", 'did you mean "graph"?'),
    Broken("unit", "format = 1", "format = 2", "format"),
    Broken("unit", "format = 1", 'format = "1"', "format"),
    Broken("unit", 'id = "one-unit"', 'id = "One unit"', "not a slug"),
    Broken("unit", 'title = "One unit"', "title = 7", "title"),
    Broken("unit", 'title = "One unit"', 'title = ""', "title"),
    Broken("unit", "points = 2", "points = -1", "points"),
    Broken("unit", "points = 2", 'points = "2"', "points"),
    Broken("unit", "x = 2.0", 'x = "2"', "x"),
    Broken("unit", "x = 2.0", "x = true", "x"),
    Broken("unit", "x = 2.0", "x = nan", "finite"),
    Broken("unit", "x = 2.0", "x = 9007199254740993", "2^53"),
    Broken("unit", 'walk = "forward"', 'walk = "forwards"', 'did you mean "forward"?'),
    Broken("unit", 'order = "forward"', 'order = "up"', "order"),
    Broken("unit", "right = true", "right = 1", "right"),
    Broken("unit", 'hints = ["One factor for each edge."]', 'hints = "One"', "hints"),
    # steps
    Broken("unit", 'number = "dL/da"', "", "exactly one of", -3),
    Broken("unit", 'number = "dL/da"', 'number = "dL/da"\nformula = "dL/da"', "number and formula", -3),
    Broken("unit", 'explore = "main"', 'explore = "main"\nsay = "x"', "say and explore", -1),
    Broken("unit", 'explore = "main"', 'explore = "mian"', 'did you mean "main"?'),
    Broken("unit", 'id = "dl-dw"', 'id = "dl-da"', "dl-da"),
    # formulas
    Broken("unit", '"a = w*x + b"', '"a = w*x + c"', "unknown name c"),
    Broken("unit", '"a = w*x + b"', '"a = w*x + "', ""),
    Broken("unit", '"a = w*x + b"', '"a = sigmod(w*x) + b"', "sigmod"),
    Broken("unit", '"a = w*x + b"', '"a = (w*x + b"', ""),
    Broken("unit", '"a = w*x + b"', '"a = h + b"', "circle"),
    Broken("unit", '"a = w*x + b"', '"h = w*x + b"', "h"),
    Broken("unit", '"a = w*x + b"', '"a = x @ w + b"', "@"),
    Broken("unit", 'output = "L"', 'output = "M"', "M is no node"),
    Broken("unit", 'output = "L"', 'output = "x"', "an input, not a node"),
    Broken("unit", "b = -1.0", "b = -1.0, x_ = 1.0", "same name"),
    Broken("unit", 'number = "dL/da"', 'number = "dL/dq"', "unknown name q in dL/dq"),
    Broken("unit", 'number = "dL/da"', 'number = "dL/da +"', ""),
    Broken("unit", 'formula = "dL/dw"', 'formula = "dM/dw"', "M"),
    Broken("unit", 'walk = "backward"', 'walk = "backward"\nto = "q"', "q", 1),
    # own numbers
    Broken("unit", "w = { choose", "v = { choose", "no graph has a value v"),
    Broken("unit", "choose = [0.6, 0.7, 0.8, 0.9, 1.1]", "choose = []", "choose"),
    Broken("unit", "choose = [0.6, 0.7, 0.8, 0.9, 1.1]", "from = 2, to = 1, step = 1", "above"),
    # rows
    Broken("rows", "{ x = 2, t = 3 }", "{ x = 2, q = 3 }", "q"),
    Broken("rows", "{ x = 2, t = 3 }", "{ x = [1, 2], t = 3 }", "shape"),
    Broken("rows", "{ x = 2, t = 3 }", "{ x = 2, t = inf }", "finite"),
    # data, models, runs
    Broken("net", 'from = "moons"', 'from = "moon"', 'did you mean "moons"?'),
    Broken("net", "n = 60", "n = 0", "n"),
    Broken("net", "noise = 0.1", "noise = -1", "noise"),
    Broken("net", 'activation = "tanh"', 'activation = "tan"', "activation"),
    Broken("net", "units = 4", "units = 0", "units"),
    Broken("net", "units = 4", "units = 1000000000", "units"),
    Broken("net", 'loss = "bce"', 'loss = "bec"', "loss"),
    Broken("net", 'model = "net"', 'model = "nett"', 'did you mean "net"?'),
    Broken("net", 'data = "points"', 'data = "point"', 'did you mean "points"?'),
    Broken("net", 'like = "slow"', 'like = "slwo"', 'did you mean "slow"?'),
    Broken("net", 'like = "slow"', 'like = "fast"', "never ends"),
    Broken("net", "lr = 0.1", "lr = 0", "lr"),
    Broken("net", "epochs = 12", "epochs = 1e308", "epochs"),
    Broken("net", "batch = 10", 'batch = "some"', "batch"),
    Broken("net", 'train = ["slow", "fast"]', 'train = ["slow", "fats"]', 'did you mean "fast"?'),
    Broken("unit", 'walk = "forward"', 'walk = "forward"\nhints = ["x"]', "means nothing in a step with walk", 1),
    Broken("unit", 'formula = "dL/dw"', 'formula = "dL/dw"\nwithin = 0.1', "means nothing in a step with formula", 1),
    # what can only be told by answering, training and looking around
    Broken("unit", "right = true, ", "", "no option is right", -2),
    Broken("unit", '"It shrinks"', '"it  grows"', "reads like option 1"),
    Broken("unit", '"It shrinks"', '" "', "no text"),
    Broken("unit", 'formula = "dL/dw"', 'formula = "sqrt(0 - 1 - dL/dw^2)"', "cannot be compared"),
    Broken("unit", 'summary = "A', 'needs = ["one-unit"]\nsummary = "A', "need itself"),
    Broken("unit", "choose = [0.6, 0.7, 0.8, 0.9, 1.1]", "choose = [1e999]", "finite"),
    Broken("net", 'init = "xavier"', 'init = "none.npz"', "none.npz"),
    Broken("net", "seed = 3", 'seed = 3\nstart = "none.npz"', "none.npz", 1),
    Broken("net", "seed = 3", 'seed = 3\nstart = "../none.npz"', "leaves its folder", 1),
    # TOML
    Broken("unit", 'title = "One unit"', 'title = "One unit', "quotes"),
    Broken("unit", 'title = "One unit"', "title = One unit", "quotes"),
    Broken("unit", 'title = "One unit"', 'title "One unit"', "="),
    Broken("unit", 'title = "One unit"', 'title = "a"\ntitle = "b"', "twice", 1),
]
VARY = "w = { choose = [0.6, 0.7, 0.8, 0.9, 1.1] }"
FED = 'formula = "dL/dw"\nfeedback = { sign = '
LONG = "a = w*x + b" + " + 0*x" * 30
WARNINGS = [
    # hints and reasons
    Broken("unit", 'hints = ["Two edges lead back.", ', 'hints = ["It is -0.25.", ', "contains the answer"),
    Broken("unit", "One factor for each edge.", "dL/dw = 2(h-y)*h*(1-h)*x, see?", "contains the answer"),
    Broken("unit", "One factor for each edge.", "Try `x(2h - 2y)(h - h^2)` first.", "contains the answer"),
    Broken("unit", "One factor for each edge.", "The answer is 2 (h - y) h (1 - h) x.", "contains the answer"),
    Broken("unit", "One factor for each edge.", " ", "empty"),
    Broken("unit", "One factor for each edge.", "word " * 120, "longer than 6 lines"),
    Broken("unit", ', because = "h is below y and moves up."', "", "gives no reason"),
    Broken(
        "unit", 'formula = "dL/dw"', FED + '"Not: it is 2(h-y)*h*(1-h)*x." }', "this feedback contains the answer", 1
    ),
    Broken("unit", 'formula = "dL/dw"', FED + '" " }', "this feedback is empty", 1),
    Broken("unit", 'formula = "dL/dw"', FED + '"' + "word " * 120 + '" }', "this feedback is longer than 6 lines", 1),
    # questions
    Broken("unit", 'formula = "dL/dw"', 'formula = "dL/dw"\nusing = ["h", "x"]', "no function of h, x alone", 1),
    Broken("rows", 'number = "dL/dw"', 'number = "p"', "p has a value in each of the 3 rows"),
    # texts
    Broken("unit", "What comes out of a unit", "word " * 400 + "What", "a screen of 80 × 24"),
    Broken("unit", "What comes out of a unit", "    " + "x" * 90 + "\nWhat", "a line of code is 94 cells wide"),
    Broken("unit", "w grows a little.", "w grows. " * 130, "with its options"),
    Broken("unit", "One unit", "One unit " * 9, "the catalogue has room"),
    Broken("unit", '"a = w*x + b"', f'"{LONG}"', "fills more than 2 lines"),
    # own numbers
    Broken("unit", VARY, "w = { choose = [0.6] }", "all draw the same numbers", -1),
    # lessons and runs
    Broken("unit", 'summary = "A', 'needs = ["no-such"]\nsummary = "A', "no lesson no-such"),
    Broken("unit", 'summary = "A', 'needs = ["seven-node"]\nsummary = "A', 'did you mean "seven-nodes"?'),
    Broken("rows", "lr = 0.05", "lr = 50.0", "this run diverges", -3),
    Broken("rows", "lr = 0.05", "lr = 0.05\ndiverges = true", "does not diverge", 1),
    Broken("rows", "batch = 1", 'batch = 1\nloss = "squared_error"', "means nothing in a run of a graph", 1),
]


def checked(folder: Path, text: str, capsys: pytest.CaptureFixture[str]) -> tuple[str, Done]:
    path = lessons.written(folder, text)
    return path, run(capsys, "check", path)


@pytest.mark.parametrize("name", GOOD)
def test_good_lessons_are_silent(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, done = checked(tmp_path, GOOD[name], capsys)
    assert done == Done(0, f"{path}: sound\n", "")


@pytest.mark.parametrize("broken", ERRORS, ids=lambda b: f"{b.good}: {b.new[:40]}")
def test_one_thing_wrong_is_one_error_at_its_line(
    broken: Broken, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, done = checked(tmp_path, broken.text(), capsys)
    assert done.status == 2, done
    assert done.out == f"{path}: 1 error, 0 warnings\n", done.err
    match = re.fullmatch(rf"{re.escape(path)}:(\d+):(\d+): (.+)\n", done.err)
    assert match is not None, done.err
    assert int(match[1]) == broken.line(), done.err
    assert broken.says in match[3]


@pytest.mark.parametrize("broken", WARNINGS, ids=lambda b: b.says)
def test_weak_places_are_warnings(broken: Broken, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, done = checked(tmp_path, broken.text(), capsys)
    assert (done.status, done.out) == (1, f"{path}: 0 errors, 1 warning\n"), done.err
    assert done.err.startswith(f"{path}:{broken.line()}:") and done.err.endswith(" (warning)\n")
    assert broken.says in done.err


def test_a_run_that_is_meant_to_diverge_is_silent(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, done = checked(tmp_path, ROWS.replace("lr = 0.05", "lr = 50.0\ndiverges = true"), capsys)
    assert done == Done(0, f"{path}: sound\n", "")


def test_a_run_that_takes_longer_than_the_lesson_is_told(tmp_path: Path) -> None:
    slow = NET.replace("epochs = 12", "epochs = 500000").replace("title =", "minutes = 1\ntitle =")
    loaded = load(lessons.written(tmp_path, slow))
    found = Findings(loaded)
    check_runs(found, open_loaded(loaded, Request("")), second=1e-3)
    assert ["this run takes longer" in problem.what for problem in found.warnings] == [True, True]
    assert [problem.line for problem in found.warnings] == [
        slow[: slow.index(table)].count("\n") + 1 for table in ("[run.slow]", "[run.fast]")
    ]


def test_a_graphs_run_that_takes_longer_is_told(tmp_path: Path) -> None:
    slow = ROWS.replace("epochs = 20", "epochs = 100000").replace("title =", "minutes = 1\ntitle =")
    loaded = load(lessons.written(tmp_path, slow))
    found = Findings(loaded)
    assert check_runs(found, open_loaded(loaded, Request("")), second=1e-3) == {}
    assert "this run takes longer" in found.warnings[0].what


@pytest.mark.parametrize(
    ("given", "vary"),
    [("x = 1.0", "w = { choose = [0.6, 0.7] }"), ("x = 2.5", "x = { choose = [0, 1] }")],
    ids=["the lesson's own", "its variants"],
)
def test_numbers_that_hide_a_mistake(given: str, vary: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = lessons.UNIT.replace("x = 2.0", given).replace(VARY, vary).replace('number = "dL/da"', 'number = "dL/dw"')
    _, done = checked(tmp_path, text, capsys)
    assert done.status == 1 and ("hide a common mistake" in done.err) == (given == "x = 1.0"), done.err
    assert ("a variant draws x = 1, which hides" in done.err or "a variant draws x = 0, which" in done.err) == (
        given != "x = 1.0"
    ), done.err


def course_of(folder: Path, needs: dict[str, str]) -> None:
    (folder / "course.toml").write_text('title = "Own"\n')
    for name, need in needs.items():
        (folder / name).mkdir()
        text = lessons.UNIT.replace("one-unit", name).replace("summary =", f"needs = {need}\nsummary =")
        lessons.written(folder / name, text)


def test_lessons_that_need_each_other_are_a_circle(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    course_of(tmp_path, {"a": '["b"]', "b": '["c"]', "c": '["a"]', "d": '["a"]', "e": "[]", "f": '["e"]'})
    done = run(capsys, "check", str(tmp_path), "--jobs", "1")
    assert done.status == 2
    assert [line.rpartition(": ")[2] for line in done.out.splitlines()] == [
        *["1 error, 0 warnings"] * 3,
        *["sound"] * 3,
    ]
    assert done.err.count("a circle") == 3
    assert all(":4:" in line for line in done.err.splitlines())


def test_a_whole_course_is_checked_in_its_order(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    course_of(tmp_path, {"a": "[]", "b": "[]"})
    (tmp_path / "course.toml").write_text('title = "Own"\n[[unit]]\nid = "u"\ntitle = "U"\nlessons = ["b", "a"]\n')
    done = run(capsys, "check", str(tmp_path), "--jobs", "2")
    assert [Path(line.partition(":")[0]).parent.name for line in done.out.splitlines()] == ["b", "a"]


def test_watching_shows_what_changed(tmp_path: Path) -> None:
    path = lessons.written(tmp_path, lessons.UNIT)
    seen = Seen()
    first = list(shown_since(path, seen))
    assert sum(line.startswith("-- step") for line in first) == 9
    assert "  (right: -0.25)" in first and "  (right: 2)" in first
    assert list(shown_since(path, seen)) == []
    lessons.written(tmp_path, lessons.UNIT.replace("What is ∂L/∂a?", "And ∂L/∂a?"))
    again = list(shown_since(path, seen))
    assert again[0].startswith("-- step 5 of 9") and any("And ∂L/∂a?" in line for line in again)
    assert sum(line.startswith("-- step") for line in again) == 1
    lessons.written(tmp_path, "broken")
    assert list(shown_since(path, seen)) == []


def test_files_that_nothing_uses_are_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "stray.csv").write_text("x\n")
    _, done = checked(tmp_path, lessons.UNIT, capsys)
    assert done.status == 1 and "nothing uses the file stray.csv" in done.err


def test_data_that_lead_out_of_the_folder_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "secret.csv").write_text("x,t\n1,0\n2,1\n")
    folder = tmp_path / "lesson"
    folder.mkdir()
    (folder / "link.csv").symlink_to(tmp_path / "secret.csv")
    for file in ("../secret.csv", str(tmp_path / "secret.csv"), "link.csv", "missing.csv"):
        data = f'from = "csv"\nfile = "{file}"\ninputs = ["x"]\ntarget = "t"'
        text = lessons.NET.replace('from = "moons"\nn = 60\nnoise = 0.1', data)
        _, done = checked(folder, text, capsys)
        assert done.status == 2 and f":{text[: text.index('file =')].count(chr(10)) + 1}:" in done.err, done.err
        assert "1,0" not in done.err
        assert "data lie beside the lesson" in done.err


@pytest.mark.parametrize("lesson", SHIPPED)
def test_every_shipped_lesson_is_sound(lesson: str) -> None:
    assert check_lesson(lesson) == Checked(lesson)


def test_several_are_checked_in_the_order_given(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    paths = [lessons.written(tmp_path, text, f"{name}.toml") for name, text in GOOD.items()]
    first, second = (run(capsys, "check", *paths, "--jobs", jobs) for jobs in ("1", "2"))
    assert first == second
    assert [line.split(":")[0] for line in first.out.splitlines()] == paths


# -- tutor new


def test_what_new_writes_is_sound_and_can_be_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    done = run(capsys, "new", "my-first-net")
    assert done.status == 0 and "my-first-net/lesson.toml" in done.out
    assert run(capsys, "check", "my-first-net") == Done(0, "my-first-net: sound\n", "")
    found = run(capsys, "run", "my-first-net", "--headless", "--format", "json").json
    assert found["lesson"] == {"id": "my-first-net", "title": "My first net"}
    before = (tmp_path / "my-first-net" / "lesson.toml").read_text("utf-8")
    assert json.loads((tmp_path / "my-first-net" / "lesson.schema.json").read_text("utf-8"))["title"] == "Lesson"
    again = run(capsys, "new", "my-first-net")
    assert again.status == 2 and "there is a lesson already" in again.err
    assert (tmp_path / "my-first-net" / "lesson.toml").read_text("utf-8") == before


def test_new_leaves_a_schema_that_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "lesson.schema.json").write_text("{}")
    (tmp_path / "linked").mkdir()
    (tmp_path / "linked" / "lesson.schema.json").symlink_to(tmp_path / "nowhere")
    for name in ("mine", "linked"):
        assert run(capsys, "new", name).status == 0
        assert (tmp_path / name / "lesson.toml").is_file()
    assert (tmp_path / "mine" / "lesson.schema.json").read_text() == "{}"
    assert (tmp_path / "linked" / "lesson.schema.json").is_symlink()


@pytest.mark.parametrize("name", ["", "-a", "a--b", "A", "ä", "a b", "a/", "x" * 81, ".."])
def test_new_refuses_what_is_no_id(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from tutor.cli import main

    monkeypatch.chdir(tmp_path)
    if name != "a/":
        assert main(["new", "--", name]) == 2
        assert list(tmp_path.iterdir()) == []
