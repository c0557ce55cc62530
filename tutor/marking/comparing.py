"""A reading compared with the target in every way that counts as right: with Euler's e, and for one row of many."""

from __future__ import annotations

from dataclasses import replace

from tutor.marking.context import Target
from tutor.marking.equality import Comparison, compare, is_of_one_row
from tutor.marking.reading import Reading, with_euler


def compared(reading: Reading, target: Target, *, everywhere: bool = False) -> tuple[Reading, Comparison]:
    """The comparison, and the reading that it is of.

    Where the graph has a name e, an answer that is right with Euler's number is read so; where it has rows, one that is
    right for a single row is right, and the note says what belongs to all of them.
    """
    comparison = compare(reading.expr, target, everywhere=everywhere)
    if comparison.equal is False and (other := with_euler(reading)) is not None:
        again = compare(other.expr, target, everywhere=everywhere)
        if again.equal:
            return other, again
    if comparison.equal is False and is_of_one_row(comparison, target):
        word = "mean" if target.context.mean else "sum"
        note = f"right for one row; for all rows together it is the {word} over them"
        return reading, replace(comparison, equal=True, note=note, witness=None)
    return reading, comparison
