"""The part of the lesson screen that plays: other numbers, undone and compared; and predictions in a walk."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tutor.session import OWN_NUMBERS
from tutor.tui.rows.draft import Draft
from tutor.tui.screens.errands import ErrandScreen
from tutor.tui.widgets.panel import Entry

if TYPE_CHECKING:
    from tutor.session import Session
    from tutor.tui.screens.play import Play

STEPS = {"plus": 1, "equals_sign": 1, "minus": -1, "greater_than_sign": 10, "less_than_sign": -10}


class PlayingScreen(ErrandScreen):
    """Keeps every session before a change, so that undo goes back to it with all its rows."""

    def replace(self, session: Session) -> None:
        """Another session; questions get the lesson's own numbers back, and marks of a change go with a move."""
        panes, before = self.panes, self.session
        if panes is not None and before is not None:
            if (before.place, before.cursor, before.row) != (session.place, session.cursor, session.row):
                panes.play.settle()
            if session.question() is not None and panes.play.history:
                session = panes.play.original(session)
                self.message = f"{OWN_NUMBERS}: they are back."
        super().replace(session)

    # -- play

    def take_key(self, key: str, character: str | None) -> bool:
        """In play, + − > < change the chosen number and arrows choose it; in a prediction, → shows the result."""
        panes, session = self.panes, self.session
        if panes is None or session is None:
            return False
        if panes.predicting(session) and self.take_prediction_key(key):
            return True
        if session.step.explore is None or self.stage.typing is not None:
            return super().take_key(key, character)
        if key in STEPS:
            self.turn(STEPS[key])
            return True
        if key in {"up", "down", "k", "j"} and self.stage.focused_name == "story":
            panes.play.choose(session, 1 if key in {"down", "j"} else -1)
            self.update()
            return True
        return super().take_key(key, character)

    def jump_to(self, text: str) -> bool:
        """In play, to the number of that name as well."""
        panes, session = self.panes, self.session
        if panes is not None and session is not None and session.step.explore is not None:
            chosen = panes.play.choose_named(session, text)
            if chosen and "[" in text:
                return True
        return super().jump_to(text)

    def turn(self, by: float) -> None:
        """Moves the chosen number."""
        if self.panes is not None and self.session is not None:
            changed, said = self.panes.play.turned(self.session, by)
            self.message = said
            self.replace(changed)

    def action_edit(self) -> None:
        """Types another number: in play, or anywhere but at a question."""
        if not self.has_graph or self.session is None or self.panes is None:
            return
        if self.session.question() is not None:
            self.say(f"{OWN_NUMBERS}; change them in a walk or in play.")
            return
        self.panes.prompt_for = "number"
        self.prompt.prompt = " Change: "
        chosen = self.panes.play.chosen(self.session) if self.session.step.explore is not None else None
        self.prompt.clear(f"{chosen.name} = " if chosen is not None else "")
        self.stage.focused_name = "jump"
        self.update()

    def action_undo(self) -> None:
        """The number before the last change."""
        if self.panes is not None and self.session is not None:
            before = self.panes.play.undone(self.session)
            self.message = "" if before is not self.session else "Nothing has been changed."
            self.replace(before)

    def action_original(self) -> None:
        """The lesson's own numbers."""
        if self.panes is not None and self.session is not None:
            self.message = (
                "The lesson's own numbers are back." if self.panes.play.history else "Nothing has been changed."
            )
            self.replace(self.panes.play.original(self.session))

    def sent(self, entry: Entry) -> None:
        """A number, a prediction, or what the lines below take."""
        panes, session = self.panes, self.session
        if panes is None or session is None:
            return
        if entry is self.prompt and panes.prompt_for == "number":
            self.take_number(panes.play, session, entry.text)
        elif entry is self.entry and panes.predicting(session):
            self.predict(session, entry.text)
        else:
            super().sent(entry)

    def take_number(self, play: Play, session: Session, text: str) -> None:
        """NAME = NUMBER; what cannot be taken stays in the line, to be mended."""
        setting = "=".join(text.split("=")[-2:])  # a name typed behind the one that stands there
        if not setting.rpartition("=")[2].strip():
            self.close_prompt()
            return
        changed, self.message = play.typed(session, setting)
        if not self.message:
            self.close_prompt()
            self.replace(changed)

    # -- predictions

    def take_prediction_key(self, key: str) -> bool:
        """→ (and the other keys that go on) show a result that was not predicted."""
        if key not in {"right", "n", "space"} or self.session is None or self.panes is None:
            return False
        self.panes.reveal(self.session)
        self.keep(Draft())
        self.stage.focused_name = "step"
        self.update()
        return True
