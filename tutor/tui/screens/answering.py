"""The part of the lesson screen that answers: drafts of answers, choices, the line that is typed, jumps to a node."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from tutor.text import safe
from tutor.tui.rows.draft import Draft
from tutor.tui.screens.staged import StagedScreen
from tutor.tui.widgets.panel import Entry, Panel

if TYPE_CHECKING:
    from tutor.session import Session
    from tutor.tui.screens.lesson_panes import LessonPanes

LETTERS = "abcdefghijklmnopqrstuvwxyz"
PAN = 8
NO_GRAPH = "This lesson has no graph."


class AnsweringScreen(StagedScreen):
    """Holds a session, which every key replaces by another, and the drafts of answers to its questions."""

    def __init__(self) -> None:
        self.entry, self.prompt = Entry(), Entry(" Node: ")
        names = ("story", "step", "graph", "table")
        panes = {name: Panel(focusable=True) for name in names}
        super().__init__({"title": Panel(), "story": panes["story"], "entry": self.entry, **panes, "jump": self.prompt})
        self.session: Session | None = None
        self.drafts: dict[str, Draft] = {}
        self.noted: dict[str, Draft] = {}
        self.panes: LessonPanes | None = None

    # -- the session

    def replace(self, session: Session) -> None:
        """Another session on the screen."""
        arrived = self.session is None or session.place != self.session.place
        self.session = session
        self.remember(session)
        panes = self.panes
        if panes is not None:
            panes.follow = True
            self.entry.clear(self.draft.text)
            if arrived:
                panes.arrive(session)
            if session.step.predict:
                self.stage.focused_name = "entry" if panes.predicting(session) else "step"
        self.update()

    def remember(self, session: Session) -> None:
        """Into the journal; what cannot be kept is said."""
        memory = getattr(self.app, "memory", None)
        if memory is not None:
            memory.follow(session)
            if memory.trouble:
                self.message = f"{memory.trouble}; it is tried again"

    def note(self) -> None:
        """Into the journal what is not sent, so that a connection that drops loses none of it."""
        super().note()
        memory, session = getattr(self.app, "memory", None), self.session
        if memory is None or session is None:
            return
        for name, draft in self.drafts.items():
            if draft.unsent != self.noted.get(name, Draft()).unsent:
                memory.note(session, name, draft)
                self.noted[name] = draft

    def note_sent(self) -> None:
        """The present answer is sent: until it is marked and kept as an answer, it is kept as a draft, from now on."""
        memory, session = getattr(self.app, "memory", None), self.session
        if memory is None or session is None:
            return
        question = session.question()
        memory.note(session, self.question_id, self.draft.sent(question.kind if question else ""))
        self.noted[self.question_id] = self.draft

    def move(self, change: Callable[[Session], Session]) -> None:
        """A change of the session, if there is one yet."""
        if self.session is not None:
            self.replace(change(self.session))

    @property
    def question_id(self) -> str:
        """The id of the present question; at a step of a walk, a name of that step."""
        if self.session is None:
            return ""
        question = self.session.question()
        return question.id if question else f"{self.session.place}.{self.session.row}.{self.session.cursor}"

    @property
    def draft(self) -> Draft:
        """What is typed of the present answer."""
        return self.drafts.get(self.question_id, Draft())

    def keep(self, draft: Draft) -> None:
        """Another draft of the present answer."""
        self.drafts[self.question_id] = draft
        self.note_soon()
        if self.entry.text != draft.text:
            self.entry.clear(draft.text)

    # -- keys: answers

    def take_key(self, key: str, character: str | None) -> bool:
        """Arrows pan a focused picture; letters, numbers, Space and Enter answer a choice."""
        if self.session is None:
            return False
        if self.stage.focused_name == "graph" and key in {"left", "right"}:
            self.stage["graph"].scroll(0, -PAN if key == "left" else PAN)
            self.update()
            return True
        question = self.session.question()
        if key == "enter" and self.stage.focused_name == "table":
            return self.open_node()
        if key == "backspace" and self.stage.typing is self.entry and self.draft.lines:
            *lines, last = self.draft.lines
            self.keep(Draft(last, tuple(lines)))
            self.update()
            return True
        best = self.session.best(question.id) if question else None
        if question is None or not question.choices or (best is not None and best.mark.verdict == "right"):
            return False
        if key == "enter":
            self.answer(self.draft.answer("choice"))
            return True
        number = self.draft.cursor if key == "space" else option(character, len(question.choices))
        if number is None:
            return False
        several = sum(choice.right for choice in question.choices) > 1
        self.keep(self.draft.toggle(number) if several else self.draft.pick(number))
        self.update()
        return True

    def changed(self, entry: Entry) -> None:
        """Keeps what is typed."""
        if entry is self.entry:
            self.keep(replace(self.draft, text=entry.text))

    def sent(self, entry: Entry) -> None:
        """An answer, or the name of a node."""
        if entry is self.prompt:
            if not entry.text.strip() or self.jump_to(entry.text):
                self.close_prompt()
            return
        question = self.session.question() if self.session else None
        if question is None:
            return
        draft = self.draft
        if question.kind == "derivation" and draft.text.strip():
            self.keep(Draft(lines=(*draft.lines, draft.text)))
        elif draft.is_empty:
            self.action_next()
        else:
            self.answer(draft.answer(question.kind))

    def answer(self, text: str) -> None:
        """An answer is sent."""
        raise NotImplementedError

    def left(self, entry: Entry) -> None:
        """Escape in a line: its text stays."""
        if entry is self.prompt:
            self.close_prompt()
        else:
            self.stage.focused_name = "story"

    # -- keys: nodes

    @property
    def has_graph(self) -> bool:
        """Whether there is a graph to look at; if not, that is said."""
        if self.session is None or self.panes is None:
            return False
        if self.session.graph is None:
            self.say(NO_GRAPH)
        return self.session.graph is not None

    def open_node(self) -> bool:
        """The page of the table's chosen node, else of the active one."""
        if not self.has_graph or self.session is None or self.panes is None:
            return False
        from tutor.tui.screens.node_screen import NodeScreen

        view = self.panes.view(self.session, self.draft)
        key = self.panes.table.key(view)
        if key is None:
            self.say("The table has no node now: / asks for others.")
        else:
            self.app.push_screen(NodeScreen(view, key))
        return True

    def action_node(self) -> None:
        """The page of a node."""
        self.open_node()

    def action_jump(self) -> None:
        """Asks for a node, in place of the bar."""
        if self.has_graph and self.panes is not None:
            self.panes.prompt_for = "node"
            self.prompt.prompt = " Node: "
            self.prompt.clear()
            self.stage.focused_name = "jump"
            self.update()

    def close_prompt(self) -> None:
        """The bar again."""
        if self.panes is not None and self.session is not None:
            step = self.session.step
            self.panes.prompt_for = ""
            if self.stage.focused_name != "jump":
                return
            self.stage.focused_name = "step" if step.walk else "story" if step.explore is not None else "graph"

    def jump_to(self, text: str) -> bool:
        """To the step of a walk that is about a node, and to its place in picture and table; whether there is one."""
        from engine.names import normalise

        if self.session is None or self.session.graph is None or self.panes is None:
            return True
        key, names = normalise(text), self.session.graph.graph.names
        if key not in names:
            self.message = f"There is no node {safe(text, 40)} here."
            return False
        steps = self.session.walk_steps()
        found = next((i for i, step in enumerate(steps) if step.key == key), None)
        if found is not None:
            self.move(lambda session: session.go_in_walk(found + 1))
        elif self.session.step.picture is not None:  # the graph is not drawn
            self.panes.table.open()
        else:
            self.message = f"{safe(names[key], 40)}: d shows it in full."
        self.panes.show_node(self.session, key)
        self.panes.follow = found is not None
        return True

    def action_next(self) -> None:
        """One step on."""
        self.move(lambda session: session.next())


def option(character: str | None, count: int) -> int | None:
    """Which option a letter or a digit means."""
    if character is not None and character in LETTERS[:count]:
        return LETTERS.index(character)
    if character is not None and character in "123456789" and int(character) <= count:
        return int(character) - 1
    return None
