"""Own numbers for each student: the stated hash, the stated steps, and what a variant may not be."""

from __future__ import annotations

import hashlib

from tutor.lesson_variation import Choose, Interval
from tutor.vary import draw, drawn, possible


def test_interval_counts_both_ends_without_rounding_noise() -> None:
    spec = Interval(from_=-0.3, to=0.3, step=0.1)
    assert possible(spec) == (-0.3, -0.2, -0.1, 0.0, 0.1, 0.2, 0.3)


def test_choices_keep_their_order() -> None:
    assert possible(Choose(choose=[4, 1.5, 2])) == (4.0, 1.5, 2.0)


def test_the_hash_is_the_one_that_is_stated() -> None:
    digest = hashlib.sha256(b"relu-sigmoid\nann\nc\n0").digest()
    choices = (1.0, 2.0, 4.0)
    assert drawn("relu-sigmoid", "ann", "c", 0, choices) == choices[int.from_bytes(digest[:8], "big") % 3]


def test_numbers_of_two_variants_stay_as_they_are() -> None:
    vary = {"a": Interval(from_=-2.0, to=2.0, step=0.5), "c": Choose(choose=[1, 2, 4])}
    assert draw("relu-sigmoid", "ann", vary) == {"a": 0.0, "c": 4.0}
    assert draw("relu-sigmoid", "ben", vary) == {"a": 0.5, "c": 1.0}


def test_numbers_that_do_not_fit_are_drawn_again() -> None:
    vary = {"a": Choose(choose=[0, 1, 2, 3])}
    for student in "abcdefgh":
        assert draw("l", student, vary, lambda numbers: numbers["a"] > 2) == {"a": 3.0}


def test_where_nothing_fits_the_first_draw_is_taken() -> None:
    vary = {"a": Choose(choose=[0, 1, 2, 3])}
    assert draw("l", "ann", vary, lambda numbers: False) == draw("l", "ann", vary)
