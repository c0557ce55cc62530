"""`tutor check`: each of many broken lessons is named at its line, and good ones are silent."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.tutor import sample_lessons as lessons
from tests.tutor.commands import Done, run
from tutor.course import course
from tutor.lesson_check import check_lesson

ROWS = lessons.ROWS.replace("ask =", "accept_hidden = true\nask =")
GOOD = {"unit": lessons.UNIT, "rows": ROWS, "net": lessons.NET}
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
    Broken("unit", 'number = "dL/da"', 'number = "dL/dq"', "unknown name dL"),
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
    # TOML
    Broken("unit", 'title = "One unit"', 'title = "One unit', "quotes"),
    Broken("unit", 'title = "One unit"', "title = One unit", "quotes"),
    Broken("unit", 'title = "One unit"', 'title "One unit"', "="),
    Broken("unit", 'title = "One unit"', 'title = "a"\ntitle = "b"', "twice", 1),
]
WARNINGS = [
    Broken("unit", 'hints = ["Two edges lead back.", ', 'hints = ["It is -0.25.", ', "contains the answer"),
    Broken("unit", 'summary = "A', 'needs = ["no-such"]\nsummary = "A', "no lesson no-such"),
    Broken("unit", "What comes out of a unit", "word " * 400 + "What", "a screen of 80 × 24"),
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
        assert done.status == 2 and f":{text[: text.index('[data')].count(chr(10)) + 1}:" in done.err, done.err
        assert "1,0" not in done.err


@pytest.mark.parametrize("lesson", SHIPPED)
def test_every_shipped_lesson_is_without_errors(lesson: str) -> None:
    assert check_lesson(lesson).errors == ()


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
    again = run(capsys, "new", "my-first-net")
    assert again.status == 2 and "there is a lesson already" in again.err
    assert (tmp_path / "my-first-net" / "lesson.toml").read_text("utf-8") == before


@pytest.mark.parametrize("name", ["", "-a", "a--b", "A", "ä", "a b", "a/", "x" * 81, ".."])
def test_new_refuses_what_is_no_id(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from tutor.cli import main

    monkeypatch.chdir(tmp_path)
    if name != "a/":
        assert main(["new", "--", name]) == 2
        assert list(tmp_path.iterdir()) == []
