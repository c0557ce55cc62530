"""A run in words: the same sentences on the screen and in plain mode."""

import math

import pytest

from tutor.draw.training_words import (
    best_of,
    best_words,
    course_words,
    curve_words,
    diverged_words,
    rising_words,
    run_words,
    since_best,
    trend,
)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ([5, 4, 3, 2, 1], "falling"),
        ([1, 2, 3, 4, 5], "rising"),
        ([9, 3, 1, 1.001, 1, 1.001], "level"),
        ([1.0, 2.0] * 50, "swinging"),
        ([0.19, 0.21] * 15 + [0.19], "swinging"),
        ([1.0], "too short to tell"),
        ([math.nan, math.nan, 3.0], "too short to tell"),
        ([], "too short to tell"),
        ([0.0] * 9, "level"),
    ],
)
def test_the_trend_of_the_last_tenth(values, said):
    assert trend(values) == said


def test_a_curve_in_one_sentence():
    assert curve_words("Training loss", [4.0, 5.0, 1.0, 2.0]) == (
        "Training loss: starts at 4, ends at 2; lowest 1 at epoch 2, highest 5 at epoch 1; at the end falling."
    )
    assert "ends at no number any more" in curve_words("Training loss", [4.0, math.inf])
    assert curve_words("Training loss", [math.nan]) == "Training loss: no number was measured."


def test_a_curve_that_only_rounding_moves_stands_still():
    still = [0.6931471805599453, 0.6931471805599454, 0.6931471805599453]
    assert curve_words("Training loss", still) == "Training loss: stays at 0.6931 from the first epoch to the last."
    assert course_words(still) == ""


def test_a_curve_on_its_way_is_told_without_gaps_or_evenly_spaced():
    assert course_words([2.0, 8.0, 32.0, math.inf]) == "Epoch by epoch: 2, 8, 32, no number."
    assert course_words([float(epoch) for epoch in range(41)]) == "Every 5 epochs: 0, 5, 10, 15, 20, 25, 30, 35, 40."
    assert course_words([1.0, 3.0] * 10).startswith("The first epochs: 1, 3, 1, 3, 1, 3. Every 2 epochs: 1, 1, ")
    assert course_words([float(epoch) for epoch in range(2304)]).startswith("Every 200 epochs: 0, 200, 400, ")
    assert course_words([2.0, 0.33, 0.331, 0.331, 0.331, 0.331]) == (
        "Epoch by epoch: 2, 0.33, 0.331 and so on to the end."
    )
    assert course_words([2.0, 1.0]) == course_words([math.nan] * 3) == course_words([]) == ""


def test_the_best_epoch():
    assert best_of([3.0, math.nan, 1.0, 1.0, 2.0]) == (2, 1.0)
    assert best_of([math.nan]) is None
    assert best_words((2, 1.0), 2.0, "overfits") == (
        "Lowest validation loss 1 at epoch 2; it is 2 now: the run overfits since then."
    )
    assert best_words((2, 1.0), 2.0) == "Lowest validation loss 1 at epoch 2."
    assert best_words(None, None, "") == ""


HELD = [4.0, 1.0, 2.0, 2.5, 3.0, 2.0, 3.0]


@pytest.mark.parametrize(
    ("train", "held", "since"),
    [
        ([4.0, 3.0, 2.0, 1.5, 1.2, 1.1, 1.0], HELD, "overfits"),
        ([4.0, 1.0, 2.0, 2.5, 3.0, 2.0, 3.0], HELD, "rises"),
        ([4.0, 1.0, 2.0, 0.5, 2.0, 0.5, 2.0], HELD, "swings"),
        ([4.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0], HELD, "grew"),
        ([4.0, 3.0, 2.0, 1.5, 1.2, 1.1, math.nan], HELD, "overfits"),
        ([4.0, 3.0, 2.0, 1.0], [4.0, 3.0, 2.0, 1.0], ""),
        ([4.0, 3.0, 2.0, 1.0], [4.0, 1.0, 1.05, 1.09], ""),
        ([4.0, 3.0], [1.0, math.inf], ""),
        ([], [1.0, 2.0], "grew"),
        ([], [], ""),
    ],
)
def test_a_run_overfits_only_where_its_training_loss_fell_meanwhile(train, held, since):
    assert since_best(train, held) == since


def test_where_both_losses_grew_the_rate_is_told_of_and_not_overfitting():
    history = {"train_loss": HELD, "validation_loss": HELD}
    assert run_words(history, "")[-1] == (
        "Lowest validation loss 1 at epoch 1; it is 3 now. Both losses have risen since then: the learning rate may be "
        "too large."
    )
    assert run_words(history, "", diagnose=False)[-1] == "Lowest validation loss 1 at epoch 1."


def test_a_diverging_run_is_explained_in_two_sentences():
    what, cure = diverged_words(21.0, 2e152, 63, 2.0)
    assert what.startswith("The loss grew from 21 to 2e152 by epoch 63: at rate 2 each step jumps across the valley")
    assert cure == "Try a rate of 0.67 or less, from a fresh start."
    assert diverged_words(21.0, math.nan, 3, 1.0)[0].startswith("The loss grew beyond all numbers by epoch 3")


def test_a_loss_that_rises_is_warned_of_early():
    assert rising_words(1.0, 2.9) == ""
    assert rising_words(1.0, 4.0) == "The loss is 4 times what it was at the start: the steps are too long."
    assert rising_words(0.0, 4.0) == rising_words(None, 1.0) == rising_words(1.0, math.inf) == ""


def test_a_run_in_words():
    history = {"train_loss": [2.0, 1.0], "validation_loss": [2.0, 3.0], "train_accuracy": [0.5, 0.875]}
    told = run_words(history, "Finished after 1 epochs.")
    assert told[0] == "Finished after 1 epochs."
    assert told[1].startswith("Training loss: starts at 2, ends at 1;")
    assert told[3] == "Accuracy on the training rows: 50.0% at first, 87.5% at the end."
    assert told[4] == "Lowest validation loss 2 at epoch 0; it is 3 now: the run overfits since then."
