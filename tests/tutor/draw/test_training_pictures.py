"""Pictures of training from hand-made numbers: weights, samples, gradients by layer, the line's path, curves."""

import math

import pytest

from tutor.draw.cells import Run, row_text, text_of
from tutor.draw.curves import Group, Happened, Look, curves_picture, legend_rows
from tutor.draw.gradient_bars import gradient_bars, gradient_words
from tutor.draw.plot import Series
from tutor.draw.samples import Sample, Samples, digit, room_for, samples_picture, samples_words
from tutor.draw.separator_path import separator_path
from tutor.draw.weights_map import LayerWeights, biggest_words, glyph, layer_map, pooled, shape_words

# -- weights


@pytest.mark.parametrize(
    ("value", "cells"),
    [
        (0.0, "· "),
        (0.06, "· "),
        (0.07, "+ "),
        (-0.07, "− "),
        (0.5, "++"),
        (-1.0, "−−"),
        (math.nan, "!!"),
        (math.inf, "!!"),
    ],
)
def test_a_weight_has_a_glyph_of_its_sign_and_size(value, cells):
    assert glyph(value, 1.0) == cells
    assert glyph(value, 1.0, ascii_only=True).isascii()


SMALL = LayerWeights("layer1", (2, 3), ((0.5, -1.25, 0.0), (2.0, 0.25, -0.01)), (0.1, -0.2), (2, 1, 2.0), 2.0)


def test_few_weights_are_written_out_with_their_biases():
    assert text_of(layer_map(SMALL, 60, 10)) == (
        "            in 1     in 2     in 3       bias\n"
        "  unit 1    +0.5    -1.25       +0  │    +0.1\n"
        "  unit 2      +2    +0.25    -0.01  │    -0.2"
    )


def test_many_weights_are_a_map_in_glyphs_and_levels():
    rows = layer_map(SMALL, 30, 10)
    assert text_of(rows) == "  unit 1 + −−·  │ ·\n  unit 2 +++ ·  │ −"
    assert rows[0][1:4] == (Run("+ ", "point.0.5"), Run("−−", "point.0.1"), Run("· ", "point.0.4"))


def test_grounds_stay_dark_enough_to_read_on():
    ends = LayerWeights("layer1", (1, 2), ((-1.0, 1.0),), limit=1.0)
    assert [part.style for part in layer_map(ends, 60, 9)[1][1:]] == ["point.0.2", "point.0.6"]
    wide = LayerWeights("layer1", (1, 40), ((-1.0,) * 20 + (1.0,) * 20,), limit=1.0)
    assert [part.style for part in layer_map(wide, 60, 9)[0][1:]] == ["point.0.1", "point.0.7"]


def test_hostile_names_never_reach_a_terminal():
    name = "\x1b[31m\u202e"
    layer = LayerWeights("layer1", (1, 1), ((1.0,),), (0.5,), (1, 1, 1.0), 1.0, (name,), (name,))
    told = Samples(1, 1, 0, "training", (name,), (Sample(1, (1.0,), name, name, 1.0, False),))
    image = Samples(1, 1, 0, "training", (), (Sample(1, (0.0, 1.0), name, name, 1.0, False),), (1, 2))
    for shown in (layer_map(layer, 60, 9), samples_picture(told, 70, 9), samples_picture(image, 70, 9)):
        assert "\x1b" not in text_of(shown) and "\u202e" not in text_of(shown)


def test_a_picture_stands_for_the_largest_of_its_weights():
    grid = [[0.1, -0.9, 0.2, 0.3], [0.0, 0.5, -0.1, 0.2]]
    assert pooled(grid, 1, 2) == [[-0.9, 0.3]]
    assert pooled(grid, 5, 9) == grid
    assert pooled([], 3, 3) == []
    assert math.isnan(pooled([[1.0, math.nan]], 1, 1)[0][0])


def test_units_that_see_an_image_are_pictures_side_by_side():
    units = tuple(tuple(sign * (i % 2) for i in range(4)) for sign in (1.0, -1.0))
    layer = LayerWeights("layer1", (2, 4), units, (0.0, 0.0), (1, 2, 1.0), 1.0, picture=(2, 2))
    assert text_of(layer_map(layer, 40, 8)) == "  unit 1    unit 2\n  · ++      · −−\n  · ++      · −−"


def test_the_largest_weight_is_named():
    assert biggest_words(SMALL) == "biggest: input 1 → unit 2, +2"
    assert shape_words(SMALL) == "2×3 + 2 biases"
    named = LayerWeights("weights", (2, 1), ((1.0,), (-3.0,)), (), (2, 1, -3.0), 3.0, ("value",), ("w", "b"))
    assert (biggest_words(named), shape_words(named)) == ("biggest: b, -3", "2 weights")


@pytest.mark.parametrize("size", [(0, 0), (7, 3), (8, 1), (200, 60)])
def test_a_map_keeps_to_its_room(size):
    for layer in (SMALL, LayerWeights("big", (50, 99), tuple((0.1,) * 64 for _ in range(32)), (0.0,) * 32, limit=0.1)):
        rows = layer_map(layer, *size)
        assert len(rows) <= size[1]
        assert all(len(row_text(row)) <= max(size[0], 12) for row in rows)


# -- samples


def sample(number, target, says, right, inputs=(0.5, -1.0)):
    return Sample(number, inputs, target, says, 0.75, right)


TABLE = Samples(9, 1, 3, "training", ("x1", "x2"), (sample(4, "1", "1", True), sample(5, "0", "1", False)))


def test_samples_as_a_table():
    assert text_of(samples_picture(TABLE, 78, 10)) == (
        "   row       x1       x2   target     says     sure\n"
        "     4      0.5       -1        1        1      75%  ✓ right\n"
        "     5      0.5       -1        0        1      75%  ✗ wrong"
    )


def test_a_narrow_table_says_how_many_inputs_it_leaves_out():
    rows = samples_picture(Samples(9, 1, 0, "training", tuple("abcdef"), TABLE.rows), 60, 10)
    assert row_text(rows[0]).endswith("(+ 5 inputs)")


def test_targets_that_are_no_classes_have_an_error():
    told = Samples(1, None, 0, "training", ("x",), (Sample(1, (2.0,), "3.5", "3.25", -0.25, None),))
    assert text_of(samples_picture(told, 78, 5)) == (
        "   row        x   target     says    error\n     1        2      3.5     3.25    -0.25"
    )


def test_rows_of_a_graph_have_a_loss():
    told = Samples(1, None, 0, "training", ("x",), (Sample(1, (2.0,), "", "3.25"),))
    assert text_of(samples_picture(told, 78, 5)) == "   row        x     loss\n     1        2     3.25"
    assert samples_words(told) == "1 training row, from row 1"


EDGE = (0.0, 1.0, 0.0, 1.0, 0.0, 1.0, 0.0, 1.0)


def test_an_image_in_half_blocks_and_in_letters():
    assert digit(EDGE[:4], (2, 2)) == ((Run("▀", "grey.0.0"), Run("▀", "grey.8.8")),)
    assert text_of(digit(EDGE, (4, 2), colour=False)) == " █\n █"
    assert text_of(digit(EDGE, (4, 2), ascii_only=True)) == " @\n @"
    assert len(digit(EDGE, (4, 2), 2)) == 4
    assert text_of(digit((1.0,) * 4, (2, 2), colour=False)).isprintable()  # all of one brightness


def test_images_with_what_is_said_of_them():
    rows = (sample(1, "7", "7", True, EDGE), sample(2, "3", "8", False, EDGE))
    shown = samples_picture(Samples(2, 1, 0, "training", (), rows, (4, 2)), 24, 6, colour=False)
    assert text_of(shown) == " █           █\n █           █\n✓ 7         ✗ 8, is 3\n"
    assert [part.style for part in shown[2]] == ["right", "wrong"]


def test_nothing_wrong_is_said():
    assert "nothing is told wrongly" in text_of(samples_picture(Samples(9, 0, 0, "training", (), ()), 60, 9))


def test_words_on_samples_fit():
    assert samples_words(TABLE) == "1 of 9 training rows wrong, from row 4"
    assert samples_words(TABLE, 30) == "1 of 9 training rows wrong"


def test_room_for_images():
    assert room_for(None, 80, 10) == (1, 9)
    assert room_for(Samples(9, 0, 0, "training", (), (), (28, 28)), 80, 17) == (2, 2)
    assert room_for(Samples(9, 0, 0, "training", (), (), (8, 8)), 80, 17) == (6, 12)


# -- gradients


def test_a_vanishing_gradient_is_seen_and_said():
    names, sizes = ["layer1", "layer2"], [1e-7, 0.1]
    assert text_of(gradient_bars(names, sizes, 57)) == (
        "  layer1   1e-7       ━━━━━━┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄\n"
        "  layer2   0.1        ━━━━━━━━━━━━━━━━━━━━━━━━\n"
        "                      1e-9     1e-6     1e-3     1"
    )
    said = "Vanishing: the gradient of layer1 is 1e6 times smaller than that of layer2; it hardly learns."
    assert gradient_words(names, sizes) == said


@pytest.mark.parametrize(
    ("sizes", "said"),
    [
        ([1.0, 2.0], "similar speed"),
        ([0.1, 2.0], "layer1 learns more slowly"),
        ([900.0, 2.0], "Growing backwards"),
        ([0.0, 2.0], "layer1 gets no gradient at all"),
        ([0.0, 0.0], "nothing moves"),
        ([math.nan, 2.0], "no number any more"),
        ([math.inf, 2.0], "no number any more"),
    ],
)
def test_gradients_in_a_sentence(sizes, said):
    assert said in gradient_words(["layer1", "layer2"], sizes)
    assert gradient_bars(["layer1", "layer2"], sizes, 60)


def test_one_layer_has_nothing_to_compare():
    assert gradient_words(["layer1"], [1.0]) == ""


# -- the path of a line


def test_a_path_has_its_start_and_its_present_place():
    path = [(0, 0.0, 0.0), (1, 1.0, 0.5), (2, 2.0, 1.0)]
    assert text_of(separator_path(path, 40, 8)) == (
        "▞ path  • start  + epoch 2: slope 2, intercept 1\n"
        "1┤                                 ▄▄+\n"
        " │                        ▄▄▄▄▞▀▀▀▀\n"
        " │              ▗▄▄▄▄▞▀▀▀▀\n"
        " │     ▄▄▄▄▄▀▀▀▀▘\n"
        "0┤  •▀▀\n"
        " └──┬────────────────┬───────────────┬──\n"
        "    0                1               2"
    )


def test_a_line_that_stands_upright_has_no_place():
    assert "stands upright" in text_of(separator_path([(0, math.nan, math.nan)], 40, 8))
    shown = text_of(separator_path([(0, 1.0, 1.0), (1, math.nan, math.nan), (2, 2.0, 1.0)], 60, 8))
    assert "epoch 2: slope 2" in shown


def test_one_wild_epoch_does_not_squash_all_others():
    path = [(i, 1e6 if i == 3 else i / 10, 0.0) for i in range(40)]
    assert "far outside)" in text_of(separator_path(path, 70, 10))


# -- curves


def test_labels_are_never_cut():
    names = ["four-sigmoid-layers", "four-tanh-layers", "a-run-with-a-very-long-name-indeed"]
    groups = [
        Group(words, tuple(Series(name, [1.0, 2.0]) for name in names))
        for words in ("training loss", "validation loss")
    ]
    text = text_of(legend_rows(groups, 78))
    assert all(text.count(name) == 2 for name in names)
    assert "…" not in text
    assert [glyph for glyph in text if glyph in "▞•+×○◆"] == list("▞•+×○◆")
    assert max(map(len, text.splitlines())) <= 78


def test_what_happened_is_marked_on_the_axis_and_said():
    groups = [Group("training loss", (Series("a", [4.0, 3.0, 2.0, 1.0, 0.0]),))]
    happened = Happened(None, [(2, 0.05)], (4, 0.25), "a")
    assert text_of(curves_picture(groups, happened, Look(across=(0.0, 4.0)), 50, 12)) == (
        " training loss:  ▞ a\n"
        "4┤▗▄▄▄▖\n"
        " │    ▝▀▀▀▚▄▄▄\n"
        " │            ▀▀▀▀▄▄▄▄\n"
        "2┤                    ▀▀▀▀▄▄▄▄\n"
        " │                            ▀▀▀▀▄▄▄▄\n"
        " │                                    ▀▀▀▚▄▄▄▖\n"
        "0┤                                           ▝▀▀▀▘\n"
        " └┬───────────┬───────────▲──────────┬───────────★\n"
        "  0           1           2          3           4\n"
        "  ★ epoch 4: lowest validation loss of a, 0.25\n"
        "  ▲ learning rate of a: 0.05 from epoch 2"
    )


def test_signs_stand_at_their_epochs():
    groups = [Group("training loss", (Series("a", [4.0, 3.0, 2.0]),))]
    for epoch, at in ((0, 2), (2, -1)):
        shown = curves_picture(groups, Happened(best=(epoch, 1.0)), Look(across=(0.0, 2.0)), 40, 12)
        axis = next(row_text(row) for row in shown if "└" in row_text(row))
        assert axis.index("★") == (at if at > 0 else len(axis) - 1)


def test_a_run_that_shoots_up_is_cut_off_and_said():
    curves = (Series("good", [2.0, 1.0, 0.5]), Series("wild", [2.0, 1e3, 1e9]))
    text = text_of(curves_picture([Group("training loss", curves)], Happened(), Look(), 70, 14))
    assert "Cut off above" in text
    assert "e" not in text.splitlines()[1]  # no power of ten on the axis
    log = text_of(curves_picture([Group("training loss", curves)], Happened(), Look(log=True), 70, 14))
    assert "Cut off above" not in log
    assert "training loss, log scale:" in log


def test_where_a_curve_ends_in_no_number_is_said():
    text = text_of(legend_rows([Group("training loss", (Series("a", [1.0, math.nan], [0, 7]),))], 70))
    assert text == " training loss:  ▞ a (no number from epoch 7)"
    text = text_of(legend_rows([Group("slope", (Series("a", [math.nan, 1.0]),))], 70))
    assert text == " slope:  ▞ a (no number at epoch 0)"
    text = text_of(legend_rows([Group("slope", (Series("a", [1.0, -1.0]),))], 70, log=True))
    assert text.endswith("a (0 or less: not on a log scale)")


@pytest.mark.parametrize("size", [(0, 0), (1, 1), (20, 4), (40, 7), (160, 40)])
def test_curves_keep_to_their_room(size):
    groups = [Group("training loss", (Series("a", [1.0, 2.0, math.inf]),))]
    for ascii_only in (True, False):
        look = Look(ascii_only=ascii_only)
        rows = curves_picture(groups, Happened(1, [(1, 0.1)], (1, 2.0)), look, *size)
        assert len(rows) <= size[1]
        assert all(len(row_text(row)) <= max(size[0], 14) for row in rows)
