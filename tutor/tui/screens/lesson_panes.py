"""The panes of the lesson screen: filled from a LessonView, and the keys that act inside a pane.

Imported only once a lesson has been read, since it needs the engine.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from engine.names import normalise
from tutor.draw.cells import Run
from tutor.tui.keys import CHOOSING, LESSON, TYPING, Key, bar_row
from tutor.tui.rows.draft import Draft
from tutor.tui.rows.echo import echoed
from tutor.tui.rows.flow import heading, run
from tutor.tui.rows.lesson_view import WIDE, LessonView, divided, picture_height, shown_rows, window
from tutor.tui.rows.question_rows import LETTERS
from tutor.tui.rows.reveal import answered_rightly
from tutor.tui.rows.table_rows import table_keys
from tutor.tui.widgets.cell_pane import CellPane
from tutor.tui.widgets.entry import Echo, Entry

if TYPE_CHECKING:
    from tutor.session import Session
    from tutor.tui.screens.lesson_screen import LessonScreen

TYPED = frozenset({"number", "formula", "array", "order", "derivation", "essay"})
LEAST = (60, 20)
LEAST_TABLE = 6


class LessonPanes:
    """Fills the panes of one lesson screen."""

    def __init__(self, screen: LessonScreen) -> None:
        self.screen = screen
        self.table_shown = False
        self.table_cursor: int | None = None
        self.walk_height = 0

    def pane(self, name: str) -> CellPane:
        """A pane by its id."""
        return self.screen.query_one(f"#{name}", CellPane)

    @property
    def session(self) -> Session:
        """The session that is shown."""
        assert self.screen.session is not None
        return self.screen.session

    @property
    def view(self) -> LessonView:
        """What the session looks like."""
        return LessonView(self.session, self.screen.draft, bool(getattr(self.screen.app, "ascii_only", False)))

    # -- filling

    def fill(self, moved: bool, *, focus: bool = True) -> None:
        """Every pane anew; after a move to another step of the lesson the places and the focus too."""
        view = self.view
        width, height = self.screen.size
        if width < LEAST[0] or height < LEAST[1]:
            self.too_small(width, height)
            return
        if moved:
            self.table_cursor = None
            self.arrange(view, focus)
        elif self.screen.has_class("narrow") and self.session.step.ask is not None:
            self.heights(view)
        self.screen.query_one("#body").display = True
        self.pane("title").show((view.title(width),))
        self.bar()
        self.words(view)
        self.pictures(view)

    def too_small(self, width: int, height: int) -> None:
        """What the screen needs."""
        self.screen.query_one("#body").display = False
        text = f" This needs {LEAST[0]}×{LEAST[1]} cells; the window has {width}×{height}."
        self.pane("title").show(((run(text, "warn"),),))

    def bar(self) -> None:
        """The keys that matter now."""
        self.pane("bar").show((bar_row(self.keys_now(), self.screen.size.width),))

    def keys_now(self) -> tuple[Key, ...]:
        """The keys of the present step."""
        question = self.session.question()
        if isinstance(self.screen.focused, Entry):
            return TYPING
        keys = tuple(key for key in LESSON if question is not None or not key.action.startswith("hint"))
        open_choice = question is not None and question.choices and not answered_rightly(self.session)
        return (*CHOOSING, *keys) if open_choice else keys

    def words(self, view: LessonView) -> None:
        """The story or question, and the line below it."""
        width = self.width_of("story") - 2
        pane = self.pane("story")
        pane.fixed = (self.head("story", *view.story_title()),)
        pane.show(view.story(width), 0, self.story_top(view, pane, width))
        pane.fixed = (self.head("story", *view.story_title(), below=pane.below),)
        pane.redraw()
        self.screen.entry.update_line()

    def story_top(self, view: LessonView, pane: CellPane, width: int) -> int:
        """A question's latest feedback is kept in sight."""
        tried = self.session.attempts.get(self.screen.question_id or "", ())
        hints = self.session.hints.get(self.screen.question_id or "", 0)
        return 10_000 if (tried or hints) and not view.session.step.choice else pane.top

    def pictures(self, view: LessonView) -> None:
        """The step, and the graph or the table."""
        step = self.pane("step")
        if step.display:
            step.fixed = (self.head("step", *view.step_title()),)
            step.show(view.step(self.width_of("step")), 0, step.top)
        if self.pane("table").display:
            self.fill_table(view)
        if self.pane("graph").display:
            self.fill_graph(view)

    def fill_graph(self, view: LessonView) -> None:
        """The picture, panned so that the active node is seen."""
        pane = self.pane("graph")
        drawn = view.picture(self.width_of("graph"))
        left, top = pane.left, pane.top
        box = view.active_box(drawn) if drawn is not None else None
        if box is not None:
            left, top = window(box, left, top, pane.room[0], pane.room[1])
        pane.fixed = (self.head("graph", *view.graph_title()),)
        pane.show(shown_rows(drawn), left, top)

    def fill_table(self, view: LessonView) -> None:
        """All nodes, the cursor on the active one until it is moved."""
        pane = self.pane("table")
        cursor = view.table_cursor() if self.table_cursor is None else self.table_cursor
        head, rows = view.table(self.width_of("table"), cursor if pane.has_focus else -1)
        pane.fixed = (self.head("table", "All nodes", "" if self.pane("graph").display else "t: picture"), head)
        pane.show(rows, 0, window((0, cursor, 1, 1), 0, pane.top, 1, pane.room[1])[1])

    def head(self, name: str, title: str, note: str = "", below: int = 0) -> tuple[Run, ...]:
        """A pane's heading; the focused pane's is bright and marked."""
        pane = self.pane(name)
        focused = pane.has_focus or (name == "story" and self.screen.entry.has_focus)
        note = f"{below} more ↓" if below else note
        return heading(f"▸ {title}" if focused else title, self.width_of(name), note, "focus" if focused else "rule")

    def width_of(self, name: str) -> int:
        """A pane's width, worked out from the screen's while the layout is not done yet."""
        total = self.screen.size.width
        if self.screen.has_class("narrow"):
            return total
        story = self.story_width(total)
        return story if name == "story" else total - story

    @staticmethod
    def story_width(total: int) -> int:
        """The words' share of a wide screen."""
        return max(44, min(64, total * 2 // 5))

    # -- places

    def arrange(self, view: LessonView, focus: bool) -> None:
        """Which panes stand where, for this step of the lesson and this size."""
        screen = self.screen
        width = screen.size.width
        step = self.session.step
        narrow = width < WIDE
        screen.set_class(narrow, "narrow")
        if not narrow:
            screen.query_one("#words").styles.width = self.story_width(width)
        walking = step.walk is not None
        self.pane("step").display = walking
        screen.query_one("#words").display = not (narrow and walking)
        question = self.session.question()
        typed = question is not None and question.kind in TYPED
        screen.entry.display = typed
        screen.entry.clear(screen.draft.text)
        self.pane("graph").top = self.pane("graph").left = self.pane("step").top = 0
        self.pane("story").top = 0
        self.heights(view)
        if focus:
            self.first_focus(view, typed, walking)

    def first_focus(self, view: LessonView, typed: bool, walking: bool) -> None:
        """The line of an open question, else the words."""
        if typed and not answered_rightly(view.session):
            self.screen.entry.focus()
        elif walking:
            self.pane("step").focus()
        else:
            self.pane("story").focus()

    def heights(self, view: LessonView) -> None:
        """How the rows between title and bar are divided."""
        room = self.screen.size.height - 2
        narrow = self.screen.has_class("narrow")
        step, words = self.pane("step"), self.screen.query_one("#words")
        picture = 1 + picture_height(view.picture(self.width_of("graph")))
        if step.display:
            needed = 1 + view.walk_height(self.width_of("step"))
            step.styles.height = height = divided(room, needed, picture) if narrow else min(needed + 1, room // 2)
            room -= 0 if narrow else height
        if narrow:
            entry = 2 if self.screen.entry.display else 0
            words.styles.height = divided(room, 1 + entry + len(view.story(self.width_of("story") - 2)), picture)
        else:
            words.styles.height = "1fr"
        self.share_pictures(None if narrow else room, picture)

    def share_pictures(self, room: int | None, picture: int) -> None:
        """Picture or table; both where a wide screen has the rows for it."""
        graph, table = self.pane("graph"), self.pane("table")
        both = room is not None and room - picture - 1 >= LEAST_TABLE
        graph.display = both or not self.table_shown
        table.display = both or self.table_shown
        graph.styles.height = picture + 1 if both else "1fr"

    # -- moving inside panes

    def focus_order(self) -> list[CellPane]:
        """The panes that can have the focus, as Tab goes round."""
        names = ("story", "step", "entry", "graph", "table")
        panes = [self.pane(name) for name in names]
        return [pane for pane in panes if pane.display and (pane.parent is None or _displayed(pane))]

    def focus_next(self, by: int) -> None:
        """The focus to the next pane."""
        order = self.focus_order()
        focused = self.screen.focused
        at = order.index(focused) if focused in order else -by
        order[(at + by) % len(order)].focus()

    def roll(self, rows: int) -> None:
        """Up or down in a choice, in the table, or in the focused text or picture."""
        question = self.session.question()
        focused = self.screen.focused
        if focused is self.pane("table"):
            self.move_in_table(rows)
        elif question is not None and question.choices and focused is self.pane("story"):
            cursor = (self.screen.draft.cursor + rows) % len(question.choices)
            self.set_draft(replace(self.screen.draft, cursor=cursor))
        elif isinstance(focused, CellPane):
            focused.scroll_rows(rows)
            self.fill_heads()

    def fill_heads(self) -> None:
        """The headings, which tell how much lies below."""
        pane = self.pane("story")
        pane.fixed = (self.head("story", *self.view.story_title(), below=pane.below),)
        pane.redraw()

    def move_in_table(self, rows: int) -> None:
        """The cursor of the table."""
        keys = table_keys(self.session)
        cursor = self.view.table_cursor() if self.table_cursor is None else self.table_cursor
        self.table_cursor = max(0, min(len(keys) - 1, cursor + rows))
        self.fill_table(self.view)

    def switch_table(self) -> None:
        """The table in place of the picture, or back."""
        self.table_shown = self.screen.focused is not self.pane("table")
        self.table_cursor = None
        self.heights(self.view)
        self.pane("table" if self.table_shown else "graph").focus()
        self.screen.call_after_refresh(self.fill, False)

    def take_key(self, key: str, character: str | None) -> bool:
        """Keys that mean something here only: arrows pan a focused picture; letters and Enter answer a choice."""
        if self.screen.focused is self.pane("graph") and key in {"left", "right"}:
            return self.pane("graph").scroll_rows(0, -8 if key == "left" else 8)
        question = self.session.question()
        if question is None or not question.choices or answered_rightly(self.session):
            return False
        if key == "enter":
            self.screen.answer(self.screen.draft.answer("choice"))
            return True
        if character is not None and character in LETTERS[: len(question.choices)]:
            return self.choose(LETTERS.index(character))
        if character is not None and character in "123456789" and int(character) <= len(question.choices):
            return self.choose(int(character) - 1)
        return False

    def choose(self, i: int) -> bool:
        """An option picked by its letter or number."""
        question = self.session.question()
        several = question is not None and sum(choice.right for choice in question.choices) > 1
        self.set_draft(self.screen.draft.toggle(i) if several else self.screen.draft.pick(i))
        return True

    def set_draft(self, draft: Draft) -> None:
        """Another draft, shown."""
        self.screen.keep(draft)
        self.fill(False)

    # -- typing

    def typed(self, text: str) -> None:
        """The line has changed."""
        self.screen.keep(replace(self.screen.draft, text=text))

    def echo(self, session: Session, draft: Draft, text: str) -> Echo:
        """How the line is read."""
        row, error = echoed(session, draft, text)
        return Echo(row, error)

    def sent(self, entry: Entry, text: str) -> None:
        """Enter in a line."""
        if entry is not self.screen.entry:
            self.close_prompt()
            self.jump_to(text)
            return
        question = self.session.question()
        if question is None:
            return
        draft = replace(self.screen.draft, text=text)
        if question.kind == "derivation" and text.strip():
            self.screen.keep(replace(draft, text="", lines=(*draft.lines, text)))
            entry.clear()
            self.fill(True)
        elif draft.is_empty:
            self.screen.action_next()
        else:
            self.mark(draft, question.kind)

    def mark(self, draft: Draft, kind: str) -> None:
        """Sends the answer; a right one empties the line and frees the keys."""
        self.screen.answer(draft.answer(kind))
        if answered_rightly(self.session) or kind == "essay":
            self.screen.keep(Draft())
            self.screen.entry.clear()
            self.pane("story").focus()

    def left_entry(self, entry: Entry) -> None:
        """Escape in a line."""
        if entry is not self.screen.entry:
            self.close_prompt()
        else:
            self.pane("story").focus()

    # -- jumping

    def ask_node(self) -> None:
        """A line for a node's name in place of the bar."""
        prompt = self.screen.query_one("#jump", Entry)
        self.pane("bar").display = False
        prompt.display = True
        prompt.clear()
        prompt.focus()

    def close_prompt(self) -> None:
        """The bar again."""
        self.screen.query_one("#jump", Entry).display = False
        self.pane("bar").display = True
        self.pane("table" if self.table_shown else "graph").focus()

    def jump_to(self, text: str) -> None:
        """To the step of a walk that is about a node, and to its place in picture and table."""
        shown = self.session.graph
        key = normalise(text)
        if shown is None or key not in shown.graph.names:
            if text.strip():
                self.screen.say(f"There is no node {run(text, limit=40).text} here.")
            return
        steps = self.session.walk_steps()
        found = next((i for i, step in enumerate(steps) if step.key == key), None)
        if found is not None:
            self.screen.move(lambda session: session.go_in_walk(found + 1))
        keys = table_keys(self.session)
        self.table_cursor = keys.index(key)
        self.fill(False)
        self.show_node(key)

    def show_node(self, key: str) -> None:
        """Pans the picture to a node."""
        view, pane = self.view, self.pane("graph")
        drawn, shown = view.picture(self.width_of("graph")), self.session.graph
        box = drawn.boxes.get(shown.graph.names[key]) if drawn and shown else None
        if box is not None and not self.table_shown:
            left, top = window(box, pane.left, pane.top, *pane.room)
            pane.show(pane.rows, left, top)


def _displayed(pane: CellPane) -> bool:
    return all(getattr(node, "display", True) for node in pane.ancestors)
