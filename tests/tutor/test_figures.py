"""Pictures of a lesson: the numbers they show, how they are drawn and told, and what is refused at its place."""

import io
import json
import math
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import EngineError
from tutor.cli import main
from tutor.draw.cells import STYLES, cell_width, row_text, text_of
from tutor.draw.figure_fits import crowded_pictures, unfit_pictures
from tutor.draw.figure_words import figure_words, trend
from tutor.draw.figures import Room, figure_rows
from tutor.draw.thumbnails import resized
from tutor.figures.figure import Bars, Curves, Histogram, Images, Line, Matrix, Untold, from_dict, to_dict
from tutor.figures.kinds import figure_of, figure_or_reason
from tutor.lesson_file import read_data
from tutor.opening import graph_problems, open_loaded
from tutor.plain import run_plain
from tutor.request import Request

HEAD = """format = 1
id = "pictures"
title = "Pictures"

[graph.main]
given = { x = 1.5, y = 0.0 }
weights = { w = 2.0, b = 0.5 }
nodes = ["a = w*x + b", "s = sigmoid(a)", "L = bce(s, y)"]

[graph.plane]
given = { x1 = 1.0, x2 = 1.0, y = 1.0 }
weights = { t0 = 1.0, t1 = 2.0, t2 = 3.0 }
nodes = ["g = t0 + t1*x1 + t2*x2", "L = bce(sigmoid(g), y)"]
rows = [{ x1 = 1, x2 = 1, y = 1 }, { x1 = -1, x2 = -1, y = 0 }, { x1 = 0.5, x2 = -1.5, y = 0 }]

[graph.soft]
given = { epochs = [0, 1, 2], loss = [0.9, 0.3, 0.5] }
weights = { z = [2.0, 1.0, 0.1], W = [[1.0, -2.0], [0.5, 0.25]] }
nodes = ["p = softmax(z)", "q = sum(p) + sum(W) + sum(loss*epochs)"]

[run.slow]
graph = "plane"
lr = 0.05
epochs = 6

[data.moons]
from = "moons"
n = 60
split = { train = 0.7, validation = 0.3 }

[model.line]
layers = [{ units = 3, activation = "tanh" }, { units = 1, activation = "sigmoid" }]

[run.net]
model = "line"
data = "moons"
loss = "bce"
lr = 0.5
epochs = 8

"""


def loaded(picture: str, step: str = 'say = "text"', head: str = HEAD):
    reading = read_data(f"{head}[[step]]\n{step}\npicture = {{ {picture} }}\n".encode(), "/nowhere/lesson.toml")
    assert reading.loaded is not None and not reading.problems, reading.problems
    return reading.loaded


def opened(picture: str, step: str = 'say = "text"'):
    return open_loaded(loaded(picture, step), Request("lesson.toml"))


def shown(picture: str):
    session = opened(picture)
    return figure_of(session, session.step)


def said(picture: str, step: str = 'say = "text"', head: str = HEAD) -> list[str]:
    reading = read_data(f"{head}[[step]]\n{step}\npicture = {{ {picture} }}\n".encode(), "f")
    more = graph_problems(reading.loaded) if reading.loaded is not None and not reading.problems else []
    return [str(problem) for problem in [*reading.problems, *more]]


# -- numbers


def test_a_curve_holds_the_formula_at_every_place():
    figure = shown('curve = ["sigmoid(w*x + b)", "step(x)", "dL/dw"], across = "x", from = -6, to = 6')
    assert figure.across == "x" and figure.marks == (1.5,)
    places = np.linspace(-6, 6, 161)
    np.testing.assert_allclose(figure.lines[0].places, places)
    np.testing.assert_allclose(figure.lines[0].values, 1 / (1 + np.exp(-(2 * places + 0.5))))
    np.testing.assert_array_equal(figure.lines[1].values, places > 0)
    np.testing.assert_allclose(figure.lines[2].values, places / (1 + np.exp(-(2 * places + 0.5))))


def test_a_curve_over_an_entry_and_of_an_array():
    figure = shown('graph = "soft", curve = "p", across = "z[1]", from = -1, to = 2')
    assert [line.label for line in figure.lines] == ["p[0]", "p[1]", "p[2]"]
    for place, *values in list(zip(figure.lines[0].places, *(line.values for line in figure.lines), strict=True))[::40]:
        whole = math.exp(2) + math.exp(place) + math.exp(0.1)
        assert values == pytest.approx([math.exp(2) / whole, math.exp(place) / whole, math.exp(0.1) / whole])


def test_a_curve_over_rows_is_sorted_by_its_places():
    figure = shown('graph = "plane", curve = "g", across = "x1"')
    assert figure.lines[0].places == (-1.0, 0.5, 1.0)
    assert figure.lines[0].values == (-4.0, -2.5, 6.0)


def test_a_curve_over_the_entries_of_a_vector():
    figure = shown('graph = "soft", curve = "loss", across = "epochs", labels = ["validation"]')
    assert figure.lines == (Line("validation", (0.0, 1.0, 2.0), (0.9, 0.3, 0.5)),)


def test_bars_have_the_numbers_of_arrays_and_names():
    figure = shown('graph = "soft", bars = ["p", "q"], labels = ["cat", "dog"]')
    whole = math.exp(2) + math.exp(1) + math.exp(0.1)
    assert figure.labels == ("cat", "dog", "p[2]", "q")
    assert figure.values[:3] == pytest.approx([math.exp(2) / whole, math.exp(1) / whole, math.exp(0.1) / whole])


def test_a_jacobian_has_outputs_in_rows_and_inputs_in_columns():
    figure = shown('graph = "soft", matrix = "d(p)/d(z)"')
    p = np.exp([2, 1, 0.1]) / np.exp([2, 1, 0.1]).sum()
    np.testing.assert_allclose(figure.values, np.diag(p) - np.outer(p, p))
    assert (figure.rows, figure.columns) == (("p[0]", "p[1]", "p[2]"), ("z[0]", "z[1]", "z[2]"))
    assert shown('graph = "soft", matrix = "W"').values == ((1.0, -2.0), (0.5, 0.25))
    assert shown('graph = "soft", matrix = "d(p[1])/d(z)", rows = ["p_2"]').rows == ("p_2",)


def test_a_decision_line_goes_through_its_zeros_at_a_right_angle_to_its_normal():
    figure = shown('graph = "plane", line = "g", across = ["x1", "x2"], classes = "y"')
    boundary, normal, zero, one = figure.lines
    spots = np.array([boundary.places, boundary.values])
    np.testing.assert_allclose(1 + 2 * spots[0] + 3 * spots[1], 0, atol=1e-9)
    arrow = np.array([normal.places[-1] - normal.places[0], normal.values[-1] - normal.values[0]])
    assert arrow @ (spots[:, -1] - spots[:, 0]) == pytest.approx(0, abs=1e-9)
    assert arrow @ [2, 3] > 0
    assert (normal.places[0], normal.values[0]) == pytest.approx((-2 / 13, -3 / 13))
    assert (one.label, one.places, one.values, one.dots) == ("class 1", (1.0,), (1.0,), True)
    assert zero.places == (-1.0, 0.5)
    assert "class 0: 0 of 2 points on the positive side." in figure.notes
    assert figure.equal


def test_differences_are_as_far_off_as_finite_differences_are():
    figure = shown('differences = "dL/dw"')
    forward, central = figure.lines
    assert figure.log and figure.log_across

    def loss(w: float) -> float:
        return math.log1p(math.exp(1.5 * w + 0.5))

    exact = 1.5 / (1 + math.exp(-3.5))
    at = forward.places.index(pytest.approx(0.01))
    assert forward.values[at] == pytest.approx(abs((loss(2.01) - loss(2)) / 0.01 - exact), rel=1e-6)
    assert central.values[at] == pytest.approx(abs((loss(2.01) - loss(1.99)) / 0.02 - exact), rel=1e-4)
    assert min(central.values) < 1e-9 < central.values[-1]


def test_images_are_rows_of_an_array_and_of_weights():
    figure = shown('graph = "soft", images = "W", width = 1')
    assert figure.images == (((1.0,), (-2.0,)), ((0.5,), (0.25,)))
    session = opened('images = "layer1.weight", run = "net", width = 2')
    weights = session.trained("net").weights["layer1.weight"]
    assert [list(image[0]) for image in figure_of(session, session.step).images] == weights


def test_a_histogram_counts_every_number_once():
    session = opened('histogram = ["layer1.weight", "layer1"], run = "net"')
    figure = figure_of(session, session.step)
    weights = np.array(session.trained("net").weights["layer1.weight"])
    assert [sum(counts) for counts in figure.counts] == [6, 42 * 3]
    assert figure.means[0] == pytest.approx(weights.mean()) and figure.deviations[0] == pytest.approx(weights.std())
    edges = figure.edges
    assert figure.counts[0][3] == sum(edges[3] <= weight < edges[4] for weight in weights.ravel())


def test_runs_are_drawn_as_they_were_trained_and_the_best_epoch_is_marked():
    session = opened('runs = ["net"], plot = ["train_loss", "validation_loss"], best = true')
    figure, run = figure_of(session, session.step), session.trained("net")
    assert [list(line.values) for line in figure.lines] == [run.history["train_loss"], run.history["validation_loss"]]
    assert figure.marks == (run.best["epoch"],)


def test_a_run_is_trained_once():
    session = opened('runs = ["net"]')
    assert session.trained("net") is session.trained("net")
    changed = session.edit("plane", "t1", 5.0)
    assert changed.trained("net") is session.trained("net")
    assert changed.trained("slow") is not session.trained("slow")


# -- faces

FIGURES = [
    shown('curve = ["s", "a"], across = "x", from = -6, to = 6'),
    shown('graph = "plane", line = "g", across = ["x1", "x2"], classes = "y"'),
    shown('graph = "soft", bars = "p"'),
    shown('graph = "soft", matrix = "d(p)/d(z)"'),
    shown('differences = "dL/dw"'),
    shown('graph = "soft", images = "W", width = 1'),
    shown('graph = "soft", histogram = ["z", "W"]'),
    Bars("many", tuple(map(str, range(153))), tuple(10.0**-i for i in range(153)), True),
    Curves("", (Line("none", (0.0, 1.0), (math.nan, math.inf)),)),
    Bars("", ("a", "b"), (math.nan, 0.0), True),
    Matrix("", ("r",), tuple("abcdefghijklmnopqrstuvwxyz"), ((0.123456,) * 26,)),
    Histogram("", ("a",), (0.0, 1.0), ((0,),), (math.nan,), (math.nan,)),
    Images("", ("a",), (((math.nan, 1.0), (2.0, 3.0)),)),
    Untold("", "why\x1b[31m not"),
]


@pytest.mark.parametrize("figure", FIGURES, ids=lambda figure: figure.kind)
@pytest.mark.parametrize("size", [(80, 24), (80, 8), (40, 12), (160, 40), (9, 3), (3, 1)])
@pytest.mark.parametrize("ascii_only", [False, True])
def test_a_figure_stays_in_its_room(figure, size, ascii_only):
    for colour in (False, True):
        rows = figure_rows(figure, Room(*size, colour=colour, ascii_only=ascii_only))
        assert len(rows) <= size[1]
        assert all(cell_width(row_text(row)) <= size[0] for row in rows)
        assert {run.style for row in rows for run in row} <= set(STYLES)
        assert "\x1b" not in text_of(rows)
        assert not ascii_only or text_of(rows).isascii(), text_of(rows)


@pytest.mark.parametrize("figure", FIGURES, ids=lambda figure: figure.kind)
def test_a_figure_goes_through_json_and_comes_back(figure):
    text = json.dumps(to_dict(figure))
    assert repr(from_dict(json.loads(text))) == repr(figure)


@pytest.mark.parametrize("figure", FIGURES, ids=lambda figure: figure.kind)
def test_a_figure_is_told_in_words(figure):
    lines = list(figure_words(figure))
    assert len(lines) > 1
    assert all(line.isprintable() for line in lines)


def test_words_name_every_bar_the_smallest_and_the_largest():
    words = "\n".join(figure_words(Bars("p", ("cat", "dog", "owl"), (0.7, 0.2, 0.1))))
    assert "cat: 0.7" in words and "owl: 0.1" in words
    assert "Largest in size: cat, 0.7; smallest: owl, 0.1." in words


def test_words_part_the_names_of_a_matrix_from_its_numbers():
    matrix = Matrix("s", ("row 1", "row 2"), ("column 1", "column 2"), ((1.0, -2.0), (0.5, 0.25)))
    assert list(figure_words(matrix))[2:] == [
        "  row 1: column 1: 1, column 2: -2",
        "  row 2: column 1: 0.5, column 2: 0.25",
    ]


def test_words_tell_a_curve_of_few_points_one_by_one_and_of_many_where_it_turns():
    few = Curves("", (Line("L", (1.0, 2.0, 3.0), (4.0, 1.0, 2.0)),), "w")
    assert "  L: 4 at w = 1, 1 at 2, 2 at 3." in list(figure_words(few))
    valley = tuple(float(abs(x - 4)) for x in range(10))
    many = Curves("", (Line("L", tuple(map(float, range(10))), valley),), "w")
    assert "  L: from 4 at w = 0 to 5 at 9; falls, then rises; smallest 0 at 4." in list(figure_words(many))


def test_words_tell_a_run_from_epoch_to_epoch():
    run = Curves("", (Line("L", (0.0, 1.0, 2.0), (4.0, 1.0, 2.0)),), "epoch")
    assert list(figure_words(run))[-1] == "  Epoch by epoch: 4, 1, 2."


def test_words_say_where_a_curve_of_levels_jumps():
    places = tuple(k / 10 for k in range(30))
    curve = Curves("", (Line("E", places, tuple(2.0 if x < 0.55 else 0.0 if x < 1.95 else 1.0 for x in places)),), "t")
    assert list(figure_words(curve))[1:] == [
        "  E: 2 at t = 0; level, but it jumps to 0 between 0.5 and 0.6, to 1 between 1.9 and 2."
    ]


def test_words_say_where_a_line_and_its_few_points_lie():
    words = list(figure_words(shown('graph = "plane", line = "g", across = ["x1", "x2"], classes = "y"')))
    assert words[0] == "Picture (a line on the plane):"
    assert "  The line goes through (0, -0.333) and (-0.5, 0)." in words
    assert "  class 1: 1 point at (1, 1)." in words
    assert any(line.startswith("  class 0: 2 points at (-1, ") for line in words)


@pytest.mark.parametrize(
    ("ends", "words"),
    [
        (((-2, -4), (2, 4)), "(0, 0) and (1, 2)"),
        (((-2, 3), (2, 3)), "(0, 3) and (1, 3)"),
        (((3, -2), (3, 2)), "(3, 0) and (3, 1)"),
        (((0, -2), (0, 2)), "(0, 0) and (0, 1)"),
    ],
)
def test_words_say_where_a_line_lies_that_does_not_cross_both_axes(ends, words):
    places, values = zip(*ends, strict=True)
    figure = Curves("", (Line("boundary", places, values),), "x1, x2", equal=True)
    assert f"  The line goes through {words}." in list(figure_words(figure))


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ([1, 1, 1], "stays level"),
        ([0, 1, 2], "rises"),
        ([2, 1.99, 2.0, 0], "falls"),
        ([0, 5, 0], "rises, then falls"),
        ([0, 5, 0, 5, 0, 5], "goes up and down (4 turns)"),
    ],
)
def test_trends(values, words):
    assert trend(values) == words


def test_a_trend_on_a_logarithmic_axis_counts_powers():
    valley = [1e-2, 1e-6, 1e-11, 1.1e-11, 1e-4]
    assert trend(valley, log=True) == "falls, then rises"


def test_many_bars_become_columns_with_their_scale():
    rows = text_of(figure_rows(FIGURES[7], Room(80, 14)))
    assert "1e-1 │" in rows and "1e-152" in rows and "153" in rows and "to a column" in rows


def test_a_line_keeps_its_right_angle_in_cells():
    figure = FIGURES[1]
    rows = figure_rows(figure, Room(78, 20))
    assert any("•" in row_text(row) for row in rows)
    assert any("×" in row_text(row) for row in rows[1:])


@given(st.integers(1, 9), st.integers(1, 9), st.integers(1, 20), st.integers(1, 20))
def test_resized_images_keep_their_limits(tall, wide, down, across):
    image = [[float(y * wide + x) for x in range(wide)] for y in range(tall)]
    grid = resized(image, down, across)
    assert (len(grid), len(grid[0])) == (down, across)
    assert min(map(min, grid)) >= 0 and max(map(max, grid)) <= tall * wide - 1


# -- what is refused


@pytest.mark.parametrize(
    ("picture", "message"),
    [
        ("", "a picture has exactly one of curve, bars"),
        ('bars = "p", matrix = "p"', "this one has bars and matrix"),
        ('bar = "p"', "unknown key"),
        ('curve = "q*", across = "x", from = 0, to = 1', "f:43:22: unknown name q"),
        ('curve = "sgmoid", across = "x", from = 0, to = 1', "unknown name sgmoid"),
        ('curve = ["s", "nope"], across = "x", from = 0, to = 1', "unknown name nope"),
        ('curve = "s", across = "x", from = 1, to = 0', "the axis ends at 0, before it begins"),
        ('curve = "s", across = "x", from = 1', "from and to belong together"),
        ('curve = "s", across = "x", from = -1, to = 1, log_across = true', "begins above 0"),
        ('curve = "s", graph = "mian", across = "x", from = 0, to = 1', 'did you mean "main"?'),
        ('line = "g", across = ["x1"]', "a line needs the two inputs"),
        ('runs = ["slwo"]', 'did you mean "slow"?'),
        ('runs = ["slow"], plot = ["train_los"]', 'did you mean "train_loss"?'),
        ('runs = ["slow"], plot = ["validation_loss"]', "no run here measures"),
        ('path = "net"', "only a run of a single unit"),
        ('bars = "s", width = 3', "width means nothing in a picture with bars"),
    ],
)
def test_a_wrong_picture_is_told_at_its_place(picture, message):
    found = said(picture)
    assert any(message in one for one in found), found
    assert all(one.startswith("f:") for one in found)


def test_a_picture_belongs_beside_text():
    assert any("picture means nothing in a step with walk" in one for one in said('bars = "s"', 'walk = "forward"'))


@pytest.mark.parametrize(
    ("picture", "reason"),
    [
        ('curve = "s", across = "a", from = 0, to = 1', "a is no given value or weight"),
        ('graph = "soft", curve = "p", across = "z", from = 0, to = 1', "z is an array; name one entry"),
        ('curve = "s"', "a curve needs from and to"),
        ('graph = "plane", line = "L", across = ["x1", "x2"]', "L is no straight sum of x1 and x2"),
        ('differences = "L"', "differences needs a derivative"),
        ('graph = "soft", images = "z", width = 2', "3 numbers make no image"),
        ('histogram = "layer9", run = "net"', "net has no layer or weights layer9"),
        ('images = "layer1.wight", run = "net"', "did you mean layer1.weight"),
    ],
)
def test_what_cannot_be_drawn_says_why_and_fails_the_check(picture, reason):
    session = opened(picture)
    with pytest.raises(EngineError, match=re.escape(reason)):
        figure_of(session, session.step)
    assert reason in figure_or_reason(session, session.step).says
    assert [i for i, _ in unfit_pictures(session)] == [0]


def test_text_that_leaves_no_room_is_told():
    lines = "\\n".join(["line"] * 13)
    session = opened('bars = "s"', f'say = "{lines}"')
    assert [i for i, _ in crowded_pictures(session)] == [0]
    assert list(crowded_pictures(opened('bars = "s"'))) == []


def test_every_face_shows_the_picture(tmp_path: Path, capsys, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    path = tmp_path / "lesson.toml"
    text = HEAD + '[[step]]\nsay = "Bars."\npicture = { graph = "soft", bars = "p", title = "Three bars" }\n'
    path.write_text(text + '[[step]]\ntrain = ["slow", "net"]\n', encoding="utf-8")
    assert main(["run", str(path), "--headless"]) == 0
    out = capsys.readouterr().out
    assert "Picture: Three bars" in out and "p[0]: 0.659" in out
    assert all(len(line) <= 80 for line in out.splitlines())
    assert main(["run", str(path), "--headless", "--format", "json"]) == 0
    picture = json.loads(capsys.readouterr().out)["pictures"][0]
    assert picture["step"] == 1 and picture["kind"] == "bars" and picture["values"][0] == pytest.approx(0.65900114)
    sink = io.StringIO()
    assert run_plain(Request(str(path)), io.StringIO("\n\nquit\n"), sink) == 0
    told = sink.getvalue()
    assert "p[0]: 0.659" in told and "Training loss: starts at" in told and "net:" in told
    assert not set(told) & set("█▞│"), "who hears it gets words"
    assert main(["export", str(path), "--to", "markdown"]) == 0
    assert "█" in capsys.readouterr().out


def test_an_unknown_plot_of_a_training_step_is_told():
    text = HEAD + '[[step]]\ntrain = ["slow"]\nplot = ["train_loss", "validaton_loss"]\n'
    found = [str(problem) for problem in read_data(text.encode(), "f").problems]
    assert found and "no run here measures" in found[0] and found[0].startswith("f:43:")
    text = HEAD + '[[step]]\ntrain = ["slow", "net"]\nplot = ["validaton_loss"]\n'
    found = [str(problem) for problem in read_data(text.encode(), "f").problems]
    assert found and 'did you mean "validation_loss"?' in found[0]


def test_a_domain_of_a_node_is_told():
    text = (
        HEAD.replace('"L = bce(s, y)"]\n', '"L = bce(s, y)"]\ndomain = { s = "unit" }\n', 1) + '[[step]]\nsay = "x"\n'
    )
    found = [str(problem) for problem in read_data(text.encode(), "f").problems]
    assert len(found) == 1 and "s is a node: its value follows from the others" in found[0], found
