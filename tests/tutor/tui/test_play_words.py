"""What is said of a change in play, beside what the gradient promised."""

import pytest

from tutor.tui.rows.graph_rows import short
from tutor.tui.rows.play import NUMBER, Change, verdict


def said(really, slope=2.0, by=0.1, start=1.0):
    return verdict(Change("x", 0.0, by, "y", start, start + really, slope))


@pytest.mark.parametrize(
    ("really", "words"),
    [
        (0.2, "Exactly so"),
        (0.21, "Close"),
        (0.15, "The right way, but not as far"),
        (0.3, "The right way, but further"),
        (0.5, "Not so"),
        (-0.2, "Not so"),
        (0.0, "Not so"),
        (float("inf"), "Far from"),
    ],
)
def test_the_words_follow_from_how_far_promise_and_change_are_apart(really, words):
    assert said(really).startswith(words)


def test_nothing_promised_and_nothing_moved():
    assert said(0.0, slope=0.0) == "Nothing moves: over this step y does not depend on x."
    assert said(0.4, slope=0.0).startswith("Not so")


def test_small_changes_are_held_to_the_same_standard():
    assert said(1e-20, slope=1e-18, start=0.0).startswith("Not so")
    assert said(1e-19, slope=1e-18, start=0.0).startswith("Exactly so")


@pytest.mark.parametrize(
    ("start", "really", "slope", "largest"),
    [(0.0, 0.0, -1.261e-18, 1.0), (5.0, 1e-15, 1e-13, 0.0), (0.0, 2.2e-16, -1e-17, 1.0), (1e9, 0.0, 1e-3, 0.0)],
)
def test_what_rounding_hides_is_no_fault_of_the_gradient(start, really, slope, largest):
    change = Change("x", 0.0, 0.1, "y", start, start + really, slope, largest)
    assert verdict(change).startswith("Too small to see")


@pytest.mark.parametrize(
    ("number", "text"),
    [(0.209987, "0.209987"), (1.67313e-113, "1.673e-113"), (-1.67313e-113, "-1.67e-113"), (-0.0808203, "-0.0808203")],
)
def test_an_exponent_is_never_cut(number, text):
    assert short(number, NUMBER) == text
    assert len(text) <= NUMBER
