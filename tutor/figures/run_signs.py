"""Which sign a run's curves have wherever a lesson draws them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tutor.lesson import Lesson

Places = Mapping[str, tuple[int, int]]
"""Runs by name: the place of each in its family, and how many runs that has."""


def run_places(lesson: Lesson) -> Places:
    """Runs that are ever seen together are one family, in the order of the lesson: each has a sign of its own."""
    families: list[set[str]] = []
    for step in lesson.step:
        for shown in (step.train or (), (step.picture.runs or ()) if step.picture is not None else ()):
            joined = set(shown).union(*(family for family in families if family & set(shown)))
            families = [family for family in families if not family & joined] + ([joined] if joined else [])
    order = [[name for name in lesson.run if name in family] for family in families]
    return {name: (i, len(family)) for family in order for i, name in enumerate(family)}


def sign_of(name: str, keys: Sequence[str], key: str, places: Places) -> int | None:
    """The sign that a run's curve would have: the first thing measured by the run's place, the second after all runs.

    None of a run that no step shows.
    """
    if name not in places or key not in keys:
        return None
    place, count = places[name]
    return place + count * list(keys).index(key)
