"""The recurring mistakes as a list: each with the questions in which it was made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tutor.draw.cells import Row, Run, fit
from tutor.text import safe
from tutor.tui.rows.flow import run, wrap


@dataclass(frozen=True)
class Spot:
    """A question where a mistake was made: the lesson's id and title, the question's id, how often, mended or not, and
    whether the catalogue has the lesson, so that it can be opened."""

    lesson: str
    title: str
    question: str
    count: int
    mended: bool
    is_here: bool = True


@dataclass(frozen=True)
class Mistake:
    """A recurring mistake: its fault, what that means, how often, and where."""

    fault: str
    title: str
    count: int
    spots: tuple[Spot, ...]


NONE_YET: Row = (Run("  No mistake has come back so far.", "text"),)


def mistake_rows(mistakes: Sequence[Mistake], cursor: int, width: int) -> tuple[list[Row], int]:
    """The list with the spot at `cursor` (counted through all mistakes) chosen, and the row where that stands."""
    rows: list[Row] = [] if mistakes else [NONE_YET]
    at = chosen_row = 0
    for mistake in mistakes:
        text = [run(f"{mistake.count} times: {mistake.title}", "strong"), run(f"  ({mistake.fault})", "dim")]
        rows += wrap(text, width, first=" ", rest="   ")
        for spot in mistake.spots:
            if at == cursor:
                chosen_row = len(rows)
            rows.append(spot_row(spot, width, chosen=at == cursor))
            at += 1
        rows.append(())
    return rows, chosen_row


def spot_row(spot: Spot, width: int, *, chosen: bool) -> Row:
    """One question: whether it has been answered rightly since is said in words."""
    state = "✓ right since" if spot.mended else "· still open"
    if not spot.is_here:
        state = f"{state}, other course"
    right = f"{spot.count:>3}×  {state:<13} "
    left = f" {'▸' if chosen else ' '}   {safe(spot.title, 200)}: {safe(spot.question, 80)}"
    left = fit(left, max(8, width - len(right)))
    if chosen:
        return (Run(left + right, "cursor"),)
    return (Run(left, "text"), Run(right, "right" if spot.mended else "dim"))
