"""Which keys the bar of the lesson screen shows at a moment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from tutor.revealed import answered_rightly
from tutor.tui.keys import CHOOSING, EMPTY_LINE, LESSON, PLAYING, PREDICTING, TABLE, TYPING, Key
from tutor.tui.rows.draft import Draft

if TYPE_CHECKING:
    from tutor.session import Session

OF_GRAPHS = frozenset({"jump", "table", "node", "row", "edit"})
"""Actions that a lesson without a graph has no use for."""


def typing_keys(session: Session, draft: Draft) -> Sequence[Key]:
    """While a line is typed: of a prediction or of an answer."""
    if session.step.walk is not None:
        return PREDICTING
    if draft.is_empty:
        return EMPTY_LINE
    question = session.question()
    if question is not None and question.kind == "derivation":
        enter = "add line" if draft.text.strip() else "mark all"
        return [replace(key, short=enter) if key.written == "Enter" else key for key in TYPING]
    return TYPING


def reading_keys(session: Session, focused: str, stopped_at: int | None) -> Sequence[Key]:
    """While no line is typed; `stopped_at` is the step where an earlier session stopped, if one can go on there."""
    on = (Key("", "original", "o", f"on at step {stopped_at + 1}"),) if stopped_at is not None else ()
    if focused == "table":
        return TABLE
    if session.step.explore is not None:
        return PLAYING
    question = session.question()
    keys = [key for key in LESSON if question is not None or key.action != "hint"]
    if session.graph is None:
        keys = [key for key in keys if key.action not in OF_GRAPHS]
    is_open = question is not None and question.choices and not answered_rightly(session)
    return (*on, *CHOOSING, *keys) if is_open else (*on, *keys)
