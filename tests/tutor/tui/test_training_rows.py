"""Rows of the training screen from hand-made snapshots, and how one looks at runs."""

import math
from dataclasses import replace

import pytest

from tutor.draw.cells import row_text, text_of
from tutor.tui.rows.training_rows import (
    curve_rows,
    groups_of,
    layer_rows,
    plane_note,
    plane_rows,
    round_up,
    run_rows,
    told_rows,
    view_row,
    weight_rows,
    window_of,
)
from tutor.tui.training.looking import Looking, parts_of, plots_of, side_view, views_of, wish
from tutor.tui.training.snapshot import Curve, Plane, RunSnapshot

LOSS = {"train_loss": Curve((0, 1, 2), (3.0, 2.0, 1.0)), "validation_loss": Curve((0, 2), (3.0, 2.5))}


def snapshot(name="net", **more):
    told = {"epoch": 2, "epochs": 9, "lr": 0.5, "start": 3.0, "status": "paused", "sentence": "Epoch 2 of 9."}
    told |= {"here": {"train_loss": 1.0, "validation_loss": 2.5}, "curves": LOSS, "have": tuple(LOSS), **more}
    return RunSnapshot(name, **told)


# -- one line a run


@pytest.mark.parametrize(
    ("status", "word"),
    [
        ("ready", "· ready"),
        ("running", "▸ running"),
        ("again", "▸ going back"),
        ("paused", "‖ paused"),
        ("finished", "✓ finished"),
        ("calm", "✓ settled"),
        ("diverged", "✗ diverged"),
    ],
)
def test_each_standing_is_told_by_a_sign_and_a_word(status, word):
    assert word in text_of(run_rows((snapshot(status=status),), 0, None, 80))


def test_a_run_is_told_by_its_glyph_name_and_numbers_in_eighty_columns():
    runs = (snapshot("a-name-that-is-longer-than-most"), snapshot("b", here={}))
    assert text_of(run_rows(runs, 1, None, 80)) == (
        "  ▞ a-name-that-is-long… ‖ paused    epoch 2/9       rate 0.5    loss 1\n"
        "▸ • b                    ‖ paused    epoch 2/9       rate 0.5"
    )
    assert row_text(run_rows(runs, 1, 1, 120)[0]).endswith(
        "epoch 1/9       rate 0.5    loss 1         validation 2.5      "
    )


def test_of_many_runs_those_around_the_chosen_one_are_shown():
    assert list(window_of(9, 0)) == [0, 1, 2, 3, 4, 5]
    assert list(window_of(9, 7)) == [2, 3, 4, 5, 6, 7]
    assert list(window_of(2, 1)) == [0, 1]
    runs = [snapshot(f"run{i}") for i in range(9)]
    text = text_of(run_rows(runs, 7, None, 80))
    assert "run1 " not in text and "▸ ◆ run7" in text
    assert "9 runs, 6 of them shown" in text


# -- what is said


def test_an_earlier_place_is_offered():
    said = text_of(told_rows(snapshot(), {"net": 213}, None, 80))
    assert said == "  You stopped here before: net at epoch 213. r goes on from there; Space starts\n  from epoch 0."


def test_a_diverged_run_is_explained_with_what_to_try():
    one = snapshot(status="diverged", epoch=63, lr=2.0, start=21.0, here={"train_loss": 2e152})
    said = " ".join(text_of(told_rows(one, {}, None, 80)).split())
    assert said == (
        "The loss grew from 21 to 2e152 by epoch 63: at rate 2 each step jumps across the valley and lands higher on "
        "the other side. Try a rate of 0.67 or less, from a fresh start. Press - for a smaller rate, then z "
        "to start again."
    )


def test_a_loss_that_rises_is_warned_of():
    one = snapshot(status="finished", here={"train_loss": 12.0})
    assert "4 times what it was at the start" in text_of(told_rows(one, {}, None, 80))
    assert "! rising" in text_of(run_rows((one,), 0, None, 80))


def test_overfitting_is_said_now_but_not_of_the_past():
    one = snapshot(best=(1, 1.0), since="overfits")
    assert "the run overfits since then" in text_of(told_rows(one, {}, None, 120))
    assert "overfits" not in text_of(told_rows(one, {}, 1, 120))


def test_where_a_question_asks_for_the_trouble_only_what_happened_is_said():
    wild = snapshot(status="diverged", epoch=63, lr=2.0, start=21.0, here={"train_loss": 2e152})
    assert text_of(told_rows(wild, {}, None, 80, diagnose=False)) == "  The loss grew from 21 to 2e152 by epoch 63."
    rising = snapshot(status="finished", here={"train_loss": 12.0})
    assert "times what it was" not in text_of(told_rows(rising, {}, None, 80, diagnose=False))
    late = text_of(told_rows(snapshot(best=(1, 1.0), since="overfits"), {}, None, 120, diagnose=False))
    assert "Lowest validation loss 1 at epoch 1." in late and "overfits" not in late


def test_hostile_names_and_faults_are_made_safe():
    name = "\x1b]52;c;cm0=\x07\u202e[b]x"
    shown = text_of((*run_rows((snapshot(name),), 0, None, 80), *told_rows(snapshot(), {name: 3}, None, 80)))
    assert "\x1b" not in shown and "\x07" not in shown and "\u202e" not in shown


# -- views and curves


def test_views_are_chosen_by_digits_that_never_change():
    one = snapshot(views=("plane", "gradients", "weights", "samples"))
    assert row_text(view_row(one, Looking(), 80)).rstrip() == (
        " [1 all] 2 curves  3 plane  4 gradients  5 weights  6 samples"
    )
    line = snapshot(views=("fit", "weights", "samples", "path"))
    assert row_text(view_row(line, Looking("path", at=7), 80)) == (
        "  1 all  2 curves  3 fit  5 weights  6 samples [7 path]" + " " * 7 + "epoch 7, End: now "
    )
    assert views_of(None) == ("all", "curves")


def test_what_stands_beside_the_curves():
    assert side_view(snapshot(views=("plane", "weights", "samples")), ()) == "plane"
    assert side_view(snapshot(views=("plane", "weights", "samples", "path")), ("slope", "intercept")) == "path"
    assert side_view(snapshot(views=("gradients", "weights", "samples")), ()) == "samples"
    assert side_view(snapshot(views=("weights", "samples")), ()) == "weights"
    assert parts_of("plane", None, ()) == ["plane", "fit"]
    assert parts_of("gradients", None, ()) == []


def test_only_what_is_seen_is_asked_for():
    asked = wish(Looking("samples", at=3, top=4, only_wrong=True), snapshot(), ("train_loss",), (), 9)
    assert asked["show"] == ["samples"]
    assert (asked["at"], asked["samples"]) == (3, {"start": 4, "count": 9, "wrong": True, "validation": False})


def test_the_lessons_curves_come_first_and_what_is_not_measured_is_left_out():
    one = snapshot(have=("train_loss", "slope", "gradient_norm.layer1", "gradient_norm.layer2"))
    assert plots_of(one, ("slope", "intercept")) == [
        ("slope",), ("train_loss",), ("gradient_norm.layer1", "gradient_norm.layer2"),
    ]  # fmt: skip


def test_six_signs_are_shared_out():
    runs = [snapshot(f"run{i}") for i in range(5)]
    groups, left_out = groups_of(runs, 0, ("train_loss", "validation_loss"))
    assert [group.words for group in groups] == ["training loss"]
    assert left_out == 1
    text = text_of(curve_rows(runs, ("train_loss", "validation_loss"), Looking(), 78, 16))
    assert all(f"run{i}" in text for i in range(5))
    assert "(validation loss: t)" in text


def test_a_run_keeps_its_sign_whatever_is_shown_beside_it():
    places = {"plain": (0, 3), "heavy": (1, 3), "fast": (2, 3)}
    runs = [snapshot("fast"), snapshot("heavy")]
    assert [row_text(row)[2:9] for row in run_rows(runs, 0, None, 80, places)] == ["+ fast ", "• heavy"]
    groups, _ = groups_of(runs, 0, ("train_loss", "validation_loss"), places)
    assert [[one.sign for one in group.curves] for group in groups] == [[2, 1], [5, 4]]
    text = text_of(curve_rows(runs, ("train_loss", "validation_loss"), Looking(), 78, 16, places))
    assert "training loss:  + fast  • heavy" in text and "validation loss:  ◆ fast  ○ heavy" in text


def test_layers_are_compared_within_one_run():
    keys = ("gradient_norm.layer1", "gradient_norm.layer2")
    runs = [snapshot(name, curves={key: Curve((0,), (1.0,)) for key in keys}) for name in "ab"]
    groups, _ = groups_of(runs, 1, keys)
    assert [(group.words, [one.label for one in group.curves]) for group in groups] == [
        ("gradient size, layer1", ["b"]),
        ("gradient size, layer2", ["b"]),
    ]


@pytest.mark.parametrize(
    ("last", "epochs", "end"),
    [(0, 300, 2), (1, 300, 2), (11, 300, 20), (299, 300, 300), (300, 250, 300), (64, 5000, 70)],
)
def test_the_axis_ends_at_a_round_epoch(last, epochs, end):
    assert round_up(last, epochs) == end


# -- pictures


def test_the_plane_fills_its_room():
    plane = Plane(((0.0, 0.5), (1.0, math.nan)), (0.0, 1.0, 0.0, 2.0), ((0.5, 0.5, 1), (0.1, 0.1, 0)))
    for colour in (True, False):
        rows = plane_rows(plane, 20, 6, colour=colour)
        assert [len(row_text(row)) for row in rows] == [20] * 6
        assert "×" in text_of(rows)
    assert plane_note(plane) == "○ 0 × 1  x1 0…1  x2 0…2"
    assert plane_rows(plane, 7, 6, colour=True) == ()
    named = replace(plane, names=("height", "weight"), reach=(150.0, 200.0, 36.0, 100.0))
    assert plane_note(named) == "○ 0 × 1  height 150…200  weight 36…100"


def test_what_the_gradients_of_the_layers_mean_is_left_to_a_question_that_asks_it():
    stuck = snapshot(here={"gradient_norm.layer1": 0.0, "gradient_norm.layer2": 0.5})
    told, kept_back = (text_of(layer_rows(stuck, 70, diagnose=diagnose)) for diagnose in (True, False))
    assert "layer1 gets no gradient at all" in told
    assert "layer1" in kept_back and "gets no gradient" not in kept_back


def test_gradients_and_weights_of_nothing_are_nothing():
    assert layer_rows(snapshot(), 60) == ()
    assert tuple(weight_rows((), 60, 9)) == ()


# -- how one looks


def test_scrubbing_stops_at_either_end():
    assert Looking().scrubbed(-5, 20).at == 15
    assert Looking(at=15).scrubbed(5, 20).at is None
    assert Looking(at=3).scrubbed(-999, 20).at == 0
    assert Looking().scrubbed(-1, 0).at is None


def test_zooming_keeps_the_epoch_that_is_looked_at():
    once = Looking(at=50).zoomed(True, 100)
    assert once.window == (25, 75)
    assert once.zoomed(True, 100).window == (38, 63)
    assert once.zoomed(False, 100).window is None
    assert Looking().zoomed(True, 100).window == (50, 100)
    assert Looking(at=0).zoomed(True, 100).window == (0, 50)
    assert Looking().zoomed(True, 3).window is None


def test_smoothing_goes_round_and_rolling_stops_at_the_top():
    assert [Looking().smoother().smooth, Looking(smooth=100).smoother().smooth] == [10, 1]
    assert Looking(top=3).rolled(-9).top == 0
    assert Looking(top=3).viewed("weights").top == 0
