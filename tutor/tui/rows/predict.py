"""What came of a prediction, as rows."""

from __future__ import annotations

from tutor.draw.cells import Row, Run
from tutor.predictions import AGAIN, Prediction
from tutor.tui.rows.flow import run, wrap


def prediction_rows(found: Prediction, width: int, *, why: bool = False) -> list[Row]:
    """What came of the last prediction; `why`: with what is said about it."""
    if found.mark is None:
        return []
    words, style = found.words
    rest = run(f"  {found.mark.given}", limit=200)
    note = Run("" if found.shown else f"   {AGAIN.format(key='→')}", "dim")
    rows = wrap([Run(f"  {words}", style), rest, note], width, rest="     ")
    told = found.told() if why else ()
    return rows + [row for text in told for row in wrap([run(text, "text", 400)], width, first="    ")]
