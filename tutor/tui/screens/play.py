"""What play remembers: the chosen number, the last change, and every session before a change."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from engine.errors import EngineError
from engine.names import normalise
from tutor.explain import read_setting
from tutor.revealed import trace_of
from tutor.text import safe
from tutor.tui.rows.play import Change, Knob, change, changed_keys, knobs, moved, step_of, value_of, with_number

if TYPE_CHECKING:
    from tutor.session import Session

MOST_UNDO = 1000


@dataclass
class Play:
    """Moves numbers of a session; undo is going back to the session before."""

    cursor: int = 0
    last: Change | None = None
    changed: frozenset[str] = frozenset()
    history: list[Session] = field(default_factory=list)

    def chosen(self, session: Session) -> Knob | None:
        """The number that + and − change."""
        found = knobs(session)
        return found[self.cursor % len(found)] if found else None

    def choose(self, session: Session, by: int) -> None:
        """Another number."""
        self.cursor = (self.cursor + by) % max(1, len(knobs(session)))

    def choose_named(self, session: Session, name: str) -> bool:
        """The number of that name, of an array its first entry or the one that is meant; whether there is one."""
        key = normalise(name)
        found = [i for i, knob in enumerate(knobs(session)) if key in (normalise(knob.name), knob.key)]
        self.cursor = found[0] if found else self.cursor
        return bool(found)

    def start(self, session: Session) -> Session:
        """The session with the lesson's own numbers."""
        return _with_numbers_of(session, self.history[0]) if self.history else session

    def turned(self, session: Session, by: float) -> tuple[Session, str]:
        """The chosen number moved by so many steps; and a message if that cannot be."""
        knob = self.chosen(session)
        if knob is None:
            return session, "This graph has no numbers to change."
        step = step_of(self.start(session), knob)
        return self.set(session, knob, moved(value_of(session, knob), by * step))

    def typed(self, session: Session, text: str) -> tuple[Session, str]:
        """A number typed as name = number; and a message if it cannot be read or does not fit."""
        try:
            name, number = read_setting(text)
        except EngineError as error:
            return session, safe(error.message, 200)
        key = normalise(name)
        found = [knob for knob in knobs(session) if knob.key == key]
        if len(found) == 1 and isinstance(number, float):
            self.cursor = knobs(session).index(found[0])
            return self.set(session, found[0], number)
        shown = session.graph
        try:
            after = session.edit(shown.name if shown else "", name, number)
        except EngineError as error:
            return session, safe(error.message, 200)
        self.note(session, after, None)
        return after, ""

    def set(self, session: Session, knob: Knob, number: float) -> tuple[Session, str]:
        """A number changed; and a message if it does not fit."""
        try:
            after = with_number(session, knob, number)
        except EngineError as error:
            return session, safe(error.message, 200)
        self.note(session, after, change(session, after, knob))
        return after, ""

    def note(self, before: Session, after: Session, last: Change | None) -> None:
        """Remembers a change."""
        self.history = [*self.history[:1], *self.history[1:][-MOST_UNDO:], before]
        self.last = last
        self.changed = changed_keys(trace_of(before), trace_of(after))

    def settle(self) -> None:
        """Forgets what the last change did, not what can be undone."""
        self.last, self.changed = None, frozenset()

    def undone(self, session: Session) -> Session:
        """Before the last change; the place stays."""
        if not self.history:
            return session
        before = _with_numbers_of(session, self.history.pop())
        self.last, self.changed = None, frozenset()
        return before

    def original(self, session: Session) -> Session:
        """The lesson's own numbers; the place stays."""
        first = self.start(session)
        self.history.clear()
        self.last, self.changed = None, frozenset()
        return first


def _with_numbers_of(session: Session, other: Session) -> Session:
    return replace(session, graphs=other.graphs, edits=other.edits)
